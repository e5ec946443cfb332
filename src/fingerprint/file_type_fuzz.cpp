// sniff() looks at no more than kSniffBytes, and every answer has a family and a media type.
#include <cstdlib>

#include "fingerprint/file_type.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const cairn::Bytes head(data, size);
    const cairn::fingerprint::FileType type = cairn::fingerprint::sniff(head);
    if (size > cairn::fingerprint::kSniffBytes &&
        cairn::fingerprint::sniff(head.first(cairn::fingerprint::kSniffBytes)) != type) {
        std::abort();
    }
    if (cairn::fingerprint::media_type_of(type).empty()) std::abort();
    const bool named = !cairn::fingerprint::name_of(type).empty();
    if (named != (type != cairn::fingerprint::FileType::unknown)) std::abort();
    return 0;
}
