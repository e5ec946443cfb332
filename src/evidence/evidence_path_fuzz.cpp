// Whatever from_canonical() accepts is exactly what canonical() writes, and its text is one line.
#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "evidence/evidence_path.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using cairn::evidence::EvidencePath;
    const cairn::Bytes bytes(data, size);
    const auto path = EvidencePath::from_canonical(bytes);
    if (!path) return 0;
    if (!std::ranges::equal(path->canonical(), bytes)) std::abort();
    const std::string text = path->text();
    if (!cairn::is_utf8(text) || text.find('\n') != std::string::npos) std::abort();
    return 0;
}
