#pragma once

#include <cstdint>
#include <vector>

#include "audit/tile.h"

namespace cairn::audit {

/// A hash tile and its content.
struct Tile {
    TileId id;
    std::vector<Hash> hashes;
};

/// The right edge of a log in tiles: appends leaves and says which tiles that makes. Holds at most
/// one partial tile for each level beside the tiles not taken yet.
class TileBuilder {
public:
    TileBuilder() = default;
    /// Goes on where a log of `tree_size` leaves stopped. The caller compares root() with what it
    /// signed before it signs anything else.
    static Result<TileBuilder> resume(TileSource& source, std::uint64_t tree_size);

    void append(const Hash& leaf);

    std::uint64_t size() const { return tree_.size(); }
    Hash root() const { return tree_.root(); }
    TreeHead head() const { return tree_.head(); }

    /// Tiles that became full or are partial and changed since the last call, by level and index. A
    /// partial tile replaces the narrower form with the same level and index.
    std::vector<Tile> take_changed();

private:
    struct Edge {
        std::vector<Hash> hashes;
        bool changed = false;
    };

    void put(NodeId node, const Hash& hash);

    CompactTree tree_;
    std::vector<Edge> edges_;  ///< by level: the partial tile
    std::vector<Tile> full_;
};

}  // namespace cairn::audit
