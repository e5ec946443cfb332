#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "audit/row_stream.h"

namespace cairn::audit {

/// A row that does not hold what was logged at its place.
struct Mismatch {
    std::uint64_t place = 0;  ///< in the tree
    Hash row{};
    Hash logged{};  ///< by the level-0 tile
};

/// What stands at one place of the tree.
struct PlacedRow {
    Hash hash{};
    bool stored_agrees = true;
};

/// Lays the rows beside the places of the tree. Rows tell their index; where rows were removed or
/// inserted and the others renumbered, the hashes in level-0 tiles tell. Missing and inserted rows
/// become findings, neighbours as one.
class RowAlignment {
public:
    RowAlignment(
        RowStream& rows, HashReader& logged, std::uint64_t tree_size, FindingList& findings
    );

    /// The row for `place`; nothing when there is none. `logged` is the hash in the tile, if known.
    /// Places must be asked for in order, each once.
    std::optional<PlacedRow> take(std::uint64_t place, const Hash* logged);

    /// After the last place: what rows are left, and what was missing to the end.
    void finish();

private:
    struct Run {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
    };

    std::uint64_t place_of(const RowHash& row) const { return row.index + shift_; }
    bool is_logged(std::uint64_t place, const Hash& hash);
    bool resume(std::uint64_t place, const Hash& logged);
    bool resume_after_removal(std::uint64_t place);
    bool resume_after_insertion(std::uint64_t place, const Hash& logged);
    void drop_row();
    void note_missing(std::uint64_t place);
    void flush_missing();
    void flush_inserted();

    RowStream& rows_;
    HashReader& logged_;
    std::uint64_t tree_size_;
    FindingList& findings_;
    /// Added to an index gives the place; wraps, as the index may be the larger one.
    std::uint64_t shift_ = 0;
    unsigned futile_attempts_ = 0;
    std::optional<Run> missing_;
    std::optional<Run> inserted_;
};

}  // namespace cairn::audit
