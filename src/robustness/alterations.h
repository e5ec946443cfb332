#pragma once

#include <span>
#include <string_view>

#include "robustness/picture_file.h"
#include "robustness/raster.h"

namespace cairn::robustness {

/// One way in which a copy differs from its original.
struct Alteration {
    std::string_view name;  ///< for programs, e.g. "crop_5"
    std::string_view text;  ///< for people
    Raster (*make)(const Raster& original, std::uint64_t seed);
    Encoding encoding;  ///< JPEG of quality 90 unless the alteration is another
};

/// All of them, in the order of the report. Names are distinct.
std::span<const Alteration> alterations();

}  // namespace cairn::robustness
