#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace cairn::robustness {

/// A share with its 95 % interval (E. B. Wilson, 1927), all 0..1.
struct Share {
    double value = 0;
    double low = 0;
    double high = 1;
};
/// Nothing is known from no trials: 0..1.
Share share_of(std::uint64_t successes, std::uint64_t trials);

double mean_of(const std::vector<std::uint16_t>& values);
/// The smallest value that `percent` of all do not exceed (nearest rank); 0 of none.
std::uint16_t percentile_of(std::vector<std::uint16_t> values, unsigned percent);

/// How many distances there were of each size, 0..256.
class DistanceCounts {
public:
    void add(int distance, std::uint64_t count = 1) {
        counts_[static_cast<std::size_t>(distance)] += count;
    }
    void add(const DistanceCounts& other);

    std::uint64_t total() const { return up_to(256); }
    std::uint64_t up_to(int distance) const;
    /// 256 when there are none.
    int smallest() const;
    double mean() const;
    double deviation() const;
    const std::array<std::uint64_t, 257>& counts() const { return counts_; }

private:
    std::array<std::uint64_t, 257> counts_{};
};

/// A straight line through the logarithm of the share of distances up to d, for small d: what the
/// observed left tail says of shorter distances that were not observed.
struct Tail {
    int first = 0;  ///< the distances that the line was fitted to
    int last = 0;
    double decades_per_bit = 0;
    double log10_at_radius = 0;  ///< log10 of the share at distance 31 or less
};
/// Fits from the first distance with at least `count_min` at or below it, up to the share
/// `share_max`. Nothing when fewer than 5 distances lie between.
std::optional<Tail> fit_tail(
    const DistanceCounts& distances, std::uint64_t count_min, double share_max
);

}  // namespace cairn::robustness
