#include "index/bucket_statistics.h"

#include <algorithm>
#include <cstring>

#include "index/band_key.h"

namespace cairn::index {
namespace {

constexpr std::uint32_t kSampleMax = 1'000;

struct FullBucket {
    BucketSize size;
    BandKey band_key;
    std::uint32_t key = 0;
    bool named = false;  ///< size.code is known
};

/// Keeps the fullest buckets seen, fullest first; equal ones in the order they came.
void keep_largest(std::vector<FullBucket>& largest, const FullBucket& bucket) {
    const auto fuller = [](const FullBucket& a, const FullBucket& b) {
        return a.size.postings > b.size.postings;
    };
    if (largest.size() == kLargestBuckets && !fuller(bucket, largest.back())) return;
    largest.insert(std::upper_bound(largest.begin(), largest.end(), bucket, fuller), bucket);
    if (largest.size() > kLargestBuckets) largest.pop_back();
}

std::uint32_t load_start(
    const HammingTables& tables, const BandLayout& layout, std::size_t bucket
) {
    std::uint32_t value = 0;
    std::memcpy(&value, &tables.bands[layout.starts + 4 * bucket], sizeof(value));
    return value;
}

/// Finds a code of each bucket by going through the codes.
void name_codes(const HammingIndex& index, std::vector<FullBucket>& buckets) {
    std::size_t left = buckets.size();
    for (std::uint32_t number = 0; number < index.size() && left > 0; ++number) {
        const Code code = index.code(number);
        for (FullBucket& bucket : buckets) {
            if (bucket.named || bucket.band_key.key(code) != bucket.key) continue;
            bucket.size.code = number;
            bucket.named = true;
            --left;
        }
    }
}

std::vector<FullBucket> largest_buckets(const HammingIndex& index) {
    std::vector<FullBucket> largest;
    const HammingTables& tables = index.tables();
    const std::vector<BandLayout> layouts = layout_of(tables.plan, index.size());
    for (std::size_t band = 0; band < layouts.size(); ++band) {
        const BandKey band_key(tables.plan, band);
        for (std::uint32_t key = 0; key < band_key.buckets(); ++key) {
            const std::uint32_t begin = load_start(tables, layouts[band], key);
            const std::uint32_t end = load_start(tables, layouts[band], key + std::size_t{1});
            if (begin >= end) continue;
            keep_largest(largest, {{band, end - begin, 0}, band_key, key});
        }
    }
    name_codes(index, largest);
    return largest;
}

/// Every code stands once in the bucket of its own key, in every band: that one is not counted.
double mean_candidates(const HammingIndex& index) {
    const std::uint32_t step = std::max(index.size() / kSampleMax, 1U);
    const std::uint64_t own = index.tables().plan.bands().size();
    std::uint64_t sampled = 0;
    std::uint64_t candidates = 0;
    for (std::uint64_t code = 0; code < index.size() && sampled < kSampleMax; code += step) {
        const auto cost = index.cost_of(index.code(static_cast<std::uint32_t>(code)));
        candidates += cost.candidates - std::min(cost.candidates, own);
        ++sampled;
    }
    return static_cast<double>(candidates) / static_cast<double>(sampled);
}

}  // namespace

BucketStatistics bucket_statistics(const HammingIndex& index) {
    BucketStatistics statistics;
    const std::span<const Band> bands = index.tables().plan.bands();
    if (bands.empty() || index.size() == 0) return statistics;
    for (const FullBucket& bucket : largest_buckets(index)) {
        statistics.largest.push_back(bucket.size);
    }
    for (const Band& band : bands) {
        const auto share = static_cast<double>(probes_of(band.key_bits, band.threshold)) /
                           static_cast<double>(std::uint64_t{1} << band.key_bits);
        statistics.candidates_uniform += (index.size() - 1.0) * share;
    }
    statistics.candidates_per_query = mean_candidates(index);
    return statistics;
}

}  // namespace cairn::index
