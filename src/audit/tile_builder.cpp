#include "audit/tile_builder.h"

#include <algorithm>

namespace cairn::audit {

Result<TileBuilder> TileBuilder::resume(TileSource& source, std::uint64_t tree_size) {
    TileBuilder builder;
    TileHashReader reader(source, tree_size);
    builder.tree_ = CAIRN_TRY(CompactTree::from_reader(reader, tree_size));
    for (unsigned level = 0; tile_row(level, tree_size) != TileRow{}; ++level) {
        const TileRow row = tile_row(level, tree_size);
        Edge edge;
        if (row.partial_width != 0) {
            const TileId id{TileKind::hashes, level, row.full, row.partial_width};
            const auto bytes = CAIRN_TRY(source.read_tile(id));
            if (!bytes) return fail(Errc::not_found, "{}: no such tile", path_of(id));
            edge.hashes = CAIRN_TRY(parse_hash_tile(*bytes, row.partial_width));
        }
        builder.edges_.push_back(std::move(edge));
    }
    return builder;
}

void TileBuilder::append(const Hash& leaf) {
    tree_.append(leaf, [this](NodeId node, const Hash& hash) {
        if (node.level % kTileHeight == 0) put(node, hash);
    });
}

void TileBuilder::put(NodeId node, const Hash& hash) {
    const unsigned level = node.level / kTileHeight;
    if (level == edges_.size()) edges_.emplace_back();
    Edge& edge = edges_[level];
    edge.hashes.push_back(hash);
    edge.changed = edge.hashes.size() < kTileWidth;
    if (edge.changed) return;
    const TileId id{TileKind::hashes, level, node.index / kTileWidth, kTileWidth};
    full_.push_back({id, std::move(edge.hashes)});
    edge.hashes.clear();
}

std::vector<Tile> TileBuilder::take_changed() {
    std::vector<Tile> tiles = std::move(full_);
    full_.clear();
    for (unsigned level = 0; level < edges_.size(); ++level) {
        Edge& edge = edges_[level];
        if (!edge.changed) continue;
        const TileRow row = tile_row(level, size());
        tiles.push_back({{TileKind::hashes, level, row.full, row.partial_width}, edge.hashes});
        edge.changed = false;
    }
    std::ranges::sort(tiles, {}, &Tile::id);
    return tiles;
}

}  // namespace cairn::audit
