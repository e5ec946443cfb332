#include "hashlist/list_difference.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "hashlist/segment_cursors.h"

namespace cairn::hashlist {
namespace {

using Segment = SegmentedIndex::Segment;

std::vector<EntryCursor> entry_cursors(const SegmentedIndex& version) {
    std::vector<EntryCursor> cursors;
    for (std::size_t i = 0; i < version.segments().size(); ++i) {
        cursors.emplace_back(version.segments()[i], i);
    }
    return cursors;
}

std::uint32_t number_of(const EntryCursor& cursor) {
    return cursor.segment().first_entry + cursor.entry();
}

/// A fingerprint as the files know it, after its kind: 0 to 2 digests, 3 PDQ.
using Fingerprint = std::array<std::uint8_t, 1 + index::kCodeBytes>;
using Listing = std::pair<Fingerprint, std::uint32_t>;  ///< and the entry that lists it
constexpr std::uint8_t kPdqKind = 3;

/// The fingerprints of chosen entries of one version, sorted. Entries do not know theirs, so the
/// tables of every file with a chosen entry are read.
class ChosenFingerprints {
public:
    ChosenFingerprints(const SegmentedIndex& version, const std::vector<std::uint32_t>& entries)
        : chosen_(version.numbered_entries(), false) {
        for (const std::uint32_t entry : entries) chosen_[entry] = true;
        for (const Segment& segment : version.segments()) {
            const std::uint64_t end = segment.first_entry + segment.index->header().entries;
            const auto first =
                std::lower_bound(entries.begin(), entries.end(), segment.first_entry);
            if (first != entries.end() && *first < end) read(segment);
        }
        std::sort(listings_.begin(), listings_.end());
    }

    const std::vector<Listing>& listings() const { return listings_; }

private:
    void read(const Segment& segment) {
        const IndexSegment& index = *segment.index;
        for (std::uint8_t kind = 0; kind < kDigestKinds; ++kind) {
            const index::DigestTable& table = index.digests(kind);
            for (std::uint32_t i = 0; i < table.size(); ++i) {
                if (is_chosen(segment, table.payload(i))) {
                    add(kind, table.tag(i), segment, table.payload(i));
                }
            }
        }
        CodeCursor::CodeBytes code{};
        for (std::uint32_t i = 0; i < index.header().pdq_codes; ++i) {
            const index::RecordRange range = index.postings_of(i);
            for (std::uint32_t j = range.begin; j < range.end; ++j) {
                if (!is_chosen(segment, index.posting(j))) continue;
                index::store_code(index.hamming().code(i), code);
                add(kPdqKind, code, segment, index.posting(j));
            }
        }
        for (std::uint32_t i = 0; i < index.header().pdq_quarantined; ++i) {
            if (!is_chosen(segment, index.quarantined_entry(i))) continue;
            index::store_code(index.quarantined_code(i), code);
            add(kPdqKind, code, segment, index.quarantined_entry(i));
        }
    }

    bool is_chosen(const Segment& segment, std::uint32_t entry) const {
        return entry < segment.index->header().entries && chosen_[segment.first_entry + entry];
    }

    void add(std::uint8_t kind, Bytes value, const Segment& segment, std::uint32_t entry) {
        Listing& listing = listings_.emplace_back();
        listing.first[0] = kind;
        std::copy(value.begin(), value.end(), listing.first.begin() + 1);
        listing.second = segment.first_entry + entry;
    }

    std::vector<bool> chosen_;
    std::vector<Listing> listings_;
};

/// Pairs withdrawn and added entries that share a fingerprint, each at most once.
std::vector<ListDifference::Change> pairs_of(
    const std::vector<Listing>& before, const std::vector<Listing>& after
) {
    std::vector<ListDifference::Change> pairs;
    auto a = before.begin();
    auto b = after.begin();
    while (a != before.end() && b != after.end()) {
        if (a->first != b->first) {
            a->first < b->first ? ++a : ++b;
            continue;
        }
        pairs.push_back({a->second, b->second});
        ++a;
        ++b;
    }
    // An entry with several fingerprints was paired by each.
    const auto by_before = [](const auto& x, const auto& y) { return x.before < y.before; };
    std::stable_sort(pairs.begin(), pairs.end(), by_before);
    std::vector<ListDifference::Change> kept;
    std::unordered_set<std::uint32_t> used;
    for (const ListDifference::Change& pair : pairs) {
        const bool again = !kept.empty() && kept.back().before == pair.before;
        if (!again && used.insert(pair.after).second) kept.push_back(pair);
    }
    return kept;
}

void remove_changed(ListDifference& difference) {
    std::vector<std::uint32_t> before;
    std::vector<std::uint32_t> after;
    for (const ListDifference::Change& change : difference.changed) {
        before.push_back(change.before);
        after.push_back(change.after);
    }
    std::sort(before.begin(), before.end());
    std::sort(after.begin(), after.end());
    std::erase_if(difference.withdrawn, [&](std::uint32_t entry) {
        return std::binary_search(before.begin(), before.end(), entry);
    });
    std::erase_if(difference.added, [&](std::uint32_t entry) {
        return std::binary_search(after.begin(), after.end(), entry);
    });
}

}  // namespace

Result<ListDifference> difference_of(const SegmentedIndex& before, const SegmentedIndex& after) {
    if (before.segments().front().index->header().salt !=
        after.segments().front().index->header().salt) {
        return fail(Errc::invalid_argument, "versions of different lists cannot be compared");
    }
    ListDifference difference;
    SortedWalk a(entry_cursors(before));
    SortedWalk b(entry_cursors(after));
    while (!a.at_end() || !b.at_end()) {
        if (b.at_end() || (!a.at_end() && a->key() < b->key())) {
            difference.withdrawn.push_back(number_of(*a));
            a.advance();
        } else if (a.at_end() || b->key() < a->key()) {
            difference.added.push_back(number_of(*b));
            b.advance();
        } else {
            ++difference.unchanged;
            a.advance();
            b.advance();
        }
    }
    std::sort(difference.withdrawn.begin(), difference.withdrawn.end());
    std::sort(difference.added.begin(), difference.added.end());
    if (difference.withdrawn.empty() || difference.added.empty()) return difference;
    const ChosenFingerprints old_ones(before, difference.withdrawn);
    const ChosenFingerprints new_ones(after, difference.added);
    difference.changed = pairs_of(old_ones.listings(), new_ones.listings());
    remove_changed(difference);
    return difference;
}

}  // namespace cairn::hashlist
