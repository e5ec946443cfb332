#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/merkle_tree.h"

namespace cairn::audit {

/// The layout of C2SP tlog-tiles: 256 hashes side by side, each the root over a tile one level
/// below.
inline constexpr unsigned kTileHeight = 8;
inline constexpr unsigned kTileWidth = 1U << kTileHeight;
/// The length in front of an entry in a bundle has 16 bits.
inline constexpr std::size_t kEntryBytesMax = 65'535;

enum class TileKind : std::uint8_t {
    hashes,
    entries,  ///< the entries under a level-0 tile, an "entry bundle"; level is 0
};

/// Names a tile. Width 256 is a full tile, 1 to 255 a partial one.
struct TileId {
    TileKind kind = TileKind::hashes;
    unsigned level = 0;
    std::uint64_t index = 0;
    unsigned width = kTileWidth;
    auto operator<=>(const TileId&) const = default;
};

/// "tile/0/x001/067", "tile/1/000.p/17", "tile/entries/000".
std::string path_of(const TileId& tile);
/// The inverse of path_of, and nothing else. Levels 0 to 63.
Result<TileId> parse_tile_path(std::string_view path);

/// The tiles of one level in a tree.
struct TileRow {
    std::uint64_t full = 0;      ///< how many full tiles
    unsigned partial_width = 0;  ///< hashes in the last, partial one; 0: there is none
    auto operator<=>(const TileRow&) const = default;
};
/// A level without tiles gives {0, 0}, and so do all above it.
TileRow tile_row(unsigned level, std::uint64_t tree_size);

/// The hash tiles that a tree of `to` leaves has and one of `from` leaves has not, by level and
/// index; of a tile that grew, the wider form.
std::vector<TileId> tiles_between(std::uint64_t from, std::uint64_t to);

/// The tile of level 0, or the bundle, that holds leaf `index` in a tree of `tree_size` leaves, of
/// which it is one.
TileId tile_of_leaf(TileKind kind, std::uint64_t index, std::uint64_t tree_size);

/// `bytes` as exactly `width` hashes.
Result<std::vector<Hash>> parse_hash_tile(Bytes bytes, unsigned width);
ByteVector hash_tile_bytes(std::span<const Hash> hashes);

/// Appends length and entry; refuses entries over kEntryBytesMax.
Status append_to_bundle(ByteVector& bundle, Bytes entry);
/// Exactly `width` entries; views into `bundle`.
Result<std::vector<Bytes>> parse_bundle(Bytes bundle, unsigned width);

/// Where tiles lie.
class TileSource {
public:
    virtual ~TileSource() = default;
    /// Exactly the first `tile.width` hashes of the tile, 32 bytes each: a source that has a wider
    /// form answers from that. Nothing when there is no such tile.
    virtual Result<std::optional<ByteVector>> read_tile(const TileId& tile) = 0;
};

/// Hashes of complete subtrees out of the tiles of a tree of `tree_size` leaves. Keeps the tile
/// last used on each level. The source must outlive it.
class TileHashReader final : public HashReader {
public:
    TileHashReader(TileSource& source, std::uint64_t tree_size);
    Result<Hash> complete_hash(NodeId node) override;

private:
    /// Levels of tiles in the largest admissible tree.
    static constexpr unsigned kTileLevels = 8;
    struct Cached {
        std::optional<TileId> id;
        std::vector<Hash> hashes;
    };

    Result<const std::vector<Hash>*> tile_at(unsigned level, std::uint64_t index);

    TileSource& source_;
    std::uint64_t tree_size_;
    std::array<Cached, kTileLevels> cached_;
};

}  // namespace cairn::audit
