#pragma once

#include <vector>

#include "index/hamming_index.h"

namespace cairn::hashlist {

/// More entries than this within kCrowdRadius of a code are not pictures of one scene but the
/// trace of a broken or poisoned source (pdq.md section 5).
inline constexpr std::size_t kCrowdMax = 20;
inline constexpr int kCrowdRadius = 8;
/// Above this no stated quality is believed: one code of so many entries is an empty frame.
inline constexpr std::size_t kEntriesPerCodeMax = 1'000;

/// Codes that are kept out of the search, each sorted by their bytes.
struct PdqQuarantine {
    /// Stand in a crowd: within kCrowdRadius of a code that has more than kCrowdMax entries, its
    /// own counted, around it. Entries of unknown quality lose their place in the search.
    std::vector<index::Code> crowded;
    /// Have more than kEntriesPerCodeMax entries: all of them lose it.
    std::vector<index::Code> heaped;

    bool empty() const { return crowded.empty() && heaped.empty(); }
    bool holds(const index::Code& code, bool quality_known) const;
};

/// `posting_starts` gives the entries of each code. A code that is `vouched` for, because the
/// quality of all its entries is known, is not asked for its crowd.
PdqQuarantine find_quarantine(
    const index::HammingIndex& search, Bytes posting_starts, const std::vector<bool>& vouched
);

}  // namespace cairn::hashlist
