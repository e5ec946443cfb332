#pragma once

#include <cstdint>
#include <vector>

#include "index/hamming_index.h"

namespace cairn::index {

/// Above the first a list deserves a warning, above the second it should be refused: its codes are
/// so much alike that queries become slow.
inline constexpr double kSkewWarned = 4.0;
inline constexpr double kSkewRefused = 100.0;

/// One of the fullest buckets of an index.
struct BucketSize {
    std::size_t band = 0;
    std::uint32_t postings = 0;
    std::uint32_t code = 0;  ///< one of the codes in it
};

/// How evenly the codes lie in the buckets.
struct BucketStatistics {
    std::vector<BucketSize> largest;  ///< fullest first, at most kLargestBuckets
    /// Postings that one query looks at, when queries resemble the codes (mean over a sample of
    /// them, each without itself), and what it would be for codes drawn at random.
    double candidates_per_query = 0;
    double candidates_uniform = 0;

    /// 1 for random codes; 0 where there are no tables.
    double skew() const {
        return candidates_uniform > 0 ? candidates_per_query / candidates_uniform : 0;
    }
};

inline constexpr std::size_t kLargestBuckets = 10;

/// Reads all bucket starts and asks at most 1,000 codes of the index; empty without tables.
BucketStatistics bucket_statistics(const HammingIndex& index);

}  // namespace cairn::index
