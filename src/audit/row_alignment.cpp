#include "audit/row_alignment.h"

namespace cairn::audit {
namespace {

/// How many neighbours may have been removed or inserted at one place with all rows behind them
/// renumbered; beyond that each row behind counts as altered.
constexpr std::uint64_t kResumeWithin = 1024;

/// Each futile attempt costs kResumeWithin look-ups, twice.
constexpr unsigned kFutileAttemptsMax = 1000;

}  // namespace

RowAlignment::RowAlignment(
    RowStream& rows, HashReader& logged, std::uint64_t tree_size, FindingList& findings
)
    : rows_(rows), logged_(logged), tree_size_(tree_size), findings_(findings) {}

std::optional<PlacedRow> RowAlignment::take(std::uint64_t place, const Hash* logged) {
    while (const RowHash* row = rows_.peek()) {
        const auto ahead = static_cast<std::int64_t>(place_of(*row) - place);
        if (ahead < 0) {
            drop_row();
            continue;
        }
        if (ahead > 0) break;
        if (logged != nullptr && row->hash != *logged && resume(place, *logged)) continue;
        row = rows_.peek();
        const PlacedRow placed{row->hash, row->stored_agrees};
        rows_.pop();
        flush_missing();
        flush_inserted();
        return placed;
    }
    note_missing(place);
    return std::nullopt;
}

bool RowAlignment::is_logged(std::uint64_t place, const Hash& hash) {
    if (place >= tree_size_) return false;
    const auto logged = logged_.complete_hash({0, place});
    return logged && *logged == hash;
}

/// Changes the shift, and drops rows, when those that follow agree again.
bool RowAlignment::resume(std::uint64_t place, const Hash& logged) {
    if (futile_attempts_ == kFutileAttemptsMax) return false;
    if (resume_after_insertion(place, logged) || resume_after_removal(place)) return true;
    ++futile_attempts_;
    return false;
}

/// The row belongs further on, and the one behind it to the place behind that, or nothing follows
/// either. (A second match tells removal from a swap.)
bool RowAlignment::resume_after_removal(std::uint64_t place) {
    const RowHash row = *rows_.peek();
    const RowHash* behind = rows_.peek(1);
    const std::optional<Hash> next = behind != nullptr ? std::optional(behind->hash) : std::nullopt;
    for (std::uint64_t found = place + 1; found <= place + kResumeWithin; ++found) {
        if (found >= tree_size_) return false;
        if (!is_logged(found, row.hash)) continue;
        const bool confirmed = next ? is_logged(found + 1, *next) : found + 1 == tree_size_;
        if (!confirmed) return false;
        shift_ = found - row.index;
        return true;
    }
    return false;
}

/// The row for this place comes later, followed by the one for the next place, or by nothing where
/// the tree ends.
bool RowAlignment::resume_after_insertion(std::uint64_t place, const Hash& logged) {
    for (std::size_t skipped = 1; skipped <= kResumeWithin; ++skipped) {
        const RowHash* row = rows_.peek(skipped);
        if (row == nullptr) return false;
        if (row->hash != logged) continue;
        const std::uint64_t index = row->index;
        const RowHash* behind = rows_.peek(skipped + 1);
        const bool confirmed =
            behind != nullptr ? is_logged(place + 1, behind->hash) : place + 1 == tree_size_;
        if (!confirmed) return false;
        for (std::size_t i = 0; i < skipped; ++i) drop_row();
        shift_ = place - index;
        return true;
    }
    return false;
}

void RowAlignment::drop_row() {
    const std::uint64_t index = rows_.peek()->index;
    rows_.pop();
    if (inserted_ && (index == inserted_->last + 1 || index == inserted_->last)) {
        inserted_->last = index;
        return;
    }
    flush_inserted();
    inserted_ = Run{index, index};
}

void RowAlignment::note_missing(std::uint64_t place) {
    if (!missing_) missing_ = Run{place, place};
    missing_->last = place;
}

void RowAlignment::flush_missing() {
    if (!missing_) return;
    const auto [first, last] = *missing_;
    missing_.reset();
    rows_.note_missing(last - first + 1);
    const bool at_end = last + 1 == tree_size_;
    findings_.add(
        at_end ? FindingKind::log_truncated : FindingKind::entry_missing,
        first,
        last,
        fmt::format(
            "{}: logged, but the row is gone{}",
            entries_text(first, last),
            at_end ? "; nothing follows" : ""
        )
    );
}

void RowAlignment::flush_inserted() {
    if (!inserted_) return;
    const auto [first, last] = *inserted_;
    inserted_.reset();
    findings_.add(
        FindingKind::entry_inserted,
        first,
        last,
        fmt::format("rows with the index of {}: never logged there", entries_text(first, last))
    );
}

void RowAlignment::finish() {
    while (rows_.peek() != nullptr) drop_row();
    flush_inserted();
    // Rows that could not be read are not gone.
    if (!rows_.failed()) flush_missing();
    rows_.finish();
}

}  // namespace cairn::audit
