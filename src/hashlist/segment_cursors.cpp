#include "hashlist/segment_cursors.h"

#include <algorithm>

namespace cairn::hashlist {

void EntryRenumbering::add(std::uint32_t entry, std::uint32_t number) {
    if (runs_.empty() || entry != next_entry_ || number != next_number_) {
        runs_.push_back({entry, number});
    }
    const auto run = static_cast<std::uint32_t>(runs_.size() - 1);
    while (first_run_.size() <= entry >> kBlockBits) first_run_.push_back(run);
    next_entry_ = entry + 1;
    next_number_ = number + 1;
}

std::uint32_t EntryRenumbering::operator()(std::uint32_t entry) const {
    const std::size_t block = entry >> kBlockBits;
    const auto begin = runs_.begin() + first_run_[block];
    const auto end =
        block + 1 < first_run_.size() ? runs_.begin() + first_run_[block + 1] + 1 : runs_.end();
    const auto after = std::upper_bound(
        begin, end, entry, [](std::uint32_t wanted, const Run& run) { return wanted < run.entry; }
    );
    const Run& run = *std::prev(after);
    return run.number + (entry - run.entry);
}

EntryCursor::EntryCursor(const Segment& segment, std::size_t number)
    : segment_(&segment), number_(number) {
    settle();
}

void EntryCursor::advance() {
    ++entry_;
    settle();
}

void EntryCursor::settle() {
    const std::vector<std::uint32_t>& withdrawn = segment_->withdrawn.entries();
    while (withdrawn_ < withdrawn.size() && withdrawn[withdrawn_] == entry_) {
        ++withdrawn_;
        ++entry_;
    }
    if (!at_end()) key_ = segment_->index->row_tag(entry_);
}

DigestCursor::DigestCursor(
    const Segment& segment, const EntryRenumbering& numbers, std::size_t kind
)
    : segment_(&segment), numbers_(&numbers), table_(&segment.index->digests(kind)) {
    settle();
}

void DigestCursor::advance() {
    ++position_;
    settle();
}

void DigestCursor::settle() {
    for (; !at_end(); ++position_) {
        const std::uint32_t entry = table_->payload(position_);
        if (segment_->withdrawn.contains(entry)) continue;
        sound_ = entry < segment_->index->header().entries;
        key_ = {table_->tag(position_), sound_ ? (*numbers_)(entry) : 0};
        return;
    }
}

CodeCursor::CodeCursor(const Segment& segment, const EntryRenumbering& numbers, Part part)
    : segment_(&segment), numbers_(&numbers), part_(part) {
    const IndexHeader& header = segment.index->header();
    end_ = static_cast<std::uint32_t>(
        part == Part::searched ? header.pdq_codes : header.pdq_quarantined
    );
    if (part == Part::searched && end_ > 0) postings_ = segment.index->postings_of(0);
    settle();
}

bool CodeCursor::quality_known() const {
    return segment_->index->packed_entry(entry_).has(PackedEntry::kHasQuality);
}

void CodeCursor::advance() {
    step();
    settle();
}

void CodeCursor::step() {
    if (part_ == Part::searched && !postings_.empty() && ++postings_.begin < postings_.end) return;
    ++position_;
    if (part_ == Part::searched && !at_end()) postings_ = segment_->index->postings_of(position_);
}

void CodeCursor::settle() {
    const IndexSegment& index = *segment_->index;
    const bool searched = part_ == Part::searched;
    for (; !at_end(); step()) {
        if (searched && postings_.empty()) continue;
        entry_ = searched ? index.posting(postings_.begin) : index.quarantined_entry(position_);
        if (segment_->withdrawn.contains(entry_)) continue;
        sound_ = entry_ < index.header().entries;
        index::store_code(
            searched ? index.hamming().code(position_) : index.quarantined_code(position_),
            key_.first
        );
        key_.second = sound_ ? (*numbers_)(entry_) : 0;
        return;
    }
}

}  // namespace cairn::hashlist
