#include "identity/housekeeping.h"

#include <thread>

#include <gtest/gtest.h>

#include "access/cases.h"
#include "identity/api_key.h"
#include "identity/gate_world_test.h"
#include "identity/invitation.h"
#include "identity/openid_attempt.h"

namespace cairn::identity {
namespace {

using namespace std::chrono_literals;
using access::Role;
using access::UserState;

class AnyHousekeeping : public test::AnyGateWorld {
protected:
    /// One of each thing that will be over.
    void furnish() {
        const Account guest = add(*agency_, "guest", UserState::invited, Role::analyst);
        const Account robot = add(*agency_, "robot", UserState::active, Role::service);
        world_.done([&]() -> Status {
            CAIRN_TRY(world_.sessions->begin(account().user, Stage::code_wanted, {}));
            LockOut lock_out(*world_.records, clock(), {});
            CAIRN_TRY(lock_out.take_attempt({1}));
            CAIRN_TRY(Invitations(*world_.records, clock()).issue(guest.user, TokenKind::invitation)
            );
            CAIRN_TRY(OpenidAttempts(*world_.records, clock())
                          .begin("https://id.example.org", OpenidSecrets::random(), {}));
            const ApiKey key{
                .id = crypto::random_id<ApiKeyId>(),
                .user = robot.user,
                .name = "scans",
                .created_by = boss_.user,
                .expires = clock().now() + 24h,
            };
            CAIRN_TRY(insert_api_key(*world_.records, *world_.keys, robot, key, {}));
            return access::store_once(*world_.records, account().user, {}, {}, clock().now());
        });
        open_break_glass();
    }
    void open_break_glass() {
        access::Cases cases(*gate_);
        const auto id = test::value_of(cases.open(
            actor_of(account()),
            {.purpose = access::Purpose::investigation},
            {.title = "Somebody else's"}
        ));
        const Account analyst = add(*agency_, "analyst", UserState::active, Role::analyst);
        access::BreakGlasses glasses(*gate_, {});
        test::value_of(glasses.open(
            actor_of(analyst),
            {.purpose = access::Purpose::danger_to_life},
            id,
            "A child said today that he will be there tonight."
        ));
    }
    HousekeepingReport keep() { return keep_house(*gate_, {}, {}); }
    static std::size_t total(const HousekeepingReport& report) {
        return report.sessions + report.lock_outs + report.invitations + report.openid_attempts +
               report.api_keys + report.once + report.escalated;
    }
};

INSTANTIATE_TEST_SUITE_P(
    Engines, AnyHousekeeping, cairn::test::kEngines, cairn::test::name_of_engine
);

TEST_P(AnyHousekeeping, TakesAwayWhatIsOverAndNothingBefore) {
    furnish();
    EXPECT_EQ(total(keep()), 0U);
    clock().advance(8 * 24h);
    const HousekeepingReport report = keep();
    EXPECT_TRUE(report.failures.empty());
    EXPECT_EQ(report.sessions, 1U);
    EXPECT_EQ(report.lock_outs, 1U);
    EXPECT_EQ(report.invitations, 1U);
    EXPECT_EQ(report.openid_attempts, 1U);
    EXPECT_EQ(report.api_keys, 1U);
    EXPECT_EQ(report.once, 1U);
    EXPECT_EQ(report.escalated, 1U);
    EXPECT_EQ(total(keep()), 0U);
}

TEST_P(AnyHousekeeping, WhatFailsDoesNotHinderTheOthers) {
    furnish();
    clock().advance(8 * 24h);
    test::value_of(world_.records->execute("ALTER TABLE invitation RENAME TO gone"));
    const HousekeepingReport report = keep();
    ASSERT_EQ(report.failures.size(), 1U);
    EXPECT_EQ(report.failures[0].message.find("sweeping invitations: "), 0U)
        << report.failures[0].message;
    EXPECT_EQ(total(report), 6U);
    test::value_of(world_.records->execute("ALTER TABLE gone RENAME TO invitation"));
    EXPECT_EQ(keep().invitations, 1U);
}

TEST_P(AnyHousekeeping, TwoServersAtOnceDoEachThingOnce) {
    furnish();
    test::World other(place_.location(), master_);
    const auto gate = test::value_of(access::Gate::open({
        .records = *other.records,
        .keys = *other.keys,
        .log = *other.log,
        .clock = other.clock,
        .record = [](const audit::Entry&) { return ok(); },
        .witnessed = {},
    }));
    clock().advance(8 * 24h);
    other.clock.advance(8 * 24h);
    HousekeepingReport theirs;
    std::thread thread([&] { theirs = keep_house(*gate, {}, {}); });
    const HousekeepingReport ours = keep();
    thread.join();
    EXPECT_TRUE(ours.failures.empty());
    EXPECT_TRUE(theirs.failures.empty());
    EXPECT_EQ(total(ours) + total(theirs), 7U);
}

}  // namespace
}  // namespace cairn::identity
