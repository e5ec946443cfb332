#include "audit/tile.h"

#include <algorithm>

#include "audit/lines.h"

namespace cairn::audit {
namespace {

constexpr unsigned kLevelMax = 63;
/// Seven groups of three digits hold any 64-bit index.
constexpr std::size_t kPathBytesMax = sizeof "tile/entries/" + 7 * sizeof "x000" + sizeof ".p/255";
constexpr std::string_view kRoot = "tile/";
constexpr std::string_view kEntries = "entries";
constexpr std::string_view kPartial = ".p/";

std::string index_text(std::uint64_t index) {
    std::string text = fmt::format("{:03}", index % 1000);
    for (index /= 1000; index != 0; index /= 1000) {
        text.insert(0, fmt::format("x{:03}/", index % 1000));
    }
    return text;
}

Error not_a_path(std::string_view why) {
    return fail(Errc::invalid_argument, "not the path of a tile: {}", why);
}

/// Takes what stands before the next slash, and the slash.
std::string_view take_component(std::string_view& path) {
    const std::string_view component = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), component.size() + 1));
    return component;
}

/// Lenient about the form of groups: the caller compares with the one right spelling.
Result<std::uint64_t> parse_index(std::string_view path) {
    std::uint64_t index = 0;
    while (!path.empty()) {
        std::string_view group = take_component(path);
        if (group.starts_with('x')) group.remove_prefix(1);
        std::uint64_t value = 0;
        for (const char c : group) {
            if (c < '0' || c > '9') {
                return not_a_path("the index has another character than digits");
            }
            value = value * 10 + static_cast<std::uint64_t>(c - '0');
        }
        if (group.size() != 3) return not_a_path("the index is not in groups of three digits");
        if (index > (kTreeSizeMax - value) / 1000) return not_a_path("the index is over 2^63");
        index = index * 1000 + value;
    }
    return index;
}

}  // namespace

std::string path_of(const TileId& tile) {
    const bool hashes = tile.kind == TileKind::hashes;
    std::string path = fmt::format(
        "{}{}/{}", kRoot, hashes ? std::to_string(tile.level) : kEntries, index_text(tile.index)
    );
    if (tile.width < kTileWidth) path += fmt::format("{}{}", kPartial, tile.width);
    return path;
}

Result<TileId> parse_tile_path(std::string_view path) {
    if (path.size() > kPathBytesMax) return not_a_path("too long");
    if (!path.starts_with(kRoot)) return not_a_path("it does not begin with tile/");
    std::string_view rest = path.substr(kRoot.size());
    TileId tile;
    const std::string_view level = take_component(rest);
    if (level == kEntries) {
        tile.kind = TileKind::entries;
    } else {
        const auto number = parse_decimal(level);
        if (!number || *number > kLevelMax) {
            return not_a_path("the level is not 0 to 63 or entries");
        }
        tile.level = static_cast<unsigned>(*number);
    }
    const auto partial = rest.find(kPartial);
    if (partial != std::string_view::npos) {
        const auto width = parse_decimal(rest.substr(partial + kPartial.size()));
        if (!width || *width == 0 || *width >= kTileWidth) {
            return not_a_path("the width is not 1 to 255");
        }
        tile.width = static_cast<unsigned>(*width);
        rest = rest.substr(0, partial);
    }
    tile.index = CAIRN_TRY(parse_index(rest));
    if (path_of(tile) != path) return not_a_path("another spelling of it is the right one");
    return tile;
}

TileRow tile_row(unsigned level, std::uint64_t tree_size) {
    if (level * kTileHeight >= 64) return {};
    const std::uint64_t hashes = tree_size >> (level * kTileHeight);
    return {hashes / kTileWidth, static_cast<unsigned>(hashes % kTileWidth)};
}

std::vector<TileId> tiles_between(std::uint64_t from, std::uint64_t to) {
    std::vector<TileId> tiles;
    for (unsigned level = 0;; ++level) {
        const TileRow old_row = tile_row(level, from);
        const TileRow row = tile_row(level, to);
        if (row == TileRow{}) return tiles;
        for (std::uint64_t index = old_row.full; index < row.full; ++index) {
            tiles.push_back({TileKind::hashes, level, index, kTileWidth});
        }
        if (row.partial_width != 0 && row != old_row) {
            tiles.push_back({TileKind::hashes, level, row.full, row.partial_width});
        }
    }
}

