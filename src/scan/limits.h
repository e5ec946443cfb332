#pragma once

#include <cstdint>

namespace cairn::scan {

/// Bounds on what one scan does with hostile containers. Passing one costs the item, is recorded
/// as a finding of kind limit and counted in the coverage statement.
struct Limits {
    unsigned depth_max = 8;  ///< containers within containers
    /// Bytes out per byte in, beyond the first `ratio_free_bytes` of one container.
    std::uint64_t ratio_max = 200;
    std::uint64_t ratio_free_bytes = 64ULL << 20U;
    std::uint64_t expanded_bytes_max = 64ULL << 30U;  ///< per file on the exhibit, all levels
    std::uint64_t members_max = 1'000'000;            ///< per container
};

}  // namespace cairn::scan
