#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace cairn::codec {

/// What Cairn reads from EXIF data.
struct Exif {
    std::uint8_t orientation = 1;  ///< 1..8; 1 when absent or out of range
    Bytes thumbnail;               ///< a JPEG file within the parsed bytes; empty when absent
};

/// Parses EXIF data, from its TIFF header on (an "Exif\0\0" before it is skipped). Whatever is
/// malformed counts as absent.
Exif parse_exif(Bytes bytes);

}  // namespace cairn::codec
