// sniff() looks at no more than kSniffBytes, and every answer has a family and a media type.
#include <cstdlib>

#include "fingerprint/file_type.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cairn;
    const Bytes head(data, size);
    const fingerprint::FileType type = fingerprint::sniff(head);
    if (size > fingerprint::kSniffBytes &&
        fingerprint::sniff(head.first(fingerprint::kSniffBytes)) != type) {
        std::abort();
    }
    if (fingerprint::media_type_of(type).empty()) std::abort();
    const bool named = !fingerprint::name_of(type).empty();
    if (named != (type != fingerprint::FileType::unknown)) std::abort();
    return 0;
}
