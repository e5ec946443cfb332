#include "access/approval.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "access/world_test.h"

namespace cairn::access {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using test::AnyWorld;
using test::expect_done;
using test::for_purpose;
using test::value_of;

const UserId kRequester = crypto::random_id<UserId>();
const UserId kApprover = crypto::random_id<UserId>();
const AgencyId kAgency = crypto::random_id<AgencyId>();
constexpr UtcTime kNow{std::chrono::seconds(1'790'000'000)};
constexpr FourEyesLimits kLimits;

Approval pending() {
    return {
        .id = crypto::random_id<ApprovalId>(),
        .operation = OperationId::agency_add,
        .parameters = "{}",
        .digest = approval_digest(OperationId::agency_add, std::nullopt, "{}"),
        .reason = "needed",
        .requested_by = kRequester,
        .requester_session = "session 1",
        .requested = kNow,
        .expires = kNow + hours(72),
    };
}

Actor approver() {
    return {
        .user = kApprover,
        .agency = kAgency,
        .profile = Profile::police,
        .roles = {Role::supervisor},
        .session = "session 2",
        .second_factor_at = kNow,
    };
}

TEST(FourEyes, AnotherPersonInAnotherSessionWithAFreshSecondFactorMayApprove) {
    EXPECT_EQ(approval_obstacle(pending(), approver(), kLimits, kNow), std::nullopt);
}

// Whatever else holds, each of these alone refuses (safeguards A3).
RC_GTEST_PROP(FourEyes, EachBreachAloneRefuses, ()) {
    Approval approval = pending();
    Actor actor = approver();
    UtcTime now = kNow + minutes(*rc::gen::inRange(0, 11));
    const int breach = *rc::gen::inRange(0, 6);
    switch (breach) {
        case 0:
            actor.user = kRequester;
            break;
        case 1:
            actor.session = approval.requester_session;
            break;
        case 2:
            now = approval.expires + minutes(*rc::gen::inRange(0, 1000));
            break;
        case 3:
            actor.second_factor_at = std::nullopt;
            break;
        case 4:
            actor.second_factor_at = now - minutes(*rc::gen::inRange(11, 1000));
            break;
        default:
            approval.state = *rc::gen::element(
                ApprovalState::approved, ApprovalState::refused, ApprovalState::executed
            );
    }
    if (breach == 2) actor.second_factor_at = now;
    RC_ASSERT(approval_obstacle(approval, actor, kLimits, now).has_value());
}

TEST(FourEyes, ASecondFactorFromTheFutureIsNotFresh) {
    Actor actor = approver();
    actor.second_factor_at = kNow + minutes(5);
    EXPECT_EQ(approval_obstacle(pending(), actor, kLimits, kNow), "second_factor_not_fresh");
}

RC_GTEST_PROP(FourEyes, WhatWasAlteredIsNotWhatWasApproved, (const std::string& parameters)) {
    Approval approval = pending();
    approval.state = ApprovalState::approved;
    Actor actor = approver();
    actor.user = kRequester;
    const Act act = {.operation = OperationId::agency_add, .parameters = parameters};
    const auto obstacle = execution_obstacle(approval, actor, act, kNow);
    RC_ASSERT(obstacle.has_value() == (parameters != "{}"));
}

TEST(FourEyes, AnApprovalServesItsRequesterOnceAndInTime) {
    Approval approval = pending();
    Actor actor = approver();
    const Act act = {.operation = OperationId::agency_add};
    actor.user = kRequester;
    EXPECT_EQ(execution_obstacle(approval, actor, act, kNow), "approval_required");
    approval.state = ApprovalState::approved;
    EXPECT_EQ(execution_obstacle(approval, actor, act, kNow), std::nullopt);
    EXPECT_EQ(execution_obstacle(approval, approver(), act, kNow), "approval_of_another");
    EXPECT_EQ(execution_obstacle(approval, actor, act, approval.expires), "approval_expired");
    const Act other = {.operation = OperationId::case_shred};
    EXPECT_EQ(execution_obstacle(approval, actor, other, kNow), "approval_for_something_else");
    approval.state = ApprovalState::refused;
    EXPECT_EQ(execution_obstacle(approval, actor, act, kNow), "approval_refused");
    approval.state = ApprovalState::executed;
    EXPECT_EQ(execution_obstacle(approval, actor, act, kNow), "approval_used");
}

TEST(FourEyes, TheDigestTellsOperationCaseAndParametersApart) {
    const auto one = crypto::random_id<CaseId>();
    const auto digest = approval_digest(OperationId::case_shred, one, "{}");
    EXPECT_NE(digest, approval_digest(OperationId::agency_add, one, "{}"));
    EXPECT_NE(digest, approval_digest(OperationId::case_shred, std::nullopt, "{}"));
    EXPECT_NE(digest, approval_digest(OperationId::case_shred, one, "{ }"));
}

class AnyApprovals : public AnyWorld {
protected:
    AgencyId agency_ = world_.add_agency("Agency A");
    Actor one_ = world_.add_user(agency_, "one", {Role::administrator});
    Actor two_ = world_.add_user(agency_, "two", {Role::administrator});
    Approvals approvals_{world_.gate(), kLimits};
    Ground ground_ = for_purpose(Purpose::administration);

    ApprovalId request(const std::string& agency_name) {
        return value_of(approvals_.request(
            one_,
            ground_,
            {.operation = OperationId::agency_add,
             .parameters = test::World::agency_parameters(agency_name),
             .reason = "it joins"}
        ));
    }

    Result<AgencyId> add(const ApprovalId& approval, const std::string& name) {
        Ground ground = ground_;
        ground.approval = approval;
        return world_.add_agency(one_, ground, name, Profile::hotline);
    }
};

INSTANTIATE_TEST_SUITE_P(Engines, AnyApprovals, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(AnyApprovals, ARequestIsApprovedByAnotherAndDoneOnce) {
    const ApprovalId id = request("Agency B");
    EXPECT_FALSE(add(id, "Agency B"));
    EXPECT_EQ(world_.last_recorded().reason, "approval_required");
    EXPECT_FALSE(approvals_.approve(one_, ground_, id));
    EXPECT_EQ(world_.last_recorded().reason, "approver_is_requester");
    expect_done(approvals_.approve(two_, ground_, id));
    EXPECT_FALSE(add(id, "Agency C"));
    EXPECT_EQ(world_.last_recorded().reason, "approval_for_something_else");
    EXPECT_TRUE(add(id, "Agency B"));
    EXPECT_EQ(world_.last_entry().approval, id.text());
    EXPECT_FALSE(add(id, "Agency B"));
    EXPECT_EQ(world_.last_recorded().reason, "approval_used");
}

TEST_P(AnyApprovals, WorkThatFailsDoesNotUseTheApprovalUp) {
    const ApprovalId id = request("Agency A");  // the name is taken
    expect_done(approvals_.approve(two_, ground_, id));
    EXPECT_EQ(add(id, "Agency A").error().code, Errc::conflict);
    const auto listed = value_of(approvals_.list(two_, ground_, std::nullopt, std::nullopt, 100));
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].state, ApprovalState::approved);
}

TEST_P(AnyApprovals, ARequestExpires) {
    const ApprovalId id = request("Agency B");
    world_.clock().advance(hours(72));
    two_.second_factor_at = world_.clock().now();
    EXPECT_FALSE(approvals_.approve(two_, ground_, id));
    EXPECT_EQ(world_.last_recorded().reason, "approval_expired");
}

TEST_P(AnyApprovals, ARefusalKeepsItsReasonAndIsFinal) {
    const ApprovalId id = request("Agency B");
    expect_done(approvals_.refuse(two_, ground_, id, "not one of us"));
    EXPECT_FALSE(approvals_.approve(two_, ground_, id));
    EXPECT_EQ(world_.last_recorded().reason, "approval_already_decided");
    const auto listed = value_of(approvals_.list(two_, ground_, std::nullopt, std::nullopt, 100));
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].refusal, "not one of us");
    EXPECT_EQ(listed[0].reason, "it joins");
    EXPECT_EQ(listed[0].decided_by, two_.user);
}

