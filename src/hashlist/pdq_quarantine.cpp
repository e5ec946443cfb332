#include "hashlist/pdq_quarantine.h"

#include <algorithm>

#include "hashlist/stored_number.h"

namespace cairn::hashlist {
namespace {

/// Queries asked together, so that their memory accesses overlap.
constexpr std::size_t kBatchMax = 256;

/// Marks the codes that stand in crowds.
class CrowdSearch {
public:
    CrowdSearch(
        const index::HammingIndex& search, Bytes posting_starts, const std::vector<bool>& vouched
    )
        : search_(search),
          posting_starts_(posting_starts),
          vouched_(vouched),
          crowded_(search.size(), false) {}

    PdqQuarantine run() {
        for (std::uint32_t code = 0; code < search_.size(); ++code) {
            // A crowd shows from one of its codes; asking from all would take its square.
            if (vouched_[code] || crowded_[code]) continue;
            queries_.push_back(search_.code(code));
            if (queries_.size() >= batch_) ask();
        }
        ask();
        PdqQuarantine quarantine;
        for (std::uint32_t code = 0; code < search_.size(); ++code) {
            if (entries_of(code) > kEntriesPerCodeMax) {
                quarantine.heaped.push_back(search_.code(code));
            } else if (crowded_[code] && !vouched_[code]) {
                quarantine.crowded.push_back(search_.code(code));
            }
        }
        return quarantine;
    }

private:
    std::size_t entries_of(std::uint32_t code) const {
        return std::size_t{load_u32(posting_starts_, code + std::size_t{1})} -
               load_u32(posting_starts_, code);
    }

    void ask() {
        bool found = false;
        for (const auto& hits : search_.search_batch(queries_, kCrowdRadius)) {
            std::size_t entries = 0;
            for (const index::CodeHit& hit : hits) entries += entries_of(hit.code);
            if (entries <= kCrowdMax) continue;
            found = true;
            for (const index::CodeHit& hit : hits) crowded_[hit.code] = true;
        }
        queries_.clear();
        // In a crowd every query answers with the whole of it: then one at a time.
        batch_ = found ? 1 : std::min(2 * batch_, kBatchMax);
    }

    const index::HammingIndex& search_;
    Bytes posting_starts_;
    const std::vector<bool>& vouched_;
    std::vector<bool> crowded_;
    std::vector<index::Code> queries_;
    std::size_t batch_ = 1;
};

}  // namespace

bool PdqQuarantine::holds(const index::Code& code, bool quality_known) const {
    const auto in = [&](const std::vector<index::Code>& codes) {
        return std::binary_search(codes.begin(), codes.end(), code, index::comes_before);
    };
    return in(heaped) || (!quality_known && in(crowded));
}

PdqQuarantine find_quarantine(
    const index::HammingIndex& search, Bytes posting_starts, const std::vector<bool>& vouched
) {
    return CrowdSearch(search, posting_starts, vouched).run();
}

}  // namespace cairn::hashlist
