#include "audit/tile.h"

#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "audit/recursive_tree_test.h"
#include "audit/tile_builder.h"

namespace cairn::audit {
namespace {

using test::root_of;
using test::sample_leaves;

/// Tiles as a folder keeps them: the widest form of each.
class TileFolder final : public TileSource {
public:
    void put(const std::vector<Tile>& changed) {
        for (const Tile& tile : changed) {
            EXPECT_EQ(tile.hashes.size(), tile.id.width);
            tiles[{tile.id.level, tile.id.index}] = hash_tile_bytes(tile.hashes);
        }
    }
    Result<std::optional<ByteVector>> read_tile(const TileId& tile) override {
        ++reads;
        const auto found = tiles.find({tile.level, tile.index});
        if (found == tiles.end()) return std::optional<ByteVector>();
        ByteVector bytes = found->second;
        bytes.resize(std::min(bytes.size(), tile.width * kHashBytes));
        return std::optional(std::move(bytes));
    }

    std::map<std::pair<unsigned, std::uint64_t>, ByteVector> tiles;
    int reads = 0;
};

TEST(TilePath, IsThatOfTheSpecification) {
    EXPECT_EQ(path_of({TileKind::hashes, 0, 1'234'067, 256}), "tile/0/x001/x234/067");
    EXPECT_EQ(path_of({TileKind::hashes, 1, 0, 17}), "tile/1/000.p/17");
    EXPECT_EQ(path_of({TileKind::entries, 0, 5, 256}), "tile/entries/005");
    EXPECT_EQ(path_of({TileKind::entries, 0, 1000, 1}), "tile/entries/x001/000.p/1");
}

TEST(TilePath, RefusesOtherSpellings) {
    for (const char* path :
         {"",
          "tile",
          "tile/",
          "tile/0",
          "tile/0/",
          "tile/00/000",
          "tile/64/000",
          "tile/-1/000",
          "tile/0/0",
          "tile/0/0000",
          "tile/0/x000",
          "tile/0/x000/000",
          "tile/0/000/000",
          "tile/0/x001/x000",
          "tile/0/001/000",
          "tile/0/000/",
          "tile/0//000",
          "/tile/0/000",
          "tile/0/000.p/0",
          "tile/0/000.p/256",
          "tile/0/000.p/01",
          "tile/0/000.p/",
          "tile/0/000.p",
          "tile/0/000.p/1/",
          "tile/0/000.p/1.p/1",
          "tile/0/00a",
          "tile/0/ 00",
          "tile/0/+00",
          "tile/Entries/000",
          "tile/entries",
          "tile/0/x999/x999/x999/x999/x999/x999/999",
          "tile/0/x001/x000/x000/x000/x000/x000/x000/000",
          "tile/0/xx00"}) {
        EXPECT_FALSE(parse_tile_path(path)) << path;
    }
}

RC_GTEST_PROP(TilePath, ParseInvertsPathOf, ()) {
    TileId tile;
    tile.kind = *rc::gen::element(TileKind::hashes, TileKind::entries);
    if (tile.kind == TileKind::hashes) tile.level = *rc::gen::inRange(0U, 64U);
    tile.index = *rc::gen::inRange<std::uint64_t>(0, kTreeSizeMax) >> *rc::gen::inRange(0U, 63U);
    tile.width = *rc::gen::inRange(1U, 257U);
    const auto parsed = parse_tile_path(path_of(tile));
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(*parsed == tile);
}

TEST(TileRow, MatchesTheExampleOfTheSpecification) {
    EXPECT_EQ(tile_row(0, 70'000), (TileRow{273, 112}));
    EXPECT_EQ(tile_row(1, 70'000), (TileRow{1, 17}));
    EXPECT_EQ(tile_row(2, 70'000), (TileRow{0, 1}));
    EXPECT_EQ(tile_row(3, 70'000), (TileRow{}));
    EXPECT_EQ(tile_row(0, 256), (TileRow{1, 0}));
    EXPECT_EQ(tile_row(1, 256), (TileRow{0, 1}));
    EXPECT_EQ(tile_row(8, kTreeSizeMax), (TileRow{}));
    EXPECT_EQ(tile_row(63, kTreeSizeMax), (TileRow{}));
}

TEST(TilesBetween, NamesWhatIsNew) {
    using Tiles = std::vector<TileId>;
    const auto hashes = TileKind::hashes;
    EXPECT_EQ(tiles_between(0, 0), Tiles{});
    EXPECT_EQ(tiles_between(0, 3), (Tiles{{hashes, 0, 0, 3}}));
    EXPECT_EQ(tiles_between(3, 3), Tiles{});
    EXPECT_EQ(tiles_between(3, 256), (Tiles{{hashes, 0, 0, 256}, {hashes, 1, 0, 1}}));
    EXPECT_EQ(tiles_between(256, 257), (Tiles{{hashes, 0, 1, 1}}));
    EXPECT_EQ(tiles_between(0, 70'000).size(), 273U + 1 + 1 + 1 + 1);
}

TEST(TileOfLeaf, IsPartialOnlyAtTheEnd) {
    EXPECT_EQ(tile_of_leaf(TileKind::entries, 255, 300).width, 256U);
    EXPECT_EQ(tile_of_leaf(TileKind::entries, 256, 300), (TileId{TileKind::entries, 0, 1, 44}));
    EXPECT_EQ(tile_of_leaf(TileKind::hashes, 299, 512), (TileId{TileKind::hashes, 0, 1, 256}));
}

TEST(HashTile, HasExactlyItsWidth) {
    const auto hashes = sample_leaves(5);
    const ByteVector bytes = hash_tile_bytes(hashes);
    EXPECT_EQ(*parse_hash_tile(bytes, 5), hashes);
    EXPECT_FALSE(parse_hash_tile(bytes, 4));
    EXPECT_FALSE(parse_hash_tile(bytes, 6));
    EXPECT_FALSE(parse_hash_tile(Bytes(bytes).first(bytes.size() - 1), 5));
}

TEST(Bundle, HasLengthsOfTwoBytesHighFirst) {
    ByteVector bundle;
    const ByteVector entry(258, 'e');
    ASSERT_TRUE(append_to_bundle(bundle, entry));
    ASSERT_TRUE(append_to_bundle(bundle, {}));
    EXPECT_EQ(bundle.size(), 262U);
    EXPECT_EQ(bundle[0], 1);
    EXPECT_EQ(bundle[1], 2);
    const auto entries = parse_bundle(bundle, 2);
    ASSERT_TRUE(entries);
    EXPECT_EQ(as_text((*entries)[0]), as_text(entry));
    EXPECT_TRUE((*entries)[1].empty());
}

TEST(Bundle, RefusesLongEntriesAndWrongCounts) {
    ByteVector bundle;
    EXPECT_TRUE(append_to_bundle(bundle, ByteVector(65'535)));
    EXPECT_EQ(append_to_bundle(bundle, ByteVector(65'536)).error().code, Errc::limit_exceeded);
    EXPECT_TRUE(parse_bundle(bundle, 1));
    EXPECT_FALSE(parse_bundle(bundle, 0));
    EXPECT_FALSE(parse_bundle(bundle, 2));
    EXPECT_FALSE(parse_bundle(Bytes(bundle).first(bundle.size() - 1), 1));
    EXPECT_FALSE(parse_bundle(Bytes(bundle).first(1), 1));
    EXPECT_TRUE(parse_bundle({}, 0));
}

RC_GTEST_PROP(Bundle, ParseInvertsAppend, (const std::vector<ByteVector>& entries)) {
    ByteVector bundle;
    for (const ByteVector& entry : entries) RC_ASSERT(append_to_bundle(bundle, entry).has_value());
    const auto parsed = parse_bundle(bundle, static_cast<unsigned>(entries.size()));
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(parsed->size() == entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        RC_ASSERT(std::ranges::equal((*parsed)[i], entries[i]));
    }
}

TEST(TileBuilder, WritesTheTilesOfTheSpecification) {
    const auto leaves = sample_leaves(70'000);
    TileBuilder builder;
    TileFolder folder;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        builder.append(leaves[i]);
        if (i % 1000 == 999) folder.put(builder.take_changed());
    }
    EXPECT_TRUE(builder.take_changed().empty());
    EXPECT_EQ(folder.tiles.size(), 274U + 2 + 1);
    EXPECT_EQ((folder.tiles[{0, 273}].size()), 112 * kHashBytes);
    EXPECT_EQ((folder.tiles[{1, 1}].size()), 17 * kHashBytes);
    EXPECT_EQ((folder.tiles[{2, 0}].size()), 1 * kHashBytes);
    TileHashReader reader(folder, leaves.size());
    EXPECT_EQ(*root_at(reader, leaves.size()), builder.root());
    EXPECT_EQ(*reader.complete_hash({16, 0}), root_of(std::span(leaves).first(65'536)));
}

TEST(TileBuilder, SaysWhatTilesBetweenSays) {
    const auto leaves = sample_leaves(1500);
    TileBuilder builder;
    std::uint64_t before = 0;
    for (const std::size_t size : {1U, 2U, 255U, 256U, 257U, 511U, 512U, 700U, 1500U}) {
        while (builder.size() < size) builder.append(leaves[builder.size()]);
        std::vector<TileId> ids;
        for (const Tile& tile : builder.take_changed()) ids.push_back(tile.id);
        EXPECT_EQ(ids, tiles_between(before, size)) << size;
        before = size;
    }
}

TEST(TileBuilder, ResumesAtAnySize) {
    const auto leaves = sample_leaves(600);
    TileBuilder builder;
    TileFolder folder;
    for (std::size_t size = 0; size < leaves.size(); ++size) {
        auto resumed = TileBuilder::resume(folder, size);
        ASSERT_TRUE(resumed) << resumed.error().message;
        ASSERT_EQ(resumed->head(), builder.head());
        resumed->append(leaves[size]);
        builder.append(leaves[size]);
        folder.put(resumed->take_changed());
    }
    TileHashReader reader(folder, leaves.size());
    EXPECT_EQ(*root_at(reader, leaves.size()), root_of(leaves));
}

TEST(TileBuilder, RefusesToResumeOnMissingOrShortTiles) {
    TileBuilder builder;
    for (const Hash& leaf : sample_leaves(300)) builder.append(leaf);
    TileFolder folder;
    folder.put(builder.take_changed());
    ASSERT_TRUE(TileBuilder::resume(folder, 300));
    EXPECT_EQ(TileBuilder::resume(folder, 301).error().code, Errc::corrupt_data);
    folder.tiles.erase({0, 1});
    EXPECT_EQ(TileBuilder::resume(folder, 300).error().code, Errc::not_found);
}

TEST(TileHashReader, ProvesFromTilesAsFromTheTree) {
    const auto leaves = sample_leaves(1100);
    test::StoredTree stored(leaves);
    TileBuilder builder;
    for (const Hash& leaf : leaves) builder.append(leaf);
    TileFolder folder;
    folder.put(builder.take_changed());
    for (const std::size_t size : {1U, 2U, 255U, 256U, 257U, 300U, 768U, 1024U, 1100U}) {
        TileHashReader reader(folder, size);
        for (std::size_t m = 0; m < size; m += 13) {
            ASSERT_EQ(*inclusion_proof(reader, m, size), *inclusion_proof(stored, m, size));
            ASSERT_EQ(*consistency_proof(reader, m, size), *consistency_proof(stored, m, size));
        }
    }
}

TEST(TileHashReader, KeepsTheTileLastUsed) {
    TileBuilder builder;
    for (const Hash& leaf : sample_leaves(256)) builder.append(leaf);
    TileFolder folder;
    folder.put(builder.take_changed());
    TileHashReader reader(folder, 256);
    for (std::uint64_t i = 0; i < 256; ++i) ASSERT_TRUE(reader.complete_hash({0, i}));
    EXPECT_EQ(folder.reads, 1);
}

TEST(TileHashReader, RefusesWhatIsNotComplete) {
    TileFolder folder;
    TileHashReader reader(folder, 300);
    EXPECT_EQ(reader.complete_hash({0, 300}).error().code, Errc::not_found);
    EXPECT_EQ(reader.complete_hash({8, 1}).error().code, Errc::not_found);
    EXPECT_EQ(reader.complete_hash({63, 0}).error().code, Errc::not_found);
    EXPECT_EQ(reader.complete_hash({200, 0}).error().code, Errc::not_found);
    EXPECT_EQ(reader.complete_hash({0, 0}).error().code, Errc::not_found);
}

}  // namespace
}  // namespace cairn::audit
