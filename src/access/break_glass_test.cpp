#include "access/break_glass.h"

#include <gtest/gtest.h>

#include "access/world_test.h"

namespace cairn::access {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using test::AnyWorld;
using test::expect_done;
using test::for_purpose;
using test::value_of;

constexpr const char* kReason = "A child said today that he will be there tonight.";

class AnyBreakGlass : public AnyWorld {
protected:
    AgencyId agency_ = world_.add_agency("Agency A");
    Actor chief_ = world_.add_user(agency_, "chief", {Role::supervisor, Role::investigator});
    Actor user_ = world_.add_user(agency_, "user", {Role::analyst});
    Ground danger_ = for_purpose(Purpose::danger_to_life);
    Ground oversight_ = for_purpose(Purpose::oversight);
    Cases cases_{world_.gate()};
    BreakGlasses glasses_{world_.gate(), {}};
    CaseId case_ = value_of(
        cases_.open(chief_, for_purpose(Purpose::investigation), {.title = "Not the user's"})
    );

    std::vector<KeptAlert> alerts_of(
        const Actor& actor, std::optional<AlertState> state = std::nullopt
    ) {
        return value_of(alerts(world_.gate(), actor, oversight_, state, std::nullopt, 100));
    }
    Level level_now() {
        const auto shown = cases_.show(user_, danger_, case_);
        return shown ? shown->level : Level::none;
    }
};

INSTANTIATE_TEST_SUITE_P(
    Engines, AnyBreakGlass, cairn::test::kEngines, cairn::test::name_of_engine
);

TEST_P(AnyBreakGlass, OpensOneCaseForReadingForAnHour) {
    const CaseId other =
        value_of(cases_.open(chief_, for_purpose(Purpose::investigation), {.title = "Another"}));
    EXPECT_EQ(level_now(), Level::exists);
    const BreakGlassId id = value_of(glasses_.open(user_, danger_, case_, kReason));
    EXPECT_EQ(level_now(), Level::read);
    EXPECT_EQ(value_of(cases_.show(user_, danger_, case_)).title, "Not the user's");
    EXPECT_EQ(
        std::get<std::vector<std::string>>(world_.last_recorded().objects),
        (std::vector<std::string>{"case:" + case_.text(), "break_glass:" + id.text()})
    );
    EXPECT_EQ(value_of(cases_.show(user_, danger_, other)).level, Level::exists);
    world_.clock().advance(minutes(60) - microseconds(1));
    EXPECT_EQ(level_now(), Level::read);
    world_.clock().advance(microseconds(1));
    EXPECT_EQ(level_now(), Level::exists);
}

TEST_P(AnyBreakGlass, NothingCanBeChangedOnIt) {
    value_of(glasses_.open(user_, danger_, case_, kReason));
    const Ground ground = for_purpose(Purpose::investigation);
    EXPECT_FALSE(cases_.close(user_, ground, case_));
    Actor investigator = user_;
    investigator.roles = {Role::investigator};
    EXPECT_FALSE(cases_.close(investigator, ground, case_));
    EXPECT_EQ(world_.last_recorded().reason, "level_too_low");
    EXPECT_FALSE(
        cases_.set_member(investigator, ground, case_, {.user = user_.user, .level = Level::work})
    );
}

TEST_P(AnyBreakGlass, NeedsItsPurposeAndAReasonThatSaysSomething) {
    EXPECT_FALSE(glasses_.open(user_, for_purpose(Purpose::investigation), case_, kReason));
    EXPECT_EQ(world_.last_recorded().reason, "purpose_forbids");
    for (const std::string& reason :
         {std::string(), std::string("short"), std::string(200, ' '), std::string(29, 'x')}) {
        EXPECT_EQ(
            glasses_.open(user_, danger_, case_, reason).error().code, Errc::invalid_argument
        );
    }
    EXPECT_EQ(level_now(), Level::exists);
}

TEST_P(AnyBreakGlass, TellsSupervisorsAndAuditorsAtOnce) {
    const Actor auditor = world_.add_user(agency_, "auditor", {Role::auditor});
    const BreakGlassId id = value_of(glasses_.open(user_, danger_, case_, kReason));
    for (const Actor& told : {chief_, auditor}) {
        const auto waiting = alerts_of(told);
        ASSERT_EQ(waiting.size(), 1U);
        EXPECT_EQ(waiting[0].alert.kind, "break_glass_opened");
        EXPECT_EQ(waiting[0].alert.object, "break_glass:" + id.text());
        EXPECT_EQ(waiting[0].alert.object.find("child"), std::string::npos);
    }
    const auto listed = value_of(glasses_.list(auditor, oversight_, std::nullopt, 100));
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].reason, kReason);
}