TileId tile_of_leaf(TileKind kind, std::uint64_t index, std::uint64_t tree_size) {
    const TileRow row = tile_row(0, tree_size);
    const std::uint64_t tile = index / kTileWidth;
    return {kind, 0, tile, tile < row.full ? kTileWidth : row.partial_width};
}

Result<std::vector<Hash>> parse_hash_tile(Bytes bytes, unsigned width) {
    if (bytes.size() != width * kHashBytes) {
        return fail(Errc::corrupt_data, "tile of {} bytes, {} hashes wanted", bytes.size(), width);
    }
    std::vector<Hash> hashes(width);
    for (Hash& hash : hashes) {
        std::copy_n(bytes.begin(), kHashBytes, hash.begin());
        bytes = bytes.subspan(kHashBytes);
    }
    return hashes;
}

ByteVector hash_tile_bytes(std::span<const Hash> hashes) {
    ByteVector bytes;
    bytes.reserve(hashes.size() * kHashBytes);
    for (const Hash& hash : hashes) bytes.insert(bytes.end(), hash.begin(), hash.end());
    return bytes;
}

Status append_to_bundle(ByteVector& bundle, Bytes entry) {
    if (entry.size() > kEntryBytesMax) {
        return fail(
            Errc::limit_exceeded, "entry of {} bytes: at most {}", entry.size(), kEntryBytesMax
        );
    }
    bundle.push_back(static_cast<std::uint8_t>(entry.size() >> 8U));
    bundle.push_back(static_cast<std::uint8_t>(entry.size()));
    bundle.insert(bundle.end(), entry.begin(), entry.end());
    return ok();
}

Result<std::vector<Bytes>> parse_bundle(Bytes bundle, unsigned width) {
    std::vector<Bytes> entries;
    ByteReader reader(bundle);
    while (!reader.at_end()) {
        if (entries.size() == width) {
            return fail(Errc::corrupt_data, "bundle has more than {} entries", width);
        }
        const Bytes length = CAIRN_TRY(reader.take(2));
        const Bytes entry = CAIRN_TRY(reader.take((std::size_t{length[0]} << 8U) | length[1]));
        entries.push_back(entry);
    }
    if (entries.size() != width) {
        return fail(Errc::corrupt_data, "bundle has {} of {} entries", entries.size(), width);
    }
    return entries;
}

TileHashReader::TileHashReader(TileSource& source, std::uint64_t tree_size)
    : source_(source), tree_size_(tree_size) {}

Result<const std::vector<Hash>*> TileHashReader::tile_at(unsigned level, std::uint64_t index) {
    const TileRow row = tile_row(level, tree_size_);
    const unsigned width = index < row.full ? kTileWidth : row.partial_width;
    const TileId id{TileKind::hashes, level, index, width};
    Cached& cached = cached_.at(level);
    if (cached.id != id) {
        const auto bytes = CAIRN_TRY(source_.read_tile(id));
        if (!bytes) return fail(Errc::not_found, "{}: no such tile", path_of(id));
        auto hashes = parse_hash_tile(*bytes, width);
        if (!hashes) return std::move(hashes).error().with_context(path_of(id));
        cached.hashes = *std::move(hashes);
        cached.id = id;
    }
    return &cached.hashes;
}

Result<Hash> TileHashReader::complete_hash(NodeId node) {
    if (node.level >= 63 || node.index >= tree_size_ >> node.level) {
        return fail(
            Errc::not_found,
            "no complete subtree {} on level {} in a log of {} entries",
            node.index,
            node.level,
            tree_size_
        );
    }
    const unsigned below = node.level % kTileHeight;
    const std::uint64_t first = node.index << below;
    const auto* hashes = CAIRN_TRY(tile_at(node.level / kTileHeight, first / kTileWidth));
    const auto begin = static_cast<std::size_t>(first % kTileWidth);
    if (below == 0) return (*hashes)[begin];
    return root_over(std::span(*hashes).subspan(begin, std::size_t{1} << below));
}

}  // namespace cairn::audit
