#pragma once

#include <array>
#include <cstdint>

#include "fingerprint/pdq.h"

namespace cairn::fingerprint {

/// The picture reduced to 64x64 luma values: what PDQ transforms. Row by row.
using PdqMatrix = std::array<float, 64 * 64>;

/// The largest side that the filter takes; larger pictures are shrunk first.
inline constexpr std::uint32_t kPdqSideMax = 512;

/// Luma of a 64x64 picture as it stands.
PdqMatrix pdq_luma_matrix(const PixelView& picture);

/// Luma, tent filter and decimation of a picture whose sides are 5..kPdqSideMax. Every float is
/// the one the plain recipe gives: the order of additions within each running sum is kept, only
/// the order in which the sums advance differs.
PdqMatrix pdq_filter(const PixelView& picture);
/// As pdq_filter, on any processor; for tests.
PdqMatrix pdq_filter_portable(const PixelView& picture);

}  // namespace cairn::fingerprint
