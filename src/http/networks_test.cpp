#include "http/networks.h"

#include <gtest/gtest.h>

namespace cairn::http {
namespace {

using std::chrono::milliseconds;

constexpr NetworkLimits kLimits = {.connections_max = 2, .burst = 3, .rate = 10};

Network network(std::uint64_t prefix, bool is_ipv6 = false) {
    return {.prefix = prefix, .is_ipv6 = is_ipv6};
}

TEST(TokenBucket, GivesABurstThenItsRate) {
    TokenBucket bucket(2, 10);
    const Moment begin{std::chrono::hours(1)};
    EXPECT_TRUE(bucket.take(begin));
    EXPECT_TRUE(bucket.take(begin));
    EXPECT_FALSE(bucket.take(begin));
    EXPECT_FALSE(bucket.take(begin + milliseconds(90)));
    EXPECT_TRUE(bucket.take(begin + milliseconds(101)));
    EXPECT_FALSE(bucket.take(begin + milliseconds(102)));
    EXPECT_FALSE(bucket.take(begin));  // a clock that steps back gives nothing
    const Moment later = begin + std::chrono::hours(1);
    EXPECT_TRUE(bucket.take(later));
    EXPECT_TRUE(bucket.take(later));
    EXPECT_FALSE(bucket.take(later));
}

TEST(Networks, CountEachForItself) {
    Networks networks(kLimits);
    EXPECT_TRUE(networks.connect(network(1)));
    EXPECT_TRUE(networks.connect(network(1)));
    EXPECT_FALSE(networks.connect(network(1)));
    EXPECT_TRUE(networks.connect(network(1, true)));
    EXPECT_TRUE(networks.connect(network(2)));
    networks.disconnect(network(1));
    EXPECT_TRUE(networks.connect(network(1)));
    const Moment now{std::chrono::hours(1)};
    for (int request = 0; request < 3; ++request) EXPECT_TRUE(networks.take(network(1), now));
    EXPECT_FALSE(networks.take(network(1), now));
    EXPECT_TRUE(networks.take(network(2), now));
    EXPECT_FALSE(networks.take(network(9), now));
}

TEST(Networks, RememberWhoHasGoneForAWhile) {
    Networks networks(kLimits, 2);
    const Moment now{std::chrono::hours(1)};
    ASSERT_TRUE(networks.connect(network(1)));
    while (networks.take(network(1), now)) {
    }
    networks.disconnect(network(1));
    ASSERT_TRUE(networks.connect(network(1)));
    EXPECT_FALSE(networks.take(network(1), now));
    networks.disconnect(network(1));
    for (std::uint64_t other = 2; other < 100; ++other) {
        ASSERT_TRUE(networks.connect(network(other)));
        networks.disconnect(network(other));
        EXPECT_LE(networks.size(), 2U);
    }
    ASSERT_TRUE(networks.connect(network(1)));
    EXPECT_TRUE(networks.take(network(1), now));
}

}  // namespace
}  // namespace cairn::http
