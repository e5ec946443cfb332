#include "index/hamming_builder.h"

#include <gtest/gtest.h>

#include "index/bucket_statistics.h"
#include "index/code_sets_test.h"

namespace cairn::index {
namespace {

using testing::bytes_of;
using testing::Codes;

BandPlan linked_plan() {
    auto bands = testing::bands_of({{16, {16, 12, 1}}});
    for (std::size_t i = 1; i < bands.size(); i += 2) bands[i].link = Link::next_band;
    const auto plan = BandPlan::make(bands);
    EXPECT_TRUE(plan);
    return plan ? *plan : BandPlan();
}

TEST(HammingBuilder, GivesTheSameBytesForAnyNumberOfThreads) {
    const ByteVector codes = bytes_of(testing::uniform(3000, 1));
    const BandPlan plan = linked_plan();
    const auto wanted = build_bands(plan, codes);
    ASSERT_TRUE(wanted);
    for (const unsigned threads : {0U, 1U, 3U, 40U}) {
        ByteVector all;
        std::size_t bands = 0;
        const auto append = [&](Bytes band) -> Status {
            all.insert(all.end(), band.begin(), band.end());
            ++bands;
            return ok();
        };
        ASSERT_TRUE(build_bands(plan, codes, BuildOptions{threads}, append));
        EXPECT_EQ(all, *wanted);
        EXPECT_EQ(bands, 16U);
    }
}

TEST(HammingBuilder, RefusesCodesOutOfOrderOrTwice) {
    Codes codes = testing::uniform(10, 2);
    std::swap(codes[4], codes[5]);
    EXPECT_EQ(build_bands(linked_plan(), bytes_of(codes)).error().code, Errc::invalid_argument);
    codes = testing::uniform(10, 2);
    codes[6] = codes[5];
    EXPECT_EQ(build_bands(linked_plan(), bytes_of(codes)).error().code, Errc::invalid_argument);
    const ByteVector cut(33);
    EXPECT_EQ(build_bands(linked_plan(), cut).error().code, Errc::invalid_argument);
}

TEST(HammingBuilder, StopsWhenTheSinkFails) {
    const ByteVector codes = bytes_of(testing::uniform(10, 3));
    int calls = 0;
    const auto full = [&](Bytes) -> Status {
        ++calls;
        return fail(Errc::io, "disk full");
    };
    const auto status = build_bands(linked_plan(), codes, {}, full);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Errc::io);
    EXPECT_EQ(calls, 1);
}

TEST(HammingBuilder, VerifyFindsEveryChangedByte) {
    const ByteVector codes = bytes_of(testing::uniform(200, 4));
    const BandPlan plan = linked_plan();
    const auto built = build_bands(plan, codes);
    ASSERT_TRUE(built);
    EXPECT_TRUE(verify_tables({plan, codes, *built}));
    for (std::size_t at = 0; at < built->size(); at += built->size() / 50) {
        ByteVector bands = *built;
        bands[at] ^= 1U;
        const auto status = verify_tables({plan, codes, bands});
        ASSERT_FALSE(status) << at;
        EXPECT_EQ(status.error().code, Errc::corrupt_data);
    }
    EXPECT_FALSE(verify_tables({plan, codes, Bytes(*built).first(built->size() - 64)}));
    EXPECT_FALSE(verify_tables({BandPlan(), codes, *built}));
    EXPECT_TRUE(verify_tables({BandPlan(), codes, {}}));
    EXPECT_FALSE(verify_tables({BandPlan(), Bytes(codes).first(40), {}}));
}

BucketStatistics statistics_of(const Codes& codes) {
    const ByteVector bytes = bytes_of(codes);
    const BandPlan plan = linked_plan();
    const auto bands = build_bands(plan, bytes);
    EXPECT_TRUE(bands);
    const auto index = HammingIndex::open({plan, bytes, *bands});
    EXPECT_TRUE(index);
    return bucket_statistics(*index);
}

TEST(BucketStatistics, RandomCodesHaveSkewOne) {
    const auto statistics = statistics_of(testing::uniform(20'000, 5));
    EXPECT_NEAR(statistics.skew(), 1.0, 0.1);
    EXPECT_EQ(statistics.largest.size(), kLargestBuckets);
    EXPECT_LT(statistics.largest.front().postings, 40U);
}

TEST(BucketStatistics, NamesACodeOfTheFullestBucket) {
    const Codes codes = testing::alike_in(32, 48, 5000, 6);
    const auto statistics = statistics_of(codes);
    ASSERT_FALSE(statistics.largest.empty());
    EXPECT_EQ(statistics.largest.front().band, 2U);
    EXPECT_EQ(statistics.largest.front().postings, codes.size());
    EXPECT_GT(statistics.skew(), kSkewRefused / 10);
    for (std::size_t i = 1; i < statistics.largest.size(); ++i) {
        EXPECT_LE(statistics.largest[i].postings, statistics.largest[i - 1].postings);
    }
}

TEST(BucketStatistics, AreEmptyWithoutTables) {
    const ByteVector bytes = bytes_of(testing::uniform(10, 7));
    const auto index = HammingIndex::open({BandPlan(), bytes, {}});
    ASSERT_TRUE(index);
    EXPECT_EQ(bucket_statistics(*index).skew(), 0.0);
    EXPECT_TRUE(bucket_statistics(*index).largest.empty());
}

}  // namespace
}  // namespace cairn::index
