#pragma once

#include <array>
#include <utility>
#include <vector>

#include "hashlist/segmented_index.h"

namespace cairn::hashlist {

/// Walks several sorted sequences as one. A cursor has a key, an end and moves on; there are few,
/// so the least is looked for.
template <typename Cursor>
class SortedWalk {
public:
    explicit SortedWalk(std::vector<Cursor> cursors) : cursors_(std::move(cursors)) { settle(); }
    SortedWalk(const SortedWalk&) = delete;
    SortedWalk& operator=(const SortedWalk&) = delete;

    bool at_end() const { return least_ == nullptr; }
    const Cursor& operator*() const { return *least_; }
    const Cursor* operator->() const { return least_; }
    void advance() {
        least_->advance();
        settle();
    }

private:
    void settle() {
        least_ = nullptr;
        for (Cursor& cursor : cursors_) {
            if (cursor.at_end()) continue;
            if (least_ == nullptr || cursor.key() < least_->key()) least_ = &cursor;
        }
    }

    std::vector<Cursor> cursors_;
    Cursor* least_ = nullptr;
};

/// The new numbers of the entries of one file in a merged one. Kept as runs of entries that stay
/// neighbours: small where little is merged into much.
class EntryRenumbering {
public:
    /// Entries are added in ascending order, as are their new numbers.
    void add(std::uint32_t entry, std::uint32_t number);
    /// `entry` must have been added.
    std::uint32_t operator()(std::uint32_t entry) const;

private:
    struct Run {
        std::uint32_t entry;
        std::uint32_t number;
    };
    static constexpr unsigned kBlockBits = 12;

    std::vector<Run> runs_;
    std::vector<std::uint32_t> first_run_;  ///< for each block of entries: the run it begins in
    std::uint32_t next_entry_ = 0;
    std::uint32_t next_number_ = 0;
};

/// The entries in force of one segment, by row tag.
class EntryCursor {
public:
    using Segment = SegmentedIndex::Segment;

    EntryCursor(const Segment& segment, std::size_t number);

    bool at_end() const { return entry_ >= segment_->index->header().entries; }
    const crypto::Tag128& key() const { return key_; }
    std::size_t segment_number() const { return number_; }
    const Segment& segment() const { return *segment_; }
    std::uint32_t entry() const { return entry_; }
    void advance();

private:
    void settle();

    const Segment* segment_;
    std::size_t number_;
    std::uint32_t entry_ = 0;
    std::size_t withdrawn_ = 0;
    crypto::Tag128 key_{};
};

/// The digest records of entries in force of one segment, by tag, then new number.
class DigestCursor {
public:
    using Segment = SegmentedIndex::Segment;

    DigestCursor(const Segment& segment, const EntryRenumbering& numbers, std::size_t kind);

    bool at_end() const { return position_ >= table_->size(); }
    const std::pair<crypto::Tag128, std::uint32_t>& key() const { return key_; }
    /// False for a damaged record, which names no entry.
    bool is_sound() const { return sound_; }
    void advance();

private:
    void settle();

    const Segment* segment_;
    const EntryRenumbering* numbers_;
    const index::DigestTable* table_;
    std::uint32_t position_ = 0;
    bool sound_ = true;
    std::pair<crypto::Tag128, std::uint32_t> key_{};
};

/// The codes of entries in force of one segment, by code, then new number: those that are
/// searched, or those in quarantine.
class CodeCursor {
public:
    using Segment = SegmentedIndex::Segment;
    using CodeBytes = std::array<std::uint8_t, index::kCodeBytes>;
    enum class Part : std::uint8_t { searched, quarantined };

    CodeCursor(const Segment& segment, const EntryRenumbering& numbers, Part part);

    bool at_end() const { return position_ >= end_; }
    const std::pair<CodeBytes, std::uint32_t>& key() const { return key_; }
    bool is_sound() const { return sound_; }
    index::Code code() const { return index::load_code(key_.first, 0); }
    bool quality_known() const;
    void advance();

private:
    void step();
    void settle();

    const Segment* segment_;
    const EntryRenumbering* numbers_;
    Part part_;
    std::uint32_t position_ = 0;
    std::uint32_t end_ = 0;
    index::RecordRange postings_;
    std::uint32_t entry_ = 0;
    bool sound_ = true;
    std::pair<CodeBytes, std::uint32_t> key_{};
};

}  // namespace cairn::hashlist
