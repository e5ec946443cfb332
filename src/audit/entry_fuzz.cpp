// Whatever is accepted as an entry is exactly what is written, and read_marks agrees.
#include <algorithm>
#include <cstdlib>

#include "audit/canonical_json.h"
#include "audit/entry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cairn::audit;
    const cairn::Bytes bytes(data, size);
    const auto entry = parse_entry(bytes);
    const auto marks = read_marks(bytes);
    if (entry.has_value() != marks.has_value()) std::abort();
    if (!entry) return 0;
    const auto written = encode_entry(*entry);
    if (!written || !std::ranges::equal(*written, bytes)) std::abort();
    if (unescaped(marks->writer) != entry->writer || marks->time != entry->time) std::abort();
    return 0;
}