TEST_P(AnyBreakGlass, AnAlertIsMarkedAsSeenOnceByOneOfItsRole) {
    const Actor auditor = world_.add_user(agency_, "auditor", {Role::auditor});
    const Actor chief = world_.add_user(agency_, "second chief", {Role::supervisor});
    const AgencyId other = world_.add_agency("Agency B");
    const Actor stranger = world_.add_user(other, "stranger", {Role::supervisor});
    value_of(glasses_.open(user_, danger_, case_, kReason));
    const AlertId id = alerts_of(chief_).at(0).id;
    const auto mark = [&](const Actor& actor, const AlertId& which) {
        return mark_alert_seen(world_.gate(), actor, oversight_, which);
    };
    const Actor head = world_.add_user(agency_, "head", {Role::administrator});
    EXPECT_EQ(mark(head, id).error().code, Errc::not_found) << "it is for another role";
    EXPECT_EQ(mark(auditor, alerts_of(auditor).at(0).id).error().reason, "role_forbids");
    EXPECT_EQ(mark(stranger, id).error().code, Errc::not_found);
    EXPECT_EQ(mark(chief_, crypto::random_id<AlertId>()).error().code, Errc::not_found);
    EXPECT_EQ(alerts_of(chief_, AlertState::unseen).size(), 1U);
    EXPECT_TRUE(alerts_of(chief_, AlertState::seen).empty());
    const UtcTime first = world_.clock().now();
    expect_done(mark(chief_, id));
    world_.clock().advance(hours(1));
    expect_done(mark(chief, id));
    EXPECT_TRUE(alerts_of(chief_, AlertState::unseen).empty());
    const auto seen = alerts_of(chief_, AlertState::seen);
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].seen, first);
    EXPECT_EQ(seen[0].seen_by, chief_.user);
    EXPECT_EQ(alerts_of(auditor, AlertState::unseen).size(), 1U) << "each role sees for itself";
}

TEST_P(AnyBreakGlass, PagesMeet) {
    for (int i = 0; i < 3; ++i) value_of(glasses_.open(user_, danger_, case_, kReason));
    std::set<BreakGlassId> glasses;
    std::optional<Cursor<BreakGlassId>> after;
    for (;;) {
        const auto page = value_of(glasses_.list(chief_, oversight_, after, 2));
        if (page.empty()) break;
        for (const BreakGlass& one : page) EXPECT_TRUE(glasses.insert(one.id).second);
        after = Cursor<BreakGlassId>{.created = page.back().opened, .id = page.back().id};
    }
    EXPECT_EQ(glasses.size(), 3U);
    std::set<AlertId> waiting;
    std::optional<Cursor<AlertId>> next;
    for (;;) {
        const auto page =
            value_of(alerts(world_.gate(), chief_, oversight_, AlertState::unseen, next, 2));
        if (page.empty()) break;
        for (const KeptAlert& one : page) EXPECT_TRUE(waiting.insert(one.id).second);
        next = Cursor<AlertId>{.created = page.back().alert.raised, .id = page.back().id};
    }
    EXPECT_EQ(waiting.size(), 3U);
}

TEST_P(AnyBreakGlass, TellsTheAgencyThatOwnsTheCase) {
    const AgencyId other = world_.add_agency("Agency B");
    const Actor guest = world_.add_user(other, "guest", {Role::analyst});
    const Actor their_chief = world_.add_user(other, "their chief", {Role::supervisor});
    EXPECT_EQ(glasses_.open(guest, danger_, case_, kReason).error().code, Errc::not_found);
    Authorities authorities(world_.gate(), {});
    const Ground ground = for_purpose(Purpose::investigation);
    const AuthorityId authority = value_of(authorities.draft(
        chief_, ground, test::terms_for({AuthorityAct::share}, world_.clock().now())
    ));
    expect_done(authorities.activate(chief_, ground, authority));
    expect_done(cases_.set_share(chief_, ground, case_, other, Level::exists));
    value_of(glasses_.open(guest, danger_, case_, kReason));
    EXPECT_EQ(alerts_of(chief_).size(), 1U);
    EXPECT_EQ(alerts_of(their_chief).size(), 1U);
}

TEST_P(AnyBreakGlass, IsReviewedOnceByAnotherPerson) {
    const Actor breaker = world_.add_user(agency_, "breaker", {Role::supervisor, Role::analyst});
    const BreakGlassId id = value_of(glasses_.open(breaker, danger_, case_, kReason));
    EXPECT_FALSE(glasses_.review(breaker, oversight_, id, BreakGlassFinding::justified));
    EXPECT_EQ(world_.last_recorded().reason, "reviewer_is_user");
    expect_done(glasses_.review(chief_, oversight_, id, BreakGlassFinding::not_justified));
    EXPECT_EQ(
        glasses_.review(chief_, oversight_, id, BreakGlassFinding::justified).error().code,
        Errc::conflict
    );
    const auto listed = value_of(glasses_.list(chief_, oversight_, std::nullopt, 100));
    EXPECT_EQ(listed[0].finding, BreakGlassFinding::not_justified);
    EXPECT_EQ(listed[0].reviewed_by, chief_.user);
}

TEST_P(AnyBreakGlass, UnreviewedItEscalatesOnceAndBarsTheUser) {
    const Actor head = world_.add_user(agency_, "head", {Role::administrator});
    const BreakGlassId id = value_of(glasses_.open(user_, danger_, case_, kReason));
    world_.clock().advance(hours(24) - microseconds(1));
    EXPECT_EQ(value_of(glasses_.escalate_overdue()), 0U);
    value_of(glasses_.open(user_, danger_, case_, kReason));  // not overdue yet
    world_.clock().advance(microseconds(1));
    EXPECT_EQ(value_of(glasses_.escalate_overdue()), 1U);
    EXPECT_EQ(value_of(glasses_.escalate_overdue()), 0U);
    const auto told = alerts_of(head);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].alert.kind, "break_glass_not_reviewed");
    EXPECT_FALSE(glasses_.open(user_, danger_, case_, kReason));
    EXPECT_EQ(world_.last_recorded().reason, "review_overdue");
    expect_done(glasses_.review(chief_, oversight_, id, BreakGlassFinding::justified));
    EXPECT_TRUE(glasses_.open(user_, danger_, case_, kReason));
}

}  // namespace
}  // namespace cairn::access
