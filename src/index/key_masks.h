#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "index/band_plan.h"

namespace cairn::index {

/// All ways to change exactly `weight` of the first `key_bits` bits of a key (0..kKeyBitsMax).
/// They are ordered by their highest bit, so those of a shorter key are a prefix.
std::span<const std::uint32_t> key_masks(unsigned key_bits, int weight);

}  // namespace cairn::index
