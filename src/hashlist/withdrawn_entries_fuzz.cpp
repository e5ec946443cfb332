// A file of withdrawn entries that is accepted is written again byte by byte, and names only
// entries there are. The first byte decides whether its checksum is made to fit.
#include <algorithm>
#include <cstdlib>

#include "hashlist/index_file.h"
#include "hashlist/withdrawn_entries.h"

namespace cairn::hashlist {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::uint64_t kEntries = 1'000;
    constexpr std::size_t kChecksumBytes = 8;
    const crypto::Tag128 content{};
    ByteVector file(data + std::min<std::size_t>(size, 1), data + size);
    if (size > 0 && data[0] % 2 == 0 && file.size() >= kChecksumBytes) {
        const std::size_t checked = file.size() - kChecksumBytes;
        const std::uint64_t sum = checksum_of(Bytes(file).first(checked));
        for (unsigned i = 0; i < kChecksumBytes; ++i) {
            file[checked + i] = static_cast<std::uint8_t>(sum >> (8 * i));
        }
    }
    const auto withdrawn = WithdrawnEntries::decode(file, content, kEntries);
    if (!withdrawn) return 0;
    for (const std::uint32_t entry : withdrawn->entries()) {
        if (entry >= kEntries || !withdrawn->contains(entry)) std::abort();
    }
    // A later minor version may say more than this program writes.
    ByteVector again = withdrawn->encode(content);
    if (file[10] == 0 && file[11] == 0 && again != file) std::abort();
    return 0;
}

}  // namespace cairn::hashlist
