#include "index/key_masks.h"

namespace cairn::index {
namespace {

/// The number of ways to choose `chosen` of `count`.
constexpr std::size_t choices(std::size_t count, std::size_t chosen) {
    std::size_t ways = 1;
    for (std::size_t i = 0; i < chosen; ++i) ways = ways * (count - i) / (i + 1);
    return ways;
}

template <std::size_t Weight>
constexpr auto make_masks() {
    std::array<std::uint32_t, choices(kKeyBitsMax, Weight)> masks{};
    std::uint32_t mask = (std::uint32_t{1} << Weight) - 1;
    for (std::uint32_t& entry : masks) {
        entry = mask;
        if (Weight == 0) break;
        // The next larger number with as many ones: the lowest run of ones gives its highest
        // one to the place above and moves the others down.
        const std::uint32_t lowest = mask & (~mask + 1);
        const std::uint32_t carried = mask + lowest;
        mask = carried | (((mask ^ carried) / lowest) >> 2U);
    }
    return masks;
}

constexpr auto kMasks0 = make_masks<0>();
constexpr auto kMasks1 = make_masks<1>();
constexpr auto kMasks2 = make_masks<2>();
constexpr auto kMasks3 = make_masks<3>();
static_assert(kThresholdMax == 3);

}  // namespace

std::span<const std::uint32_t> key_masks(unsigned key_bits, int weight) {
    const auto taken = static_cast<std::size_t>(weight);
    const std::size_t count = key_bits < taken ? 0 : choices(key_bits, taken);
    switch (weight) {
        case 0:
            return std::span(kMasks0).first(count);
        case 1:
            return std::span(kMasks1).first(count);
        case 2:
            return std::span(kMasks2).first(count);
        case 3:
            return std::span(kMasks3).first(count);
        default:
            return {};
    }
}

}  // namespace cairn::index
