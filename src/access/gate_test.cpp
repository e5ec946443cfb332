#include "access/gate.h"

#include <set>

#include <gmock/gmock.h>

#include "access/world_test.h"

namespace cairn::access {
namespace {

using test::AnyWorld;
using test::expect_done;
using test::for_purpose;
using test::value_of;
using test::World;

class AnyGate : public AnyWorld {};

INSTANTIATE_TEST_SUITE_P(Engines, AnyGate, cairn::test::kEngines, cairn::test::name_of_engine);

constexpr Roles kAllRoles = {
    Role::administrator,
    Role::supervisor,
    Role::investigator,
    Role::analyst,
    Role::reviewer,
    Role::auditor};

Status nothing(Permit&) {
    return ok();
}

TEST(Operation, EveryOneHasARuleThatCanBeMet) {
    std::set<std::string_view> names;
    for (const Operation& one : operations()) {
        EXPECT_TRUE(names.insert(one.name).second) << one.name;
        EXPECT_FALSE(one.profiles.empty()) << one.name;
        EXPECT_FALSE(one.roles.empty()) << one.name;
        EXPECT_FALSE(one.purposes.empty()) << one.name;
        if (one.act) {
            EXPECT_TRUE(one.profiles.intersects(profiles_of(*one.act))) << one.name;
        }
        // What is done on a broken glass only looks.
        if (one.break_glass) {
            EXPECT_EQ(one.kind, Kind::read) << one.name;
        }
        // Only what changes something can be approved and used up.
        if (one.four_eyes) {
            EXPECT_EQ(one.kind, Kind::change) << one.name;
        }
    }
}

TEST(Operation, AnAuditorChangesNothing) {
    constexpr std::array kOwnRequests = {OperationId::approval_request};
    for (const Operation& one : operations()) {
        if (one.kind == Kind::read || one.id == kOwnRequests[0]) continue;
        EXPECT_FALSE(one.roles.contains(Role::auditor)) << one.name;
    }
}

TEST(Operation, AProviderNeitherLinksNorFollowsNorUnlocksNorMonitors) {
    for (const AuthorityAct act :
         {AuthorityAct::unlock,
          AuthorityAct::monitor,
          AuthorityAct::follow,
          AuthorityAct::de_pseudonymise,
          AuthorityAct::deconflict}) {
        EXPECT_FALSE(profiles_of(act).contains(Profile::provider)) << name_of(act);
    }
}

/// The first refusal of an act that lacks everything but what the table asks of profile.
std::string refusal_of(World& world, const Actor& actor, const Act& act) {
    EXPECT_FALSE(world.gate().change(actor, act, nothing));
    return world.last_recorded().reason;
}

TEST(Gate, TableAndBehaviourAgreeForEveryProfileAndInstallation) {
    for (const Profile installation : kProfiles) {
        const cairn::test::Records place(db::Engine::sqlite);
        World world(place.location(), {.profile = installation});
        for (const Profile profile : kProfiles) {
            const std::string name(name_of(profile));
            const AgencyId agency = world.add_agency("Agency " + name, profile);
            const Actor actor = world.add_user(agency, name, kAllRoles);
            for (const Operation& one : operations()) {
                if (!one.roles.intersects(kAllRoles)) continue;
                const std::string reason = refusal_of(world, actor, {.operation = one.id});
                const std::string_view expected =
                    !one.profiles.contains(profile)        ? "profile_forbids"
                    : !one.profiles.contains(installation) ? "installation_forbids"
                                                           : "purpose_required";
                EXPECT_EQ(reason, expected) << one.name << " for " << name;
            }
        }
    }
}

TEST(Gate, TableAndBehaviourAgreeForEveryRole) {
    const cairn::test::Records place(db::Engine::sqlite);
    World world(place.location());
    const AgencyId agency = world.add_agency("Agency A");
    for (const Role role : kRoles) {
        const Actor actor = world.add_user(agency, std::string(name_of(role)), {role});
        for (const Operation& one : operations()) {
            if (!one.profiles.contains(Profile::police)) continue;
            EXPECT_EQ(
                refusal_of(world, actor, {.operation = one.id}),
                one.roles.contains(role) ? "purpose_required" : "role_forbids"
            ) << one.name
              << " for " << name_of(role);
        }
    }
}

TEST(Gate, TableAndBehaviourAgreeForEveryPurpose) {
    const cairn::test::Records place(db::Engine::sqlite);
    World world(place.location());
    const Actor actor = world.add_user(world.add_agency("Agency A"), "user", kAllRoles);
    for (const Operation& one : operations()) {
        for (const Purpose purpose : kPurposes) {
            const Act act = {.operation = one.id, .ground = for_purpose(purpose)};
            const bool done = world.gate().change(actor, act, nothing).has_value();
            const std::string reason = world.last_recorded().reason;
            if (!one.purposes.contains(purpose)) {
                EXPECT_EQ(reason, "purpose_forbids") << one.name << " for " << name_of(purpose);
            } else if (one.binding == Binding::case_only) {
                EXPECT_EQ(reason, "case_required") << one.name;
            } else if (one.four_eyes) {
                EXPECT_EQ(reason, "approval_required") << one.name;
            } else {
                EXPECT_TRUE(done) << one.name << " for " << name_of(purpose) << ": " << reason;
            }
        }
    }
}

TEST_P(AnyGate, AnActAndItsEntryStandTogether) {
    const Actor actor = world_.add_user(world_.add_agency("Agency A"), "chief", {Role::supervisor});
    Cases cases(world_.gate());
    const CaseId id =
        value_of(cases.open(actor, for_purpose(Purpose::investigation), {.title = "First"}));
    const audit::Entry entry = world_.last_entry();
    EXPECT_EQ(entry.operation, "case_open");
    EXPECT_EQ(entry.actor, actor.user.text());
    EXPECT_EQ(entry.agency, actor.agency.text());
    EXPECT_EQ(entry.role, "supervisor");
    EXPECT_EQ(entry.purpose, "investigation");
    EXPECT_EQ(entry.session, actor.session);
    EXPECT_EQ(entry.client, "192.0.2.1");
    EXPECT_EQ(entry.request, "request-1");
    EXPECT_EQ(entry.outcome, audit::Outcome::ok);
    EXPECT_EQ(
        std::get<std::vector<std::string>>(entry.objects),
        std::vector<std::string>{"case:" + id.text()}
    );
}

TEST_P(AnyGate, WorkThatFailsLeavesNothingButItsEntry) {
    const Actor actor = world_.add_user(world_.add_agency("Agency A"), "chief", {Role::supervisor});
    const Act act = {
        .operation = OperationId::case_open, .ground = for_purpose(Purpose::investigation)};
    const Status done = world_.gate().change(actor, act, [&](Permit&) -> Status {
        CAIRN_TRY(world_.records().execute("UPDATE access_epoch SET epoch = 7"));
        return fail(Errc::io, "the disk said no");
    });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::io);
    auto epoch = value_of(world_.records().prepare("SELECT epoch FROM access_epoch"));
    EXPECT_NE(value_of(epoch.run_for_integer()), 7);
    EXPECT_EQ(world_.last_entry().outcome, audit::Outcome::error);
    EXPECT_EQ(world_.last_entry().reason, "failed");
}

TEST_P(AnyGate, AReadThatCannotBeRecordedIsNotAnswered) {
    const Actor actor = world_.add_user(world_.add_agency("Agency A"), "chief", {Role::supervisor});
    Cases cases(world_.gate());
    EXPECT_EQ(value_of(cases.count(actor, for_purpose(Purpose::investigation))), 0);
    world_.can_record = false;
    const auto refused = cases.count(actor, for_purpose(Purpose::investigation));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unavailable);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("put on record"));
}

