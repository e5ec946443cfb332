#pragma once

#include <functional>

#include "robustness/raster.h"

namespace cairn::robustness {

/// Each channel value mapped through `function`, rounded and cut to 0..255.
Raster toned(Raster picture, const std::function<double(double)>& function);
/// Luma (0.299 R + 0.587 G + 0.114 B) in all channels.
Raster grey(Raster picture);
/// Noise added to each channel value, of nearly normal distribution. The same seed gives the same
/// noise on every machine.
Raster noisy(Raster picture, double sigma, std::uint64_t seed);
/// Gaussian blur; the edges are repeated.
Raster blurred(const Raster& picture, double sigma);

}  // namespace cairn::robustness
