#include "hashlist/list_merge.h"

#include <algorithm>

#include "hashlist/index_writer.h"

namespace cairn::hashlist {
namespace {

/// A small file adds some microseconds to a query (hamming-index.md section 9).
constexpr std::size_t kSegmentsMax = 8;
/// Entries changed since the last merge: the larger of this and one in kBaseShare of the base.
constexpr std::uint64_t kChangedEntriesMax = 100'000;
constexpr std::uint64_t kBaseShare = 100;

}  // namespace

Result<IndexHeader> ListMerge::write(int fd) {
    for (const SegmentedIndex::Segment& segment : version_->segments()) {
        CAIRN_TRY(segment.index->verify_checksums());
    }
    source_ = CAIRN_TRY(MergeSource::make(*version_));
    const IndexSegment& base = *version_->segments().front().index;
    return write_index(base.keys(), base.header().salt, *source_, fd);
}

std::vector<std::uint32_t> ListMerge::withdrawn_since(const SegmentedIndex& now) const {
    std::vector<std::uint32_t> entries;
    for (std::size_t i = 0; i < version_->segments().size(); ++i) {
        const WithdrawnEntries& before = version_->segments()[i].withdrawn;
        for (const std::uint32_t entry : now.segments()[i].withdrawn.entries()) {
            if (!before.contains(entry)) entries.push_back(source_->number_of(i, entry));
        }
    }
    return entries;
}

bool needs_merge(const RegistryVersion& version) {
    if (version.segments.size() >= kSegmentsMax) return true;
    const std::uint64_t base = version.segments.front().entries;
    std::uint64_t changed = 0;
    for (const RegistrySegment& segment : version.segments) {
        changed += segment.entries + segment.withdrawn;
    }
    changed -= base;
    return changed > std::max(kChangedEntriesMax, base / kBaseShare);
}

bool builds_on(const RegistryVersion& now, const RegistryVersion& before) {
    if (now.segments.size() < before.segments.size()) return false;
    const auto same_file = [](const RegistrySegment& a, const RegistrySegment& b) {
        return a.file_name == b.file_name;
    };
    return std::equal(
        before.segments.begin(), before.segments.end(), now.segments.begin(), same_file
    );
}

}  // namespace cairn::hashlist
