#include "robustness/statistics.h"

#include <cmath>

#include <gtest/gtest.h>

namespace cairn::robustness {
namespace {

TEST(WilsonInterval, AgreesWithKnownValues) {
    // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    const Share first = share_of(81, 263);
    EXPECT_NEAR(first.low, 0.2553, 0.00005);
    EXPECT_NEAR(first.high, 0.3662, 0.00005);
    const Share second = share_of(15, 148);
    EXPECT_NEAR(second.low, 0.0624, 0.00005);
    EXPECT_NEAR(second.high, 0.1605, 0.00005);
    const Share none = share_of(0, 20);
    EXPECT_EQ(none.low, 0);
    EXPECT_NEAR(none.high, 0.1611, 0.00005);
    const Share one = share_of(1, 29);
    EXPECT_NEAR(one.low, 0.0061, 0.00005);
    EXPECT_NEAR(one.high, 0.1718, 0.00005);
}

TEST(WilsonInterval, IsSymmetricAndKnowsNothingFromNothing) {
    const Share few = share_of(3, 50);
    const Share many = share_of(47, 50);
    EXPECT_NEAR(few.low, 1 - many.high, 1e-12);
    EXPECT_NEAR(few.high, 1 - many.low, 1e-12);
    EXPECT_EQ(share_of(0, 0).low, 0);
    EXPECT_EQ(share_of(0, 0).high, 1);
    EXPECT_EQ(share_of(50, 50).high, 1);
}

TEST(Percentile, IsTheNearestRank) {
    EXPECT_EQ(percentile_of({}, 95), 0);
    EXPECT_EQ(percentile_of({5}, 95), 5);
    EXPECT_EQ(percentile_of({4, 1, 3, 2}, 50), 2);
    std::vector<std::uint16_t> hundred;
    for (std::uint16_t i = 100; i >= 1; --i) hundred.push_back(i);
    EXPECT_EQ(percentile_of(hundred, 95), 95);
    EXPECT_EQ(percentile_of(hundred, 100), 100);
    EXPECT_DOUBLE_EQ(mean_of(hundred), 50.5);
}

TEST(DistanceCounts, SumAndMerge) {
    DistanceCounts counts;
    EXPECT_EQ(counts.total(), 0U);
    EXPECT_EQ(counts.smallest(), 256);
    EXPECT_EQ(counts.mean(), 0);
    counts.add(31);
    counts.add(32, 2);
    DistanceCounts more;
    more.add(256);
    counts.add(more);
    EXPECT_EQ(counts.total(), 4U);
    EXPECT_EQ(counts.up_to(31), 1U);
    EXPECT_EQ(counts.up_to(32), 3U);
    EXPECT_EQ(counts.smallest(), 31);
    EXPECT_DOUBLE_EQ(counts.mean(), 87.75);
    EXPECT_NEAR(counts.deviation(), 97.14, 0.01);
}

TEST(Tail, FollowsAStraightLineToTheRadius) {
    // The share up to d is 10^((d - 128) / 10): at 31 that is 10^-9.7.
    DistanceCounts counts;
    double before = 0;
    for (int d = 40; d <= 128; ++d) {
        const double share = std::pow(10, (d - 128) / 10.0);
        counts.add(d, static_cast<std::uint64_t>(std::llround((share - before) * 1e12)));
        before = share;
    }
    const auto tail = fit_tail(counts, 20, 1e-4);
    ASSERT_TRUE(tail);
    EXPECT_EQ(tail->first, 40);
    EXPECT_EQ(tail->last, 88);
    EXPECT_NEAR(tail->decades_per_bit, 0.1, 1e-4);
    EXPECT_NEAR(tail->log10_at_radius, -9.7, 1e-2);
}

TEST(Tail, IsNotDrawnThroughTooLittle) {
    DistanceCounts counts;
    EXPECT_FALSE(fit_tail(counts, 20, 1e-4));
    counts.add(128, 1000);
    counts.add(90, 30);
    EXPECT_FALSE(fit_tail(counts, 20, 1e-4));
}

}  // namespace
}  // namespace cairn::robustness
