#include "hashlist/merge_source.h"

#include "hashlist/segment_cursors.h"

namespace cairn::hashlist {
namespace {

using Segment = SegmentedIndex::Segment;

Error damaged() {
    return fail(Errc::corrupt_data, "list index: names an entry it does not have");
}

}  // namespace

MergeSource::MergeSource(const SegmentedIndex& version)
    : segments_(version.segments()), digests_(version.digest_counts()) {}

Result<std::unique_ptr<MergeSource>> MergeSource::make(const SegmentedIndex& version) {
    std::unique_ptr<MergeSource> source(new MergeSource(version));
    CAIRN_TRY(source->read_texts());
    CAIRN_TRY(source->number_entries());
    return source;
}

Status MergeSource::read_texts() {
    for (const Segment& segment : segments_) {
        const auto texts = CAIRN_TRY(segment.index->texts());
        std::vector<TextId> ids;
        for (const std::string& text : *texts) {
            ids.push_back(id_of_text(text));
            texts_.emplace(ids.back(), text);
        }
        text_ids_.push_back(std::move(ids));
    }
    return ok();
}

std::vector<EntryCursor> MergeSource::entry_cursors() const {
    std::vector<EntryCursor> cursors;
    for (std::size_t i = 0; i < segments_.size(); ++i) cursors.emplace_back(segments_[i], i);
    return cursors;
}

Status MergeSource::number_entries() {
    numbers_.resize(segments_.size());
    std::uint32_t next = 0;
    for (SortedWalk walk(entry_cursors()); !walk.at_end(); walk.advance()) {
        numbers_[walk->segment_number()].add(walk->entry(), next++);
    }
    return ok();
}

TextId MergeSource::text_of(std::size_t segment, std::uint32_t number) const {
    const std::vector<TextId>& ids = text_ids_[segment];
    return number == 0 || number > ids.size() ? 0 : ids[number - 1];
}

Status MergeSource::for_each_entry(const EntryVisitor& visit) {
    for (SortedWalk walk(entry_cursors()); !walk.at_end(); walk.advance()) {
        SourceEntry entry;
        entry.row_tag = walk->key();
        entry.packed = walk->segment().index->packed_entry(walk->entry());
        entry.category_name = text_of(walk->segment_number(), entry.packed.category_name);
        entry.series = text_of(walk->segment_number(), entry.packed.series);
        CAIRN_TRY(visit(entry));
    }
    return ok();
}

Status MergeSource::for_each_digest(std::size_t kind, const DigestVisitor& visit) {
    std::vector<DigestCursor> cursors;
    for (std::size_t i = 0; i < segments_.size(); ++i) {
        cursors.emplace_back(segments_[i], numbers_[i], kind);
    }
    for (SortedWalk walk(std::move(cursors)); !walk.at_end(); walk.advance()) {
        if (!walk->is_sound()) return damaged();
        CAIRN_TRY(visit(walk->key().first, walk->key().second));
    }
    return ok();
}

Status MergeSource::for_each_code(const CodeVisitor& visit) {
    std::vector<CodeCursor> cursors;
    for (std::size_t i = 0; i < segments_.size(); ++i) {
        cursors.emplace_back(segments_[i], numbers_[i], CodeCursor::Part::searched);
        cursors.emplace_back(segments_[i], numbers_[i], CodeCursor::Part::quarantined);
    }
    for (SortedWalk walk(std::move(cursors)); !walk.at_end(); walk.advance()) {
        if (!walk->is_sound()) return damaged();
        CAIRN_TRY(visit({walk->code(), walk->key().second, walk->quality_known()}));
    }
    return ok();
}

}  // namespace cairn::hashlist
