#pragma once

#include <memory>
#include <vector>

#include "hashlist/index_source.h"
#include "hashlist/segment_cursors.h"

namespace cairn::hashlist {

/// The entries in force of a list version as one file would hold them.
class MergeSource final : public IndexSource {
public:
    /// Walks the row tags once. `version` must outlive the source.
    static Result<std::unique_ptr<MergeSource>> make(const SegmentedIndex& version);

    Status for_each_entry(const EntryVisitor& visit) override;
    std::uint64_t digest_records(std::size_t kind) const override { return digests_.at(kind); }
    Status for_each_digest(std::size_t kind, const DigestVisitor& visit) override;
    Status for_each_code(const CodeVisitor& visit) override;
    const std::map<TextId, std::string>& texts() const override { return texts_; }

    /// The number in the merged file of an entry in force.
    std::uint32_t number_of(std::size_t segment, std::uint32_t entry) const {
        return numbers_.at(segment)(entry);
    }

private:
    explicit MergeSource(const SegmentedIndex& version);
    Status read_texts();
    Status number_entries();
    std::vector<EntryCursor> entry_cursors() const;
    TextId text_of(std::size_t segment, std::uint32_t number) const;

    const std::vector<SegmentedIndex::Segment>& segments_;
    std::array<std::uint64_t, kDigestKinds> digests_{};
    std::vector<EntryRenumbering> numbers_;
    std::vector<std::vector<TextId>> text_ids_;  ///< of each segment, by number less one
    std::map<TextId, std::string> texts_;
};

}  // namespace cairn::hashlist
