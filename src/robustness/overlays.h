#pragma once

#include "robustness/raster.h"

namespace cairn::robustness {

/// A grey badge in the lower right corner; its side is `share` of the picture's shorter side.
Raster with_logo(Raster picture, double share);
/// An even, nearly white frame, as wide as `share` of the shorter side.
Raster with_border(const Raster& picture, double share);
/// Black bars above and below, each an eighth of the picture's height.
Raster letterboxed(const Raster& picture);
/// A half transparent band of 12 % of the height across the lower part, with dark strokes on it as
/// of writing.
Raster with_text_band(Raster picture, std::uint64_t seed);
/// A white bar of 15 % of the height above the picture, with dark strokes as of writing.
Raster with_caption(const Raster& picture, std::uint64_t seed);
/// As a screenshot shows it: bars of a window above and below, a panel at the left.
Raster in_window(const Raster& picture);
/// Left of another picture of the same size, which is generated from `seed`.
Raster in_collage(const Raster& picture, std::uint64_t seed);
/// A smooth random picture with enough structure to be hashed.
Raster generated(std::uint32_t width, std::uint32_t height, std::uint64_t seed);

}  // namespace cairn::robustness
