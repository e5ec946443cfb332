#include "identity/lock_out.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "identity/world_test.h"

namespace cairn::identity {
namespace {

using namespace std::chrono_literals;

const crypto::Tag256 kSubject = {1};
const crypto::Tag256 kNetwork = {2};

class AnyLockOut : public test::AnyWorld {
protected:
    bool attempt(const crypto::Tag256& subject = kSubject) {
        return world_.within<bool>([&] { return lock_out_.take_attempt(subject); });
    }
    bool network_attempt(const crypto::Tag256& network = kNetwork) {
        return world_.within<bool>([&] { return lock_out_.take_network_attempt(network); });
    }

    LockOut lock_out_{*world_.records, clock(), {}};
};

INSTANTIATE_TEST_SUITE_P(Engines, AnyLockOut, cairn::test::kEngines, cairn::test::name_of_engine);

TEST(LockOut, TheDelayDoublesUpToADay) {
    const std::chrono::microseconds expected[] = {
        0min,
        0min,
        0min,
        0min,
        0min,
        10min,
        20min,
        40min,
        80min,
        160min,
        320min,
        640min,
        1280min,
        24h,
        24h};
    for (std::size_t failures = 0; failures < std::size(expected); ++failures) {
        EXPECT_EQ(delay_after(static_cast<std::int64_t>(failures), {}), expected[failures]);
    }
    EXPECT_EQ(delay_after(1'000'000'000'000, {}), 24h);
}

TEST_P(AnyLockOut, FiveFailuresLockForTenMinutes) {
    for (std::int64_t i = 0; i < LockOutLimits{}.failures_max; ++i) EXPECT_TRUE(attempt());
    EXPECT_FALSE(attempt());
    EXPECT_TRUE(attempt({9})) << "nobody else is locked";
    clock().advance(10min - 1us);
    EXPECT_FALSE(attempt());
    clock().advance(1us);
    EXPECT_TRUE(attempt());
    clock().advance(20min - 1us);
    EXPECT_FALSE(attempt());
    clock().advance(1us);
    EXPECT_TRUE(attempt());
}

TEST_P(AnyLockOut, SuccessForgetsFailures) {
    for (std::int64_t i = 0; i < LockOutLimits{}.failures_max; ++i) EXPECT_TRUE(attempt());
    world_.done([&] { return lock_out_.succeeded(kSubject); });
    for (std::int64_t i = 0; i < LockOutLimits{}.failures_max; ++i) EXPECT_TRUE(attempt());
    EXPECT_FALSE(attempt());
}

TEST_P(AnyLockOut, ADayWithoutFailuresForgetsThem) {
    for (std::int64_t i = 0; i < LockOutLimits{}.failures_max; ++i) EXPECT_TRUE(attempt());
    clock().advance(10min + 24h);
    for (std::int64_t i = 0; i < LockOutLimits{}.failures_max; ++i) EXPECT_TRUE(attempt());
    EXPECT_FALSE(attempt());
}

TEST_P(AnyLockOut, ANetworkFailsThirtyTimesAndThenTwelveTimesAnHour) {
    for (int i = 0; i < kNetworkFailuresMax; ++i) EXPECT_TRUE(network_attempt());
    EXPECT_FALSE(network_attempt());
    EXPECT_TRUE(network_attempt({9})) << "no other network is";
    clock().advance(5min);
    EXPECT_TRUE(network_attempt());
    EXPECT_FALSE(network_attempt());
    world_.done([&] { return lock_out_.return_network_attempt(kNetwork); });
    EXPECT_TRUE(network_attempt()) << "what succeeded does not count";
    clock().advance(30 * 5min);
    for (int i = 0; i < kNetworkFailuresMax; ++i) EXPECT_TRUE(network_attempt());
}

TEST_P(AnyLockOut, SweepsWhatNoLongerCounts) {
    EXPECT_TRUE(attempt());
    EXPECT_TRUE(network_attempt());
    const auto sweep = [&] {
        return world_.within<std::size_t>([&] { return lock_out_.sweep(); });
    };
    EXPECT_EQ(sweep(), 0U);
    clock().advance(5min + 1us);
    EXPECT_EQ(sweep(), 1U);
    clock().advance(48h);
    EXPECT_EQ(sweep(), 1U);
}

/// What the rule says, without records.
struct Model {
    LockOutLimits limits{};
    std::int64_t failures = 0;
    UtcTime last{};

    bool attempt(UtcTime now) {
        const auto delay = delay_after(failures, limits);
        if (failures >= limits.failures_max && now < last + delay) return false;
        if (failures > 0 && now >= last + delay + 24h) failures = 0;
        ++failures;
        last = now;
        return true;
    }
};

RC_GTEST_PROP(LockOut, FollowsTheRuleWhateverHappens, ()) {
    const cairn::test::Records place(db::Engine::sqlite);
    test::World world(place.location(), crypto::SecretKey::random());
    const LockOutLimits limits{
        .failures_max = *rc::gen::inRange(1, 8),
        .first_delay = std::chrono::minutes(*rc::gen::inRange(10, 100)),
    };
    LockOut lock_out(*world.records, world.clock, limits);
    Model model{.limits = limits};
    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 60));
    for (const int step : steps) {
        if (step == 0) {
            world.done([&] { return lock_out.succeeded(kSubject); });
            model = {.limits = limits};
        } else if (step < 30) {
            const bool taken = world.within<bool>([&] { return lock_out.take_attempt(kSubject); });
            RC_ASSERT(taken == model.attempt(world.clock.now()));
        } else {
            world.clock.advance(std::chrono::minutes(step < 50 ? step - 29 : (step - 49) * 200));
        }
    }
}

}  // namespace
}  // namespace cairn::identity
