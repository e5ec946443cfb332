#include "access/visibility.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "access/world_test.h"

namespace cairn::access {
namespace {

using test::AnyWorld;
using test::expect_done;
using test::for_purpose;
using test::value_of;

constexpr std::array kLevels = {
    Level::none, Level::exists, Level::summary, Level::read, Level::work};

CaseStanding any_standing() {
    CaseStanding standing;
    standing.own_agency = *rc::gen::arbitrary<bool>();
    standing.shared = *rc::gen::elementOf(kLevels);
    standing.restricted = *rc::gen::arbitrary<bool>();
    standing.member = *rc::gen::elementOf(kLevels);
    for (const Role role : kRoles) {
        if (*rc::gen::arbitrary<bool>()) standing.roles.insert(role);
    }
    return standing;
}

RC_GTEST_PROP(LevelOf, NeverExceedsWhatWasShared, ()) {
    CaseStanding standing = any_standing();
    standing.own_agency = false;
    RC_ASSERT(level_of(standing) <= standing.shared);
}

RC_GTEST_PROP(LevelOf, MoreMembershipOrSharingNeverTakesAway, ()) {
    const CaseStanding less = any_standing();
    CaseStanding more = less;
    more.member = std::max(less.member, *rc::gen::elementOf(kLevels));
    more.shared = std::max(less.shared, *rc::gen::elementOf(kLevels));
    RC_ASSERT(level_of(less) <= level_of(more));
}

RC_GTEST_PROP(LevelOf, RestrictionNeverAdds, ()) {
    CaseStanding open = any_standing();
    open.restricted = false;
    CaseStanding restricted = open;
    restricted.restricted = true;
    RC_ASSERT(level_of(restricted) <= level_of(open));
}

RC_GTEST_PROP(LevelOf, AnAdministratorAloneSeesNothing, ()) {
    CaseStanding standing = any_standing();
    standing.roles = {Role::administrator};
    RC_ASSERT(level_of(standing) == Level::none);
}

RC_GTEST_PROP(LevelOf, AnAuditorAloneSeesThatACaseExistsAndNoMore, ()) {
    CaseStanding standing = any_standing();
    standing.roles = {Role::auditor};
    RC_ASSERT(level_of(standing) <= Level::exists);
}

RC_GTEST_PROP(LevelOf, NobodyWorksWithoutMembership, ()) {
    CaseStanding standing = any_standing();
    standing.member = *rc::gen::elementOf(std::array{Level::none, Level::exists, Level::read});
    RC_ASSERT(level_of(standing) < Level::work);
}

class AnyCases : public AnyWorld {};

INSTANTIATE_TEST_SUITE_P(Engines, AnyCases, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(AnyCases, ListCountFindAndShowAgreeOnWhoSeesWhat) {
    const AgencyId agency = world_.add_agency("Agency A");
    const AgencyId other_agency = world_.add_agency("Agency B");
    const Actor chief = world_.add_user(agency, "chief", {Role::supervisor});
    const Actor member = world_.add_user(agency, "member", {Role::investigator});
    const Actor colleague = world_.add_user(agency, "colleague", {Role::investigator});
    const Actor stranger = world_.add_user(other_agency, "stranger", {Role::supervisor});
    Cases cases(world_.gate());
    const Ground ground = for_purpose(Purpose::investigation);
    value_of(cases.open(member, ground, {.title = "Harbour open"}));
    world_.clock().advance(std::chrono::seconds(1));
    const CaseId hidden =
        value_of(cases.open(member, ground, {.title = "Harbour hidden", .restricted = true}));

    const auto seen = [&](const Actor& actor) {
        const auto listed = value_of(cases.list(actor, ground, std::nullopt, 100));
        EXPECT_EQ(value_of(cases.count(actor, ground)), std::ssize(listed));
        std::vector<std::pair<std::string, Level>> all;
        for (const Case& one : listed) {
            all.emplace_back(one.title, one.level);
            const Case shown = value_of(cases.show(actor, ground, one.id));
            EXPECT_EQ(shown.title, one.title);
            EXPECT_EQ(shown.level, one.level);
        }
        const auto found = value_of(cases.find(actor, ground, "harbour", 100));
        EXPECT_EQ(found.size(), std::count_if(listed.begin(), listed.end(), [](const Case& one) {
                      return one.level >= Level::read;
                  }));
        return all;
    };
    using Seen = std::vector<std::pair<std::string, Level>>;
    EXPECT_EQ(seen(chief), (Seen{{"Harbour hidden", Level::read}, {"Harbour open", Level::read}}));
    EXPECT_EQ(seen(member), (Seen{{"Harbour hidden", Level::work}, {"Harbour open", Level::work}}));
    EXPECT_EQ(seen(colleague), (Seen{{"", Level::exists}}));
    EXPECT_EQ(seen(stranger), Seen{});
    const auto absent = cases.show(stranger, ground, crypto::random_id<CaseId>());
    const auto refused = cases.show(stranger, ground, hidden);
    EXPECT_EQ(absent.error().code, Errc::not_found);
    EXPECT_EQ(refused.error().code, Errc::not_found);
}

TEST_P(AnyCases, SharingGivesAndTakesAtOnce) {
    const AgencyId agency = world_.add_agency("Agency A");
    const AgencyId other = world_.add_agency("Agency B");
    const Actor chief = world_.add_user(agency, "chief", {Role::supervisor});
    const Actor guest = world_.add_user(other, "guest", {Role::supervisor});
    const Ground ground = for_purpose(Purpose::investigation);
    Authorities authorities(world_.gate(), {});
    const AuthorityId authority = value_of(authorities.draft(
        chief, ground, test::terms_for({AuthorityAct::share}, world_.clock().now())
    ));
    expect_done(authorities.activate(chief, ground, authority));
    Cases cases(world_.gate());
    const CaseId id = value_of(cases.open(chief, ground, {.title = "Shared"}));
    const auto level_of_guest = [&] {
        const auto listed = value_of(cases.list(guest, ground, std::nullopt, 10));
        return listed.empty() ? Level::none : listed.front().level;
    };
    EXPECT_EQ(level_of_guest(), Level::none);
    for (const Level level : {Level::exists, Level::summary, Level::read}) {
        expect_done(cases.set_share(chief, ground, id, other, level));
        EXPECT_EQ(level_of_guest(), level);
        const auto shares = value_of(cases.shares(chief, ground, id, std::nullopt, 10));
        ASSERT_EQ(shares.size(), 1U);
        EXPECT_EQ(shares[0].agency, other);
        EXPECT_EQ(shares[0].level, level);
        const Case shown = value_of(cases.show(guest, ground, id));
        EXPECT_EQ(shown.title, level >= Level::summary ? "Shared" : "");
    }
    const AgencyId third = world_.add_agency("Agency C");
    expect_done(cases.set_share(chief, ground, id, third, Level::exists));
    const auto first = value_of(cases.shares(chief, ground, id, std::nullopt, 1));
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].agency, std::min(other, third));
    const auto next = value_of(cases.shares(chief, ground, id, first[0].agency, 1));
    ASSERT_EQ(next.size(), 1U);
    EXPECT_EQ(next[0].agency, std::max(other, third));
    const auto of_guest = value_of(cases.shares(guest, ground, id, std::nullopt, 10));
    ASSERT_EQ(of_guest.size(), 1U) << "with whom else it is shared is the owner's";
    EXPECT_EQ(of_guest[0].agency, other);
    // The same object in another connection, as another process of the server would have it.
    test::World second(place_.location());
    Cases elsewhere(second.gate());
    EXPECT_EQ(value_of(elsewhere.count(guest, ground)), 1);
    expect_done(cases.set_share(chief, ground, id, other, Level::none));
    EXPECT_EQ(value_of(elsewhere.count(guest, ground)), 0);
    EXPECT_EQ(level_of_guest(), Level::none);
    EXPECT_EQ(cases.show(guest, ground, id).error().code, Errc::not_found);
}

TEST_P(AnyCases, AChangeThatWasRolledBackChangesNothingThatIsSeen) {
    const AgencyId agency = world_.add_agency("Agency A");
    const Actor chief = world_.add_user(agency, "chief", {Role::supervisor});
    const Ground ground = for_purpose(Purpose::investigation);
    Cases cases(world_.gate());
    value_of(cases.open(chief, ground, {.title = "Stays"}));
    const Act act = {.operation = OperationId::case_open, .ground = ground};
    EXPECT_FALSE(world_.gate().change(chief, act, [&](Permit&) -> Status {
        CAIRN_TRY(world_.records().execute("DELETE FROM case_file"));
        CAIRN_TRY(Visibility::changed(world_.records()));
        const auto none = [](const VisibleCases&) -> Result<std::vector<int>> {
            return std::vector<int>();
        };
        CAIRN_TRY(world_.gate().visibility().rows<int>(chief, Level::read, none));
        return fail(Errc::cancelled, "no");
    }));
    EXPECT_EQ(value_of(cases.count(chief, ground)), 1);
}

TEST_P(AnyCases, PagesOfCasesMeetWithoutGapOrRepeat) {
    const AgencyId agency = world_.add_agency("Agency A");
    const Actor chief = world_.add_user(agency, "chief", {Role::supervisor});
    const Ground ground = for_purpose(Purpose::investigation);
    Cases cases(world_.gate());
    for (int i = 0; i < 25; ++i) {
        value_of(cases.open(chief, ground, {.title = fmt::format("Case {}", i)}));
        if (i % 3 == 0) world_.clock().advance(std::chrono::seconds(1));  // others at one time
    }
    std::vector<CaseId> paged;
    std::optional<Cursor<CaseId>> after;
    for (;;) {
        const auto page = value_of(cases.list(chief, ground, after, 7));
        if (page.empty()) break;
        for (const Case& one : page) paged.push_back(one.id);
        after = Cursor<CaseId>{.created = page.back().opened, .id = page.back().id};
    }
    std::vector<CaseId> whole;
    for (const Case& one : value_of(cases.list(chief, ground, std::nullopt, 100))) {
        whole.push_back(one.id);
    }
    EXPECT_EQ(paged, whole);
    EXPECT_EQ(whole.size(), 25U);
}

TEST_P(AnyCases, AShreddedCaseLeavesNoWordBehind) {
    const AgencyId agency = world_.add_agency("Agency A");
    const Actor chief = world_.add_user(agency, "chief", {Role::supervisor});
    const Actor second = world_.add_user(agency, "second", {Role::supervisor});
    Cases cases(world_.gate());
    Approvals approvals(world_.gate(), {});
    const CaseId id =
        value_of(cases.open(chief, for_purpose(Purpose::investigation), {.title = "Short lived"}));
    const Ground administration = for_purpose(Purpose::administration);
    EXPECT_FALSE(cases.shred(chief, administration, id));
    EXPECT_EQ(world_.last_entry().reason, "approval_required");
    const ApprovalId approval = value_of(approvals.request(
        chief,
        administration,
        {.operation = OperationId::case_shred,
         .case_id = id,
         .parameters = "{}",
         .reason = "its time is over"}
    ));
    expect_done(approvals.approve(second, administration, approval));
    Ground ground = administration;
    ground.approval = approval;
    expect_done(cases.shred(chief, ground, id));
    EXPECT_EQ(world_.last_entry().approval, approval.text());
    EXPECT_EQ(
        cases.show(chief, for_purpose(Purpose::investigation), id).error().code, Errc::not_found
    );
    for (const char* table : {"case_file", "case_word", "case_member", "wrapped_key"}) {
        auto count =
            value_of(world_.records().prepare(fmt::format("SELECT count(*) FROM {}", table)));
        // The agency's own key stays.
        EXPECT_EQ(value_of(count.run_for_integer()), std::string(table) == "wrapped_key" ? 1 : 0);
    }
}

TEST_P(AnyCases, AnEditOfWhatChangedMeanwhileIsRefused) {
    const AgencyId agency = world_.add_agency("Agency A");
    const Actor owner = world_.add_user(agency, "owner", {Role::investigator});
    const Actor colleague = world_.add_user(agency, "colleague", {Role::investigator});
    Cases cases(world_.gate());
    Ground ground = for_purpose(Purpose::investigation);
    const CaseId id = value_of(cases.open(owner, ground, {.title = "Harbour"}));
    EXPECT_EQ(value_of(cases.show(owner, ground, id)).revision, 1);
    EXPECT_EQ(value_of(cases.show(colleague, ground, id)).revision, 0) << "who only sees it";
    ground.revision = 1;
    expect_done(cases.set_member(owner, ground, id, {colleague.user, Level::read}));
    EXPECT_EQ(value_of(cases.show(owner, ground, id)).revision, 2);
    for (const Status& late :
         {cases.close(owner, ground, id),
          cases.set_member(owner, ground, id, {colleague.user, Level::none})}) {
        ASSERT_FALSE(late);
        EXPECT_EQ(late.error().code, Errc::conflict);
        EXPECT_EQ(late.error().reason, "changed_meanwhile");
    }
    EXPECT_EQ(value_of(cases.show(owner, ground, id)).state, CaseState::open);
    EXPECT_EQ(value_of(cases.members(owner, ground, id, std::nullopt, 100)).size(), 2U);
    ground.revision = 2;
    expect_done(cases.close(owner, ground, id));
}

TEST_P(AnyCases, PagesOfMembersMeet) {
    const AgencyId agency = world_.add_agency("Agency A");
    const Actor owner = world_.add_user(agency, "owner", {Role::investigator});
    Cases cases(world_.gate());
    const Ground ground = for_purpose(Purpose::investigation);
    const CaseId id = value_of(cases.open(owner, ground, {.title = "Harbour"}));
    for (int i = 0; i < 4; ++i) {
        const Actor one = world_.add_user(agency, fmt::format("user {}", i), {Role::analyst});
        expect_done(cases.set_member(owner, ground, id, {one.user, Level::read}));
    }
    std::set<UserId> seen;
    std::optional<UserId> after;
    for (;;) {
        const auto page = value_of(cases.members(owner, ground, id, after, 2));
        if (page.empty()) break;
        for (const CaseMember& one : page) EXPECT_TRUE(seen.insert(one.user).second);
        after = page.back().user;
    }
    EXPECT_EQ(seen.size(), 5U);
}

}  // namespace
}  // namespace cairn::access
