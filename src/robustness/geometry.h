#pragma once

#include "robustness/raster.h"

namespace cairn::robustness {

/// The picture at another size: each pixel is the mean of the area it covers.
Raster scaled(const Raster& picture, std::uint32_t width, std::uint32_t height);
/// Both sides times `share`, at least one pixel.
Raster scaled_by(const Raster& picture, double share);
/// Scaled so that the longer side has `pixels`.
Raster scaled_to_long_side(const Raster& picture, std::uint32_t pixels);

/// The part within `box`, which lies inside the picture.
Raster cropped(const Raster& picture, const Box& box);
/// What remains when these shares of the sides are cut off.
struct Margins {
    double left = 0;
    double top = 0;
    double right = 0;
    double bottom = 0;
};
Raster cropped_by(const Raster& picture, const Margins& margins);
/// Takes `share` off each axis, half of it at either end.
Raster cropped_evenly(const Raster& picture, double share);

/// Left and right exchanged.
Raster mirrored(const Raster& picture);
/// Turned counter-clockwise by `quarters` times 90 degrees.
Raster quarter_turned(const Raster& picture, unsigned quarters);
/// Rows and columns exchanged.
Raster transposed(const Raster& picture);
/// The picture as it is meant to be seen, from pixels as stored and their EXIF orientation, 1..8.
Raster upright(Raster picture, unsigned orientation);
/// Turned about its middle by some degrees, on a canvas that holds all of it; what appears in the
/// corners is black.
Raster tilted(const Raster& picture, double degrees);

}  // namespace cairn::robustness
