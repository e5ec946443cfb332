// Malformed EXIF counts as absent; a thumbnail that is found lies within the input.
#include <cstdlib>

#include "codec/exif.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const cairn::codec::Exif exif = cairn::codec::parse_exif({data, size});
    if (exif.orientation < 1 || exif.orientation > 8) std::abort();
    const std::uint8_t* thumbnail = exif.thumbnail.data();
    if (exif.thumbnail.empty()) return 0;
    if (thumbnail < data || thumbnail + exif.thumbnail.size() > data + size) std::abort();
    return 0;
}
