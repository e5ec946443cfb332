#pragma once

#include "robustness/raster.h"

namespace cairn::robustness {

enum class FileFormat : std::uint8_t { jpeg, png, webp };

/// How a copy is written. PNG has no quality.
struct Encoding {
    FileFormat format = FileFormat::jpeg;
    int quality = 90;
};

/// The picture as a file. Errc::internal when the library refuses it.
Result<ByteVector> encode(const Raster& picture, const Encoding& encoding);

}  // namespace cairn::robustness
