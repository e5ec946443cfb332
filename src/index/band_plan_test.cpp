#include "index/band_plan.h"

#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "index/code.h"
#include "index/code_sets_test.h"

namespace cairn::index {
namespace {

using testing::bands_of;

std::vector<Band> sixteen() {
    return bands_of({{16, {16, 16, 1}}});
}

void expect_refused(const std::vector<Band>& bands, std::string_view reason) {
    const auto plan = BandPlan::make(bands);
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().code, Errc::invalid_argument);
    EXPECT_NE(plan.error().message.find(reason), std::string::npos) << plan.error().message;
}

TEST(BandPlan, TakesPlansThatCoverRadius31) {
    EXPECT_TRUE(BandPlan::make(sixteen()));
    EXPECT_TRUE(BandPlan::make(bands_of({{1, {24, 16, 2}}, {1, {8, 8, 0}}, {14, {16, 9, 1}}})));
    EXPECT_TRUE(BandPlan::make(bands_of({{8, {32, 18, 3}}})));
    EXPECT_TRUE(BandPlan::make(bands_of({{10, {23, 18, 2}}, {1, {26, 18, 1}}})));
}

TEST(BandPlan, RefusesPlansThatCouldLoseAHit) {
    auto bands = sixteen();
    bands[3].threshold = 0;
    expect_refused(bands, "within 30, not 31");
    bands[3].threshold = 2;
    expect_refused(bands, "within 32, not 31");
    bands = sixteen();
    bands.pop_back();
    expect_refused(bands, "240");
    expect_refused({}, "0");
}

TEST(BandPlan, RefusesWhatTheTablesCannotHold) {
    auto bands = sixteen();
    bands[5].key_bits = 17;
    expect_refused(bands, "band 5");
    bands[5].key_bits = 0;
    expect_refused(bands, "band 5");
    expect_refused(bands_of({{8, {32, 15, 3}}}), "16 bits behind the key");
    expect_refused(bands_of({{8, {32, 27, 3}}}), "27 bits");
    expect_refused(bands_of({{7, {32, 20, 3}}, {1, {32, 20, 4}}}), "threshold 4");
    expect_refused(bands_of({{32, {8, 8, 0}}}), "16 bits behind the key");
}

TEST(BandPlan, RefusesLinksThatLeadNowhere) {
    auto bands = sixteen();
    bands[0].link = Link::next_band;
    expect_refused(bands, "band 0");
    bands = bands_of({{8, {32, 20, 3, Link::code}}});
    bands[2].link = Link::next_band;  // 12 bits of its own leave 4 for a key of 20
    expect_refused(bands, "band 2");
}

TEST(BandPlan, ForCodesIsValidAndWithinTheBudget) {
    EXPECT_TRUE(BandPlan::for_codes(0).empty());
    EXPECT_TRUE(BandPlan::for_codes(kScanCodesMax - 1).empty());
    for (std::uint64_t codes = kScanCodesMax; codes < 1'000'000'000; codes += codes / 3) {
        const BandPlan plan = BandPlan::for_codes(codes);
        const std::span<const Band> bands = plan.bands();
        EXPECT_TRUE(BandPlan::make({bands.begin(), bands.end()})) << codes;
    }
    const auto bytes_per_code = [](std::uint64_t codes) {
        const std::uint64_t tables = bands_bytes(BandPlan::for_codes(codes), codes);
        return static_cast<double>(tables) / static_cast<double>(codes) + kCodeBytes;
    };
    EXPECT_LE(bytes_per_code(1'000'000), 150);
    EXPECT_LE(bytes_per_code(10'000'000), 100);
    EXPECT_LE(bytes_per_code(100'000'000), 100);
}

TEST(BandPlan, ThresholdsCoverTheRadiusAndNoMore) {
    for (const auto& bands :
         {sixteen(),
          bands_of({{8, {32, 18, 3}}}),
          bands_of({{10, {23, 18, 2}}, {1, {26, 18, 1}}})}) {
        const auto plan = BandPlan::make(bands);
        ASSERT_TRUE(plan);
        const Thresholds all = thresholds_of(*plan);
        for (int radius = 0; radius <= kTableRadius; ++radius) {
            const auto& thresholds = all.at(static_cast<std::size_t>(radius));
            int covered = 0;
            for (std::size_t i = 0; i < bands.size(); ++i) {
                EXPECT_GE(thresholds[i], -1);
                EXPECT_LE(thresholds[i], bands[i].threshold);
                covered += thresholds[i] + 1;
            }
            EXPECT_EQ(covered, radius + 1);
        }
    }
}

TEST(BandPlan, LayoutPutsTablesApart) {
    for (std::uint64_t codes : {0U, 1U, 31U, 5'000'000U}) {
        const BandPlan plan = BandPlan::for_codes(5'000'000);
        std::uint64_t at = 0;
        for (const BandLayout& band : layout_of(plan, codes)) {
            EXPECT_EQ(band.starts, at);
            EXPECT_EQ(band.starts % 64 + band.links % 64 + band.residuals % 64, 0U);
            EXPECT_GE(band.links, band.starts + 4 * ((1U << 16U) + 1));
            EXPECT_GE(band.residuals, at == 0 ? band.links : band.links + codes * 2);
            EXPECT_GE(band.end, band.residuals + codes * 2 + kReadableBytes);
            at = band.end;
        }
        EXPECT_EQ(bands_bytes(plan, codes), at);
    }
}

TEST(BandPlan, CountsProbes) {
    EXPECT_EQ(probes_of(16, -1), 0U);
    EXPECT_EQ(probes_of(16, 0), 1U);
    EXPECT_EQ(probes_of(16, 1), 17U);
    EXPECT_EQ(probes_of(18, 2), 172U);
    EXPECT_EQ(probes_of(28, 3), 3683U);
    EXPECT_EQ(probes_of(2, 3), 4U);
}

// The lemma that BlockSearch rests on, for thresholds of -1 too.
TEST(BandPlan, SomeBandBeginsARunThatStaysBelowZero) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 20'000; ++round) {
        std::vector<int> excess(2 + random() % 31);  // differences less (threshold + 1)
        int total = 0;
        for (int& one : excess) total += one = static_cast<int>(random() % 9) - 4;
        if (total >= 0) continue;
        bool found = false;
        for (std::size_t first = 0; first < excess.size() && !found; ++first) {
            int sum = 0;
            found = true;
            for (std::size_t i = 0; i < excess.size() && found; ++i) {
                found = (sum += excess[(first + i) % excess.size()]) < 0;
            }
        }
        EXPECT_TRUE(found);
    }
}

}  // namespace
}  // namespace cairn::index