TEST_P(AnyGate, ARefusalIsRecordedWithItsReason) {
    const Actor actor = world_.add_user(world_.add_agency("Agency A"), "analyst", {Role::analyst});
    Cases cases(world_.gate());
    const auto refused =
        cases.open(actor, for_purpose(Purpose::investigation), {.title = "Not for analysts"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::permission_denied);
    EXPECT_EQ(world_.last_entry().outcome, audit::Outcome::refused);
    EXPECT_EQ(world_.last_entry().reason, "role_forbids");
    EXPECT_EQ(world_.last_entry().operation, "case_open");
}

TEST_P(AnyGate, EntriesHoldNoContent) {
    const AgencyId agency = world_.add_agency("Planted agency name");
    const Actor actor = world_.add_user(agency, "planted.login", {Role::supervisor});
    Cases cases(world_.gate());
    const CaseId id =
        value_of(cases.open(actor, for_purpose(Purpose::investigation), {.title = "Planted title"})
        );
    value_of(cases.show(actor, for_purpose(Purpose::investigation), id));
    value_of(cases.find(actor, for_purpose(Purpose::investigation), "planted", 10));
    for (const audit::Entry& entry : world_.entries()) {
        const ByteVector bytes = value_of(audit::encode_entry(entry));
        EXPECT_EQ(as_text(bytes).find("lanted title"), std::string_view::npos);
        EXPECT_EQ(as_text(bytes).find("lanted agency"), std::string_view::npos);
        EXPECT_EQ(as_text(bytes).find("Name of"), std::string_view::npos);
    }
}

TEST(Gate, InACaseFolderOnePersonDoesEverythingOnRecord) {
    const cairn::test::Records place(db::Engine::sqlite);
    World world(place.location(), {.profile = Profile::police, .is_local = true});
    const AgencyId agency = world.add_agency("Local");
    const AgencyId other = world.add_agency("Other");
    const Actor actor = world.add_user(agency, "account", kAllRoles);
    Cases cases(world.gate());
    const CaseId id =
        value_of(cases.open(actor, for_purpose(Purpose::investigation), {.title = "Folder"}));
    // Elsewhere this needs an authority, and that an approval.
    expect_done(cases.set_share(actor, for_purpose(Purpose::investigation), id, other, Level::read)
    );
    expect_done(cases.shred(actor, for_purpose(Purpose::administration), id));
    EXPECT_EQ(world.last_entry().operation, "case_shred");
    // The rest of the rule holds here too.
    EXPECT_FALSE(cases.open(actor, {}, {.title = "Without purpose"}));
    EXPECT_EQ(world.last_recorded().reason, "purpose_required");
    EXPECT_FALSE(cases.close(actor, for_purpose(Purpose::investigation), id));
    EXPECT_EQ(world.last_recorded().reason, "no_such_case");
}

// No operation of the table does one of these yet.
TEST(AuthorityAct, TheGravestAreBoundToAWitness) {
    for (const AuthorityAct act : kAuthorityActs) {
        const bool is_bound = act == AuthorityAct::monitor || act == AuthorityAct::unlock ||
                              act == AuthorityAct::follow || act == AuthorityAct::de_pseudonymise;
        EXPECT_EQ(is_witness_bound(act), is_bound) << name_of(act);
    }
}

TEST_P(AnyGate, LongWorkIsOnRecordBeforeItBegins) {
    const AgencyId agency = world_.add_agency("Agency A");
    const Actor chief = world_.add_user(agency, "chief", {Role::supervisor});
    const Act act = {
        .operation = OperationId::list_import,
        .ground = for_purpose(Purpose::list_care),
        .objects = {"list:1"}};
    const auto before = world_.entries().size();
    const auto done = world_.gate().perform<int>(chief, act, [&](Permit& permit) -> Result<int> {
        EXPECT_EQ(world_.entries().size(), before + 1);
        permit.more_objects = {"list_version:2"};
        return 7;
    });
    EXPECT_EQ(value_of(done), 7);
    EXPECT_EQ(world_.entries().size(), before + 2);
    const auto failed = world_.gate().perform<int>(chief, act, [](Permit&) -> Result<int> {
        return fail(Errc::conflict, "no").because("in_use");
    });
    EXPECT_EQ(failed.error().reason, "in_use");
    EXPECT_EQ(world_.last_entry().outcome, audit::Outcome::error);
    world_.can_record = false;
    const auto undone = world_.gate().perform<int>(chief, act, [](Permit&) -> Result<int> {
        ADD_FAILURE() << "begun without a record";
        return 0;
    });
    EXPECT_EQ(undone.error().code, Errc::unavailable);
}

TEST_P(AnyGate, AsksAgainWhetherLongWorkMayGoOn) {
    const AgencyId agency = world_.add_agency("Agency A");
    const Actor one = world_.add_user(agency, "one", {Role::investigator});
    const Ground ground = for_purpose(Purpose::investigation);
    Cases cases(world_.gate());
    const CaseId id = value_of(cases.open(one, ground, {.title = "Harbour"}));
    const Act act = {.operation = OperationId::scan_run, .ground = ground, .case_id = id};
    const auto standing = [&](const Actor& actor) {
        const Permit permit{.actor = actor, .operation = operation(act.operation)};
        const Status permitted = world_.gate().still_permitted(permit, act);
        return permitted ? std::string_view("permitted") : permitted.error().reason;
    };
    EXPECT_EQ(standing(one), "permitted");
    Actor without_roles = one;
    without_roles.roles = {};
    EXPECT_EQ(standing(without_roles), "role_forbids");
    expect_done(cases.set_member(one, ground, id, {.user = one.user, .level = Level::read}));
    EXPECT_EQ(standing(one), "level_too_low");
    EXPECT_EQ(world_.last_recorded().reason, "level_too_low");
}

}  // namespace
}  // namespace cairn::access
