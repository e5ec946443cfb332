#include "api/rate_limit.h"

#include <gtest/gtest.h>

namespace cairn::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

access::UserId user(std::uint8_t last) {
    std::array<std::uint8_t, 16> bytes{};
    bytes.back() = last;
    return access::UserId::from_bytes(bytes);
}

TEST(UserRates, LetABurstThroughAndThenARate) {
    UserRates rates({.burst = 10, .per_second = 2});
    const UserRates::Clock::time_point start{seconds(1'000)};
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(rates.take(user(1), start)) << i;
    EXPECT_FALSE(rates.take(user(1), start));
    EXPECT_FALSE(rates.take(user(1), start + milliseconds(499)));
    EXPECT_TRUE(rates.take(user(1), start + milliseconds(999)));
    EXPECT_FALSE(rates.take(user(1), start + milliseconds(999)));
}

TEST(UserRates, CountEachUserAlone) {
    UserRates rates({.burst = 1, .per_second = 1});
    const UserRates::Clock::time_point start{seconds(1'000)};
    EXPECT_TRUE(rates.take(user(1), start));
    EXPECT_TRUE(rates.take(user(2), start));
    EXPECT_FALSE(rates.take(user(1), start));
}

TEST(UserRates, NeverGiveMoreThanTheBurst) {
    UserRates rates({.burst = 3, .per_second = 1});
    const UserRates::Clock::time_point start{seconds(1'000)};
    EXPECT_TRUE(rates.take(user(1), start));
    const auto later = start + seconds(3'600);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(rates.take(user(1), later));
    EXPECT_FALSE(rates.take(user(1), later));
}

}  // namespace
}  // namespace cairn::api
