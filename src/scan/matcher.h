#pragma once

#include <memory>
#include <vector>

#include "hashlist/list_index.h"
#include "hashlist/list_store.h"
#include "scan/records.h"

namespace cairn::scan {

/// A list version held open for a scan.
using OpenList = hashlist::LoadedList;

/// Asks several lists about one item. Thread-safe, immutable.
class Matcher {
public:
    explicit Matcher(std::vector<OpenList> lists) : lists_(std::move(lists)) {}

    /// Adds one match finding per list that knows the item (its best entry: an exact digest before
    /// the nearest picture) and sets `known_good`. Pictures are asked by record, oriented,
    /// complement, the extra renderings and the variants they carry, at radius 31 and quality
    /// >= 50. A list of known good files vetoes a picture match that it knows better: the finding
    /// stays, with weight `ignored` and the reason.
    Status match(ItemRecord& item) const;

    const std::vector<OpenList>& lists() const { return lists_; }

private:
    Result<std::optional<Match>> best_match(std::uint32_t list, const ItemRecord& item) const;

    std::vector<OpenList> lists_;
};

}  // namespace cairn::scan