TEST_P(AnyApprovals, AnotherAgencysRequestIsNotThere) {
    const ApprovalId id = request("Agency B");
    const Actor stranger =
        world_.add_user(world_.add_agency("Agency C"), "stranger", {Role::administrator});
    EXPECT_EQ(approvals_.approve(stranger, ground_, id).error().code, Errc::not_found);
    EXPECT_EQ(approvals_.show(stranger, ground_, id).error().code, Errc::not_found);
    EXPECT_TRUE(
        value_of(approvals_.list(stranger, ground_, std::nullopt, std::nullopt, 100)).empty()
    );
}

TEST_P(AnyApprovals, WhatNeedsNoApprovalCannotBeRequested) {
    const auto refused = approvals_.request(
        one_, ground_, {.operation = OperationId::user_add, .parameters = "{}", .reason = "x"}
    );
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
}

TEST_P(AnyApprovals, IsShownToWhoRequestedItAndToThoseWhoDecide) {
    const ApprovalId id = request("Agency C");
    const Actor chief = world_.add_user(agency_, "chief", {Role::supervisor});
    const Actor analyst = world_.add_user(agency_, "analyst", {Role::analyst});
    EXPECT_EQ(value_of(approvals_.show(one_, ground_, id)).id, id);
    EXPECT_EQ(value_of(approvals_.show(chief, ground_, id)).reason, "it joins");
    EXPECT_EQ(approvals_.show(analyst, ground_, id).error().code, Errc::not_found);
    Actor former = one_;
    former.roles = {Role::analyst};
    EXPECT_EQ(value_of(approvals_.show(former, ground_, id)).id, id);
}

TEST_P(AnyApprovals, AreListedByStateAndInPages) {
    for (int i = 0; i < 3; ++i) {
        request(fmt::format("Agency {}", i));
        world_.clock().advance(std::chrono::seconds(1));
    }
    const auto page = [&](std::optional<ApprovalState> state,
                          const std::optional<Cursor<ApprovalId>>& after) {
        return value_of(approvals_.list(two_, ground_, state, after, 2));
    };
    const auto first = page(std::nullopt, std::nullopt);
    ASSERT_EQ(first.size(), 2U);
    const Cursor<ApprovalId> after = {.created = first[1].requested, .id = first[1].id};
    EXPECT_EQ(page(std::nullopt, after).size(), 1U);
    expect_done(approvals_.approve(two_, ground_, first[1].id));
    const auto approved = page(ApprovalState::approved, std::nullopt);
    ASSERT_EQ(approved.size(), 1U);
    EXPECT_EQ(approved[0].id, first[1].id);
    EXPECT_EQ(page(ApprovalState::requested, std::nullopt).size(), 2U);
    EXPECT_TRUE(page(ApprovalState::executed, std::nullopt).empty());
}

}  // namespace
}  // namespace cairn::access
