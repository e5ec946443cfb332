#pragma once

#include <cstdint>
#include <vector>

namespace cairn::hashlist {

class SegmentedIndex;

/// How well a list version can be searched, and how much its pictures are alike.
struct ListStatistics {
    std::uint64_t entries = 0;          ///< in force
    std::uint64_t pdq_codes = 0;        ///< searched, counted file by file
    std::uint64_t pdq_quarantined = 0;  ///< entries whose code is not searched: it is crowded
    std::uint64_t pdq_refused = 0;      ///< codes that imports and updates did not take

    /// Codes in the fullest buckets of the search tables, fullest first, over all files.
    std::vector<std::uint32_t> largest_buckets;
    /// Codes that a query like the list's own looks at, and what it would be for random codes.
    double candidates_per_query = 0;
    double candidates_uniform = 0;
    /// 1 for random codes; above 4 queries are slower than they should be; 0 without tables.
    double skew() const {
        return candidates_uniform > 0 ? candidates_per_query / candidates_uniform : 0;
    }

    /// Codes asked for others within 8 bits: all of them, or evenly chosen ones where there are
    /// more than 200,000 or more neighbours than can be looked at.
    std::uint64_t codes_asked = 0;
    std::uint64_t codes_with_neighbours = 0;  ///< of those asked
    std::uint64_t largest_neighbourhood = 0;  ///< codes within 8 bits of one code, it included
    /// Sets of codes linked by steps of at most 8 bits; known only when all were asked.
    std::uint64_t groups = 0;
    std::uint64_t codes_in_largest_group = 0;
    bool all_asked() const { return codes_asked == pdq_codes; }
};

/// All but `pdq_refused`, which only the registry knows. Takes seconds for large lists.
ListStatistics statistics_of(const SegmentedIndex& version);

}  // namespace cairn::hashlist
