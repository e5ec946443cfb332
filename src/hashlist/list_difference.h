#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"

namespace cairn::hashlist {

class SegmentedIndex;

/// What one version of a list has that another has not, told by the rows alone.
struct ListDifference {
    /// An entry whose fingerprint stands in both versions, with other words or companions.
    struct Change {
        std::uint32_t before = 0;
        std::uint32_t after = 0;
    };

    std::vector<std::uint32_t> added;      ///< entries of the later version, ascending
    std::vector<std::uint32_t> withdrawn;  ///< entries of the earlier version, ascending
    std::vector<Change> changed;           ///< in neither of the others
    std::uint64_t unchanged = 0;
};

/// Both versions must be of one list: else Errc::invalid_argument. Reads the row tags of both, and
/// the fingerprints of files in which something differs.
Result<ListDifference> difference_of(const SegmentedIndex& before, const SegmentedIndex& after);

}  // namespace cairn::hashlist
