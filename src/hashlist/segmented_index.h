#pragma once

#include <memory>
#include <string>
#include <vector>

#include "hashlist/index_segment.h"
#include "hashlist/withdrawn_entries.h"

namespace cairn::hashlist {

/// A list version as it is asked: a base file, the files of later updates, less what was withdrawn.
/// Entries of the segments are numbered through, in the order of segments. Immutable, thread-safe.
class SegmentedIndex final : public ListIndex {
public:
    struct Segment {
        std::shared_ptr<const IndexSegment> index;
        WithdrawnEntries withdrawn;
        std::uint32_t first_entry = 0;  ///< the version's number of the segment's entry 0
    };
    /// Where the files of a segment lie; `withdrawn` is empty where nothing was withdrawn.
    struct Files {
        std::string index;
        std::string withdrawn;
    };

    static Result<std::shared_ptr<const SegmentedIndex>> open(
        const std::vector<Files>& files, const crypto::SecretKey& list_key
    );
    /// At least one segment, all of one list; else corrupt_data.
    static Result<std::shared_ptr<const SegmentedIndex>> make(std::vector<Segment> segments);

    const std::vector<Segment>& segments() const { return segments_; }
    /// Entries that lie in the files, withdrawn or not; their numbers are below it.
    std::uint64_t numbered_entries() const;

    /// The numbers of the entries in force that list this digest or code, whatever else they list.
    std::vector<std::uint32_t> listing(std::size_t kind, Bytes digest) const;
    std::vector<std::uint32_t> listing(const fingerprint::PdqCode& code) const;
    /// `number` is below numbered_entries().
    PackedEntry packed_entry(std::uint32_t number) const;
    const Segment& segment_of(std::uint32_t number) const;

    std::vector<DigestHit> find(const crypto::Digests& digests) const override;
    std::vector<std::vector<PdqHit>> find_batch(
        std::span<const fingerprint::PdqCode> codes, int radius
    ) const override;
    Result<ListEntry> entry(std::uint32_t id) const override;
    std::uint64_t entry_count() const override;
    std::array<std::uint64_t, kDigestKinds> digest_counts() const override;
    std::uint64_t pdq_count() const override;
    std::uint64_t pdq_quarantined() const;
    std::uint64_t file_size_bytes() const override;
    Status verify() const override;

private:
    explicit SegmentedIndex(std::vector<Segment> segments) : segments_(std::move(segments)) {}

    template <typename Ask>
    std::vector<std::uint32_t> numbers_in_force(const Ask& ask) const;

    std::vector<Segment> segments_;
};

}  // namespace cairn::hashlist
