#include "access/once.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/world_test.h"

namespace cairn::access {
namespace {

using test::expect_done;
using test::for_purpose;
using test::value_of;
using testing::ElementsAre;

class AnyOnce : public test::AnyWorld {
protected:
    static Once once(std::string_view key, std::string_view request) {
        return {.key = crypto::sha256(as_bytes(key)), .request = crypto::sha256(as_bytes(request))};
    }
    Ground ground(const Once& once) {
        Ground ground = for_purpose(Purpose::investigation);
        ground.once = once;
        return ground;
    }
    Result<CaseId> open(const Actor& actor, const Once& once) {
        return cases_.open(actor, ground(once), {.title = "Harbour"});
    }
    std::int64_t cases() {
        return value_of(cases_.count(chief_, for_purpose(Purpose::investigation)));
    }

    AgencyId agency_ = world_.add_agency("Agency A");
    Actor chief_ = world_.add_user(agency_, "chief", {Role::supervisor, Role::administrator});
    Actor user_ = world_.add_user(agency_, "user", {Role::investigator});
    Cases cases_{world_.gate()};
};

INSTANTIATE_TEST_SUITE_P(Engines, AnyOnce, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(AnyOnce, TheSameRequestUnderTheSameKeyIsDoneOnce) {
    const Once first = once("key", "request");
    const CaseId id = value_of(open(user_, first));
    const auto again = open(user_, first);
    EXPECT_EQ(again.error().code, Errc::conflict);
    EXPECT_EQ(again.error().reason, "already_done");
    EXPECT_EQ(world_.last_recorded().reason, "already_done");
    EXPECT_EQ(cases(), 1);
    EXPECT_THAT(
        value_of(world_.gate().done_before(user_, first)), ElementsAre("case:" + id.text())
    );
}

TEST_P(AnyOnce, TheKeyStandsForOneRequestOfOneUser) {
    value_of(open(user_, once("key", "request")));
    const auto other = open(user_, once("key", "another request"));
    EXPECT_EQ(other.error().code, Errc::conflict);
    EXPECT_EQ(other.error().reason, "key_reused");
    EXPECT_EQ(
        world_.gate().done_before(user_, once("key", "another request")).error().reason,
        "key_reused"
    );
    EXPECT_EQ(
        world_.gate().done_before(chief_, once("key", "request")).error().code, Errc::not_found
    );
    EXPECT_TRUE(open(chief_, once("key", "request"))) << "others have keys of their own";
    EXPECT_TRUE(open(user_, once("another key", "request")));
    EXPECT_EQ(cases(), 3);
}

TEST_P(AnyOnce, WhatFailedMayBeTriedAgain) {
    const Once one = once("key", "request");
    EXPECT_FALSE(cases_.open(user_, ground(one), {.title = ""}));
    EXPECT_EQ(world_.gate().done_before(user_, one).error().code, Errc::not_found);
    EXPECT_TRUE(open(user_, one));
}

TEST_P(AnyOnce, IsForgottenAfterADay) {
    const Once one = once("key", "request");
    const auto sweep = [&] {
        std::size_t swept = 0;
        value_of(world_.records().transaction([&]() -> Status {
            swept = CAIRN_TRY(sweep_once(world_.records(), world_.clock().now()));
            return ok();
        }));
        return swept;
    };
    value_of(open(user_, one));
    world_.clock().advance(kOnceRemembered - std::chrono::microseconds(1));
    EXPECT_EQ(sweep(), 0U);
    EXPECT_EQ(open(user_, one).error().reason, "already_done");
    world_.clock().advance(std::chrono::microseconds(1));
    EXPECT_TRUE(open(user_, once("key", "another request"))) << "in place of the old one";
    EXPECT_EQ(sweep(), 0U);
    world_.clock().advance(kOnceRemembered);
    EXPECT_EQ(sweep(), 1U);
}

TEST_P(AnyOnce, AnApprovalThatWasUsedDoesNotHideThatItWasDone) {
    const Actor other = world_.add_user(agency_, "other", {Role::administrator});
    Approvals approvals(world_.gate(), {});
    Ground ground = for_purpose(Purpose::administration);
    ground.approval = value_of(approvals.request(
        chief_,
        ground,
        {.operation = OperationId::agency_add,
         .parameters = test::World::agency_parameters("Agency C"),
         .reason = "they join"}
    ));
    expect_done(approvals.approve(other, for_purpose(Purpose::administration), *ground.approval));
    ground.once = once("key", "request");
    const AgencyId id = value_of(world_.add_agency(chief_, ground, "Agency C", Profile::police));
    const auto again = world_.add_agency(chief_, ground, "Agency C", Profile::police);
    EXPECT_EQ(again.error().reason, "already_done");
    EXPECT_THAT(
        value_of(world_.gate().done_before(chief_, *ground.once)),
        ElementsAre("agency:" + id.text())
    );
}

TEST_P(AnyOnce, EveryCreationTellsWhatItMade) {
    People people(world_.gate());
    Authorities authorities(world_.gate(), {});
    BreakGlasses glasses(world_.gate(), {});
    const auto made = [&](const Actor& actor, const Once& one) {
        return value_of(world_.gate().done_before(actor, one)).back();
    };
    const Once one = once("1", "");
    Ground administration = for_purpose(Purpose::administration);
    administration.once = one;
    const UserId user = value_of(people.add_user(
        chief_, administration, {.login = "new", .name = "New", .roles = {Role::analyst}}
    ));
    EXPECT_EQ(made(chief_, one), "user:" + user.text());
    const Once two = once("2", "");
    const AuthorityId authority = value_of(authorities.draft(
        user_, ground(two), test::terms_for({AuthorityAct::share}, world_.clock().now())
    ));
    EXPECT_EQ(made(user_, two), "authority:" + authority.text());
    const CaseId case_id = value_of(open(user_, once("3", "")));
    Ground danger = for_purpose(Purpose::danger_to_life);
    danger.once = once("4", "");
    const BreakGlassId glass = value_of(
        glasses.open(user_, danger, case_id, "A child said today that he will be there tonight.")
    );
    EXPECT_EQ(made(user_, *danger.once), "break_glass:" + glass.text());
    Approvals approvals(world_.gate(), {});
    Ground requesting = for_purpose(Purpose::administration);
    requesting.once = once("5", "");
    const ApprovalId approval = value_of(approvals.request(
        chief_,
        requesting,
        {.operation = OperationId::case_shred,
         .case_id = case_id,
         .parameters = "{}",
         .reason = "its time is over"}
    ));
    EXPECT_EQ(made(chief_, *requesting.once), "approval:" + approval.text());
}

}  // namespace
}  // namespace cairn::access
