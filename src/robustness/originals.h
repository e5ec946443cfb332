#pragma once

#include <string>
#include <vector>

#include "fingerprint/pdq.h"
#include "robustness/raster.h"

namespace cairn::robustness {

/// The longer side of originals, in pixels; smaller pictures stay as they are.
inline constexpr std::uint32_t kOriginalSide = 800;
/// A picture with a shorter side than this, in pixels, is an icon and not used.
inline constexpr std::uint32_t kSourceSideMin = 128;
/// Larger pictures are not used.
inline constexpr std::uint64_t kSourcePixelsMax = 100'000'000;
/// At most this many crops of a picture become originals: its corners and its middle.
inline constexpr unsigned kCropsMax = 5;

/// A picture whose hash would stand on a list.
struct Original {
    std::string part;  ///< "whole", "top left", ...
    Raster raster;
    fingerprint::PdqHash record;  ///< of the raster as it stands
};

/// Decodes the picture in this process, turns it upright and makes originals of it: itself, then
/// `crops` overlapping parts with sides of 60 %, scaled down to kOriginalSide.
Result<std::vector<Original>> load_originals(const std::string& path, unsigned crops);

/// The first frame of a picture file, turned upright.
Result<Raster> load_picture(const std::string& path);

}  // namespace cairn::robustness
