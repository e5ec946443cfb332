#include "hashlist/segmented_index.h"

#include <algorithm>
#include <tuple>

#include "base/fd.h"

namespace cairn::hashlist {
namespace {

/// More than the file of withdrawn entries of any index file can have.
constexpr std::size_t kWithdrawnBytesMax = std::size_t{17} << 30U;

Result<SegmentedIndex::Segment> open_segment(
    const SegmentedIndex::Files& files, const crypto::SecretKey& list_key
) {
    SegmentedIndex::Segment segment;
    segment.index = CAIRN_TRY(IndexSegment::open(files.index, list_key));
    if (files.withdrawn.empty()) return segment;
    const ByteVector bytes = CAIRN_TRY(read_file(files.withdrawn, kWithdrawnBytesMax));
    const IndexHeader& header = segment.index->header();
    auto withdrawn = WithdrawnEntries::decode(bytes, header.content, header.entries);
    if (!withdrawn) return std::move(withdrawn).error().with_context(files.withdrawn);
    segment.withdrawn = *std::move(withdrawn);
    return segment;
}

}  // namespace

Result<std::shared_ptr<const SegmentedIndex>> SegmentedIndex::open(
    const std::vector<Files>& files, const crypto::SecretKey& list_key
) {
    std::vector<Segment> segments;
    for (const Files& one : files) {
        Segment segment = CAIRN_TRY(open_segment(one, list_key));
        segments.push_back(std::move(segment));
    }
    return make(std::move(segments));
}

Result<std::shared_ptr<const SegmentedIndex>> SegmentedIndex::make(std::vector<Segment> segments) {
    if (segments.empty()) return fail(Errc::corrupt_data, "a list version without files");
    std::uint64_t entries = 0;
    for (Segment& segment : segments) {
        if (segment.index->header().salt != segments.front().index->header().salt) {
            return fail(Errc::corrupt_data, "files of different lists in one list version");
        }
        segment.first_entry = static_cast<std::uint32_t>(entries);
        entries += segment.index->header().entries;
        if (entries > kEntriesMax) {
            return fail(Errc::limit_exceeded, "a list holds at most {} entries", kEntriesMax);
        }
    }
    return std::shared_ptr<const SegmentedIndex>(new SegmentedIndex(std::move(segments)));
}

std::uint64_t SegmentedIndex::numbered_entries() const {
    return segments_.back().first_entry + segments_.back().index->header().entries;
}

const SegmentedIndex::Segment& SegmentedIndex::segment_of(std::uint32_t number) const {
    std::size_t found = 0;
    for (std::size_t i = 1; i < segments_.size(); ++i) {
        if (segments_[i].first_entry <= number) found = i;
    }
    return segments_[found];
}

/// `ask` appends the numbers of one segment.
template <typename Ask>
std::vector<std::uint32_t> SegmentedIndex::numbers_in_force(const Ask& ask) const {
    std::vector<std::uint32_t> numbers;
    std::vector<std::uint32_t> own;
    for (const Segment& segment : segments_) {
        own.clear();
        ask(*segment.index, own);
        for (const std::uint32_t entry : own) {
            if (!segment.withdrawn.contains(entry)) numbers.push_back(segment.first_entry + entry);
        }
    }
    return numbers;
}

std::vector<std::uint32_t> SegmentedIndex::listing(std::size_t kind, Bytes digest) const {
    const crypto::Tag128 tag = segments_.front().index->keys().digest_prfs.at(kind)(digest);
    return numbers_in_force([&](const IndexSegment& index, std::vector<std::uint32_t>& own) {
        index.append_listing(kind, tag, own);
    });
}

std::vector<std::uint32_t> SegmentedIndex::listing(const fingerprint::PdqCode& code) const {
    const index::Code keyed = segments_.front().index->keyed(code);
    return numbers_in_force([&](const IndexSegment& index, std::vector<std::uint32_t>& own) {
        index.append_listing(keyed, own);
    });
}

PackedEntry SegmentedIndex::packed_entry(std::uint32_t number) const {
    const Segment& segment = segment_of(number);
    return segment.index->packed_entry(number - segment.first_entry);
}

std::vector<DigestHit> SegmentedIndex::find(const crypto::Digests& digests) const {
    const KeyedDigests keyed = segments_.front().index->keyed(digests);
    std::vector<DigestHit> hits;
    for (const Segment& segment : segments_) {
        for (DigestHit hit : segment.index->find(keyed)) {
            if (segment.withdrawn.contains(hit.entry)) continue;
            hit.entry += segment.first_entry;
            hits.push_back(hit);
        }
    }
    return hits;
}

std::vector<std::vector<PdqHit>> SegmentedIndex::find_batch(
    std::span<const fingerprint::PdqCode> codes, int radius
) const {
    std::vector<index::Code> keyed;
    for (const fingerprint::PdqCode& code : codes) {
        keyed.push_back(segments_.front().index->keyed(code));
    }
    std::vector<std::vector<PdqHit>> answers(codes.size());
    std::vector<std::vector<PdqHit>> own(codes.size());
    for (const Segment& segment : segments_) {
        segment.index->append_found(keyed, radius, own);
        for (std::size_t q = 0; q < codes.size(); ++q) {
            for (const PdqHit& hit : own[q]) {
                if (segment.withdrawn.contains(hit.entry)) continue;
                answers[q].push_back({segment.first_entry + hit.entry, hit.distance});
            }
            own[q].clear();
        }
    }
    for (std::vector<PdqHit>& hits : answers) {
        std::sort(hits.begin(), hits.end(), [](const PdqHit& a, const PdqHit& b) {
            return std::tie(a.distance, a.entry) < std::tie(b.distance, b.entry);
        });
    }
    return answers;
}

Result<ListEntry> SegmentedIndex::entry(std::uint32_t id) const {
    const Segment& segment = segment_of(id);
    ListEntry entry = CAIRN_TRY(segment.index->entry(id - segment.first_entry));
    entry.id = id;
    return entry;
}

std::uint64_t SegmentedIndex::entry_count() const {
    std::uint64_t count = numbered_entries();
    for (const Segment& segment : segments_) count -= segment.withdrawn.count();
    return count;
}

std::array<std::uint64_t, kDigestKinds> SegmentedIndex::digest_counts() const {
    std::array<std::uint64_t, kDigestKinds> counts{};
    for (const Segment& segment : segments_) {
        for (std::size_t kind = 0; kind < kDigestKinds; ++kind) {
            counts[kind] += segment.index->header().digest_records[kind];
        }
        for (const std::uint32_t entry : segment.withdrawn.entries()) {
            const PackedEntry packed = segment.index->packed_entry(entry);
            for (std::size_t kind = 0; kind < kDigestKinds; ++kind) {
                if (packed.has_digest(kind)) --counts[kind];
            }
        }
    }
    return counts;
}

std::uint64_t SegmentedIndex::pdq_count() const {
    std::uint64_t count = 0;
    for (const Segment& segment : segments_) count += segment.index->header().pdq_codes;
    return count;
}

std::uint64_t SegmentedIndex::pdq_quarantined() const {
    std::uint64_t count = 0;
    for (const Segment& segment : segments_) count += segment.index->header().pdq_quarantined;
    return count;
}

std::uint64_t SegmentedIndex::file_size_bytes() const {
    std::uint64_t bytes = 0;
    for (const Segment& segment : segments_) bytes += segment.index->file_bytes();
    return bytes;
}

Status SegmentedIndex::verify() const {
    for (const Segment& segment : segments_) CAIRN_TRY(segment.index->verify());
    return ok();
}

}  // namespace cairn::hashlist
