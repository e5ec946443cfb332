#include "robustness/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fingerprint/pdq.h"

namespace cairn::robustness {
namespace {

/// The normal distribution's 97.5 % quantile.
constexpr double kQuantile = 1.959963984540054;
constexpr int kTailDistancesMin = 5;

}  // namespace

Share share_of(std::uint64_t successes, std::uint64_t trials) {
    if (trials == 0) return {};
    const auto count = static_cast<double>(trials);
    const double share = static_cast<double>(successes) / count;
    const double square = kQuantile * kQuantile / count;
    const double middle = (share + square / 2) / (1 + square);
    const double half =
        kQuantile / (1 + square) * std::sqrt(share * (1 - share) / count + square / (4 * count));
    return {share, std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

double mean_of(const std::vector<std::uint16_t>& values) {
    if (values.empty()) return 0;
    const auto sum = std::accumulate(values.begin(), values.end(), std::uint64_t{0});
    return static_cast<double>(sum) / static_cast<double>(values.size());
}

std::uint16_t percentile_of(std::vector<std::uint16_t> values, unsigned percent) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const std::size_t rank = (values.size() * percent + 99) / 100;
    return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

void DistanceCounts::add(const DistanceCounts& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
}

std::uint64_t DistanceCounts::up_to(int distance) const {
    return std::accumulate(counts_.begin(), counts_.begin() + distance + 1, std::uint64_t{0});
}

int DistanceCounts::smallest() const {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        if (counts_[i] != 0) return static_cast<int>(i);
    }
    return 256;
}

double DistanceCounts::mean() const {
    double sum = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        sum += static_cast<double>(i) * static_cast<double>(counts_[i]);
    }
    return total() == 0 ? 0 : sum / static_cast<double>(total());
}

double DistanceCounts::deviation() const {
    const double middle = mean();
    double sum = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        const double difference = static_cast<double>(i) - middle;
        sum += difference * difference * static_cast<double>(counts_[i]);
    }
    return total() == 0 ? 0 : std::sqrt(sum / static_cast<double>(total()));
}

std::optional<Tail> fit_tail(
    const DistanceCounts& distances, std::uint64_t count_min, double share_max
) {
    const auto total = static_cast<double>(distances.total());
    double n = 0;
    double sum_x = 0;
    double sum_y = 0;
    double sum_xx = 0;
    double sum_xy = 0;
    Tail tail;
    std::uint64_t below = 0;
    for (int distance = 0; distance <= 256; ++distance) {
        const std::uint64_t here = distances.counts()[static_cast<std::size_t>(distance)];
        below += here;
        // Codes with as many ones as zeros lie at even distances.
        if (here == 0 || below < count_min) continue;
        const double y = std::log10(static_cast<double>(below) / total);
        if (y > std::log10(share_max)) break;
        if (n == 0) tail.first = distance;
        tail.last = distance;
        n += 1;
        sum_x += distance;
        sum_y += y;
        sum_xx += static_cast<double>(distance) * distance;
        sum_xy += distance * y;
    }
    if (n < kTailDistancesMin) return std::nullopt;
    tail.decades_per_bit = (n * sum_xy - sum_x * sum_y) / (n * sum_xx - sum_x * sum_x);
    const double intercept = (sum_y - tail.decades_per_bit * sum_x) / n;
    tail.log10_at_radius = intercept + tail.decades_per_bit * fingerprint::kPdqRadius;
    return tail;
}

}  // namespace cairn::robustness
