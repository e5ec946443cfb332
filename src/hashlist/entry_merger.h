#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hashlist/entry_row.h"
#include "hashlist/record_sorter.h"

namespace cairn::hashlist {

/// Makes one row of those that name the same file under the same category: rows merge when a
/// digest is equal and no other contradicts. Rows that differ in category stay apart, all of
/// them. Memory is bounded; the result does not depend on the order of rows.
class EntryMerger {
public:
    explicit EntryMerger(std::string folder);

    Status add(const EntryRow& row);
    /// Gives the merged rows, encoded, in canonical order. Once.
    Status finish(const RecordSorter::Visitor& visit);

    std::uint64_t merged() const { return merged_; }
    /// Neighbouring rows with one MD5 and different SHA-1 or SHA-256.
    std::uint64_t hash_conflicts() const { return hash_conflicts_; }

private:
    class Group;

    std::unique_ptr<RecordSorter> make_sorter(std::optional<std::size_t> kind) const;
    std::vector<std::size_t> kinds_to_merge_by() const;
    Status merge_by(std::size_t kind, std::optional<std::size_t> next);
    Status put(const EntryRow& row);

    std::string folder_;
    std::unique_ptr<RecordSorter> rows_;
    std::array<std::uint64_t, 3> have_{};  ///< rows with each digest
    std::uint64_t merged_ = 0;
    std::uint64_t hash_conflicts_ = 0;
};

}  // namespace cairn::hashlist
