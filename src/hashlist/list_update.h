#pragma once

#include <functional>
#include <vector>

#include "hashlist/counting_sink.h"
#include "hashlist/list_builder.h"
#include "hashlist/record_sorter.h"
#include "hashlist/segmented_index.h"

namespace cairn::hashlist {

/// Gathers the fingerprints of rows that are to be withdrawn.
class WithdrawalSink final : public CountingSink {
public:
    /// What is withdrawn: a kind (0 MD5, 1 SHA-1, 2 SHA-256, 3 PDQ) and the value, its rest zero.
    static constexpr std::size_t kValueBytes = 33;

    WithdrawalSink(const std::string& folder, ImportReport& report);

    Status accept(const ListRecord& record) override;
    /// Each value once, in order.
    Status for_each(const RecordSorter::Visitor& visit);

private:
    RecordSorter values_;
};

/// What an update does to a list version: marks withdrawn entries, sorts rows into new ones, known
/// ones, and ones that stand in for an entry that knew less.
class ListChange {
public:
    ListChange(const SegmentedIndex& version, UpdateReport& report);

    /// Marks every entry that lists one of the values, and notes them for the version id.
    Status withdraw(WithdrawalSink& values);
    /// True when `row` is to be added; completes it from the entries it replaces.
    Result<bool> take(EntryRow& row, const TextTable& texts);

    /// SHA-256 of the history: that of the version before, what was added, what was withdrawn.
    crypto::Sha256 version_id(const crypto::Sha256& before, const crypto::Sha256& added) const;
    /// For each segment the entries that this update withdraws.
    std::vector<std::vector<std::uint32_t>> withdrawn() const;

private:
    enum class Relation : std::uint8_t { apart, row_is_known, row_knows_more };

    std::vector<std::uint32_t> entries_sharing(const EntryRow& row) const;
    Result<Relation> compare(const EntryRow& row, const TextTable& texts, std::uint32_t entry)
        const;
    void mark(std::uint32_t entry, std::uint64_t& counter);

    const SegmentedIndex& version_;
    UpdateReport& report_;
    std::vector<bool> marked_;  ///< by entry: withdrawn by this update
    crypto::Sha256 withdrawn_values_{};
};

}  // namespace cairn::hashlist
