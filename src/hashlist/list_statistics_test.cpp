#include "hashlist/list_statistics.h"

#include <random>

#include <gtest/gtest.h>

#include "base/hex.h"
#include "hashlist/list_store.h"
#include "support/temp_dir.h"

namespace cairn::hashlist {
namespace {

using fingerprint::PdqCode;

crypto::SecretKey key() {
    std::array<std::uint8_t, crypto::SecretKey::kSize> bytes{};
    bytes.fill(8);
    return crypto::SecretKey::from_bytes(bytes);
}

PdqCode random_code(std::mt19937_64& random) {
    return {{random(), random(), random(), random()}};
}

PdqCode flipped(PdqCode code, int bits, std::mt19937_64& random) {
    for (int i = 0; i < bits; ++i) {
        const auto bit = random() % 256;
        code.words[bit / 64] ^= std::uint64_t{1} << (bit % 64);
    }
    return code;
}

/// Rows `pdq,quality`, each with an MD5 of its own.
class PdqRows {
public:
    void add(const PdqCode& code, const std::string& quality) {
        const auto md5 = crypto::digest(as_bytes(fmt::format("file {}", count_++))).md5;
        text_ += fmt::format("{},{},{}\n", hex_encode(md5), to_hex(code), quality);
    }

    ImportReport import(const test::TempDir& dir, ListStore& store) const {
        ImportOptions options;
        options.files = {dir.write("a.csv", text_)};
        options.name = "set";
        options.scheme = "us-2.0";
        options.category = "1";
        const auto report = store.import(options);
        EXPECT_TRUE(report) << report.error().message;
        return report ? *report : ImportReport();
    }

private:
    std::string text_ = "md5,pdq,quality\n";
    std::size_t count_ = 0;
};

TEST(ListStatistics, CountGroupsAndBuckets) {
    const test::TempDir dir;
    const auto store = *ListStore::open(dir / "lists", key());
    std::mt19937_64 random(1);
    PdqRows rows;
    for (int i = 0; i < 3'000; ++i) rows.add(random_code(random), "80");
    const PdqCode middle = random_code(random);
    rows.add(middle, "80");
    for (int i = 0; i < 4; ++i) rows.add(flipped(middle, 3, random), "80");
    rows.add(PdqCode{}, "80");            // degenerate
    rows.add(random_code(random), "20");  // low quality
    rows.add(PdqCode{{1, 2, 3, 4}}, "");  // degenerate
    ASSERT_EQ(rows.import(dir, *store).list.entries, 3'008U);
    const auto statistics = store->statistics("set");
    ASSERT_TRUE(statistics) << statistics.error().message;
    EXPECT_EQ(statistics->entries, 3'008U);
    EXPECT_EQ(statistics->pdq_codes, 3'005U);
    EXPECT_EQ(statistics->pdq_quarantined, 0U);
    EXPECT_EQ(statistics->pdq_refused, 3U);
    EXPECT_TRUE(statistics->all_asked());
    EXPECT_EQ(statistics->groups, 1U);
    EXPECT_EQ(statistics->codes_in_largest_group, 5U);
    EXPECT_EQ(statistics->codes_with_neighbours, 5U);
    EXPECT_EQ(statistics->largest_neighbourhood, 5U);
    EXPECT_FALSE(statistics->largest_buckets.empty());
    EXPECT_GT(statistics->candidates_uniform, 0);
    EXPECT_LT(statistics->skew(), 2);
    EXPECT_EQ(store->statistics("none").error().code, Errc::not_found);
}

TEST(ListStatistics, AreEmptyWithoutPictures) {
    const test::TempDir dir;
    const auto store = *ListStore::open(dir / "lists", key());
    ImportOptions options;
    options.files = {dir.write("a.txt", hex_encode(crypto::digest(as_bytes("file")).md5) + "\n")};
    options.name = "set";
    options.kind = ListKind::ignore;
    ASSERT_TRUE(store->import(options));
    const auto statistics = store->statistics("set");
    ASSERT_TRUE(statistics);
    EXPECT_EQ(statistics->entries, 1U);
    EXPECT_EQ(statistics->codes_asked, 0U);
    EXPECT_EQ(statistics->skew(), 0);
}

TEST(Import, QuarantinesCrowdsOfUnknownQuality) {
    const test::TempDir dir;
    const auto store = *ListStore::open(dir / "lists", key());
    std::mt19937_64 random(2);
    PdqRows rows;
    // Codes whose bits are evenly set, as those of pictures are.
    const PdqCode half{
        {0x5716'bc8e'788e'b51e,
         0xac74'c8e6'44ab'0f61,
         0x26f1'dd28'fc99'f98d,
         0xa45e'8476'806e'6689}};
    for (int i = 0; i < 30; ++i) rows.add(flipped(half, 3, random), "");
    const PdqCode vouched = fingerprint::complement(half);
    for (int i = 0; i < 30; ++i) rows.add(flipped(vouched, 3, random), "90");
    const ImportReport report = rows.import(dir, *store);
    EXPECT_EQ(report.warnings.at("crowded_pdq"), 30U);
    EXPECT_EQ(report.list.pdq_quarantined, 30U);
    EXPECT_EQ(report.list.entries, 60U);
    const auto index = *store->load("set");
    EXPECT_TRUE(index->find(half, 31).empty());
    EXPECT_EQ(index->find(vouched, 31).size(), 30U);
    EXPECT_EQ(index->find(crypto::digest(as_bytes("file 3"))).size(), 1U);
    EXPECT_TRUE(store->verify("set"));
    // With fewer of them left they are searched again, after the merge.
    std::string withdraw;
    for (int i = 0; i < 20; ++i) {
        withdraw += hex_encode(crypto::digest(as_bytes(fmt::format("file {}", i))).md5) + "\n";
    }
    UpdateOptions update;
    update.name = "set";
    update.withdraw = {dir.write("w.txt", withdraw)};
    ASSERT_TRUE(store->update(update));
    ASSERT_TRUE(*store->merge("set"));
    EXPECT_EQ(store->info("set")->pdq_quarantined, 0U);
    EXPECT_EQ((*store->load("set"))->find(half, 31).size(), 10U);
}

// A source that floods a list with one code slows neither import nor queries.
TEST(Import, IsNotSlowedByTwoHundredThousandEqualCodes) {
    for (const auto& [quality, entries] : {std::pair{"", 200'000}, {"90", 5'000}}) {
        const test::TempDir dir;
        const auto store = *ListStore::open(dir / "lists", key());
        const PdqCode code = *fingerprint::pdq_from_hex(
            "5716bc8e788eb51eac74c8e644ab0f6126f1dd28fc99f98da45e8476806e6689"
        );
        PdqRows rows;
        for (int i = 0; i < entries; ++i) rows.add(code, quality);
        const ImportReport report = rows.import(dir, *store);
        const auto count = static_cast<std::uint64_t>(entries);
        EXPECT_EQ(report.list.pdq_quarantined, count);
        EXPECT_EQ(report.list.entries, count);
        const auto index = *store->load("set");
        EXPECT_TRUE(index->find(code, 31).empty());
        EXPECT_EQ(index->find(crypto::digest(as_bytes("file 7"))).size(), 1U);
    }
}

}  // namespace
}  // namespace cairn::hashlist
