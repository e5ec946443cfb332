#include "access/people.h"

#include <gtest/gtest.h>

#include "access/world_test.h"

namespace cairn::access {
namespace {

using test::AnyWorld;
using test::expect_done;
using test::for_purpose;
using test::value_of;

class AnyPeople : public AnyWorld {
protected:
    AgencyId agency_ = world_.add_agency("Agency A");
    AgencyId other_agency_ = world_.add_agency("Agency B");
    Actor admin_ = world_.add_user(agency_, "admin", {Role::administrator});
    Actor stranger_ = world_.add_user(other_agency_, "stranger", {Role::administrator});
    Ground ground_ = for_purpose(Purpose::administration);
    People people_{world_.gate()};
};

INSTANTIATE_TEST_SUITE_P(Engines, AnyPeople, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(AnyPeople, AUserIsFoundAgainByAgencyAndLogin) {
    const UserId id = value_of(people_.add_user(
        admin_, ground_, {.login = "J.Example", .name = "Jo Example", .roles = {Role::analyst}}
    ));
    const auto find = [&](std::string_view agency, std::string_view login) {
        return value_of(find_login(world_.records(), world_.keys(), agency, login));
    };
    EXPECT_EQ(find("Agency A", "J.Example"), id);
    EXPECT_EQ(find("Agency A", "j.example"), id);
    EXPECT_EQ(find("Agency A", "j.example2"), std::nullopt);
    EXPECT_EQ(find("Agency B", "j.example"), std::nullopt);
    EXPECT_EQ(find("No agency", "j.example"), std::nullopt);
    const User user = value_of(stored_user(world_.records(), world_.keys(), id));
    EXPECT_EQ(user.name, "Jo Example");
    EXPECT_EQ(user.login, "J.Example");
    EXPECT_EQ(user.state, UserState::invited);
    EXPECT_EQ(user.roles, Roles{Role::analyst});
}

TEST_P(AnyPeople, ALoginIsUniqueInItsAgencyAndFreeInOthers) {
    const NewUser user = {.login = "same", .name = "Same", .roles = {Role::analyst}};
    EXPECT_TRUE(people_.add_user(admin_, ground_, user));
    const auto taken = people_.add_user(admin_, ground_, user);
    EXPECT_EQ(taken.error().code, Errc::conflict);
    EXPECT_EQ(taken.error().reason, "login_taken");
    EXPECT_EQ(world_.last_recorded().outcome, audit::Outcome::error);
    EXPECT_EQ(world_.last_recorded().reason, "login_taken");
    EXPECT_TRUE(people_.add_user(stranger_, ground_, user));
}

TEST_P(AnyPeople, NamesAndLoginsThatCannotBeShownAreRefused) {
    for (const std::string& name :
         {std::string(), std::string("a\nb"), std::string(201, 'x'), std::string("a\0b", 3)}) {
        EXPECT_EQ(
            people_
                .add_user(admin_, ground_, {.login = name, .name = "x", .roles = {Role::analyst}})
                .error()
                .code,
            Errc::invalid_argument
        );
        EXPECT_EQ(
            people_
                .add_user(admin_, ground_, {.login = "x", .name = name, .roles = {Role::analyst}})
                .error()
                .code,
            Errc::invalid_argument
        );
    }
}

TEST_P(AnyPeople, PeopleOfAnotherAgencyAreNotThere) {
    const auto absent = people_.disable(stranger_, ground_, crypto::random_id<UserId>());
    const auto hidden = people_.disable(stranger_, ground_, admin_.user);
    EXPECT_EQ(absent.error().code, Errc::not_found);
    EXPECT_EQ(hidden.error().code, Errc::not_found);
    EXPECT_EQ(
        people_.set_roles(stranger_, ground_, admin_.user, {Role::analyst}).error().code,
        Errc::not_found
    );
    for (const User& user : value_of(people_.users(stranger_, ground_, std::nullopt, 100))) {
        EXPECT_EQ(user.agency, other_agency_);
    }
}

TEST_P(AnyPeople, NobodyChangesTheirOwnAccount) {
    EXPECT_FALSE(people_.set_roles(admin_, ground_, admin_.user, {Role::supervisor}));
    EXPECT_EQ(world_.last_recorded().reason, "own_account");
    EXPECT_FALSE(people_.disable(admin_, ground_, admin_.user));
    EXPECT_EQ(world_.last_recorded().reason, "own_account");
}

TEST_P(AnyPeople, AServiceAccountIsNothingElse) {
    const auto refused = people_.add_user(
        admin_,
        ground_,
        {.login = "robot", .name = "Robot", .roles = {Role::service, Role::supervisor}}
    );
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
}

TEST_P(AnyPeople, DisabledAndEnabled) {
    const Actor user = world_.add_user(agency_, "user", {Role::analyst});
    expect_done(people_.disable(admin_, ground_, user.user));
    EXPECT_EQ(
        value_of(stored_user(world_.records(), world_.keys(), user.user)).state, UserState::disabled
    );
    expect_done(people_.enable(admin_, ground_, user.user));
    EXPECT_EQ(people_.enable(admin_, ground_, user.user).error().code, Errc::conflict);
}

TEST_P(AnyPeople, FindsByTheBeginningOfNameOrLogin) {
    world_.add_user(agency_, "anna", {Role::analyst});
    world_.add_user(agency_, "ANNE", {Role::analyst});
    world_.add_user(other_agency_, "anton", {Role::analyst});
    const auto names = [&](const std::string& prefix, std::size_t limit) {
        std::vector<std::string> found;
        for (const User& one : value_of(people_.find_users(admin_, ground_, prefix, limit))) {
            found.push_back(one.login);
        }
        return found;
    };
    EXPECT_EQ(names("an", 10), (std::vector<std::string>{"ANNE", "anna"}));
    EXPECT_EQ(names("an", 1), (std::vector<std::string>{"ANNE"}));
    EXPECT_EQ(names("name of anna", 10), (std::vector<std::string>{"anna"}));
    EXPECT_TRUE(names("anton", 10).empty());
}

TEST_P(AnyPeople, PagesOfUsersMeet) {
    for (int i = 0; i < 10; ++i) {
        world_.add_user(agency_, fmt::format("user-{}", i), {Role::analyst});
    }
    std::vector<UserId> all;
    std::optional<Cursor<UserId>> after;
    for (;;) {
        const auto page = value_of(people_.users(admin_, ground_, after, 3));
        if (page.empty()) break;
        for (const User& user : page) all.push_back(user.id);
        after = Cursor<UserId>{.created = page.back().created, .id = page.back().id};
    }
    EXPECT_EQ(all.size(), 11U);
    EXPECT_EQ(std::set(all.begin(), all.end()).size(), 11U);
}

TEST_P(AnyPeople, AnEditOfWhatChangedMeanwhileIsRefused) {
    const Actor user = world_.add_user(agency_, "user", {Role::analyst});
    const User seen = value_of(people_.show(admin_, ground_, user.user));
    EXPECT_EQ(seen.revision, 1);
    Ground ground = ground_;
    ground.revision = seen.revision;
    expect_done(people_.set_roles(admin_, ground, user.user, {Role::reviewer}));
    const auto late = people_.disable(admin_, ground, user.user);
    EXPECT_EQ(late.error().code, Errc::conflict);
    EXPECT_EQ(late.error().reason, "changed_meanwhile");
    EXPECT_EQ(world_.last_recorded().reason, "changed_meanwhile");
    const User now = value_of(people_.show(admin_, ground_, user.user));
    EXPECT_EQ(now.revision, 2);
    EXPECT_EQ(now.state, UserState::active);
    EXPECT_FALSE(people_.set_roles(admin_, ground, user.user, {Role::analyst}));
    EXPECT_EQ(value_of(people_.show(admin_, ground_, user.user)).roles, Roles{Role::reviewer});
    ground.revision = now.revision;
    expect_done(people_.disable(admin_, ground, user.user));
    expect_done(people_.enable(admin_, ground_, user.user));
    EXPECT_EQ(value_of(people_.show(admin_, ground_, user.user)).revision, 4);
}

TEST_P(AnyPeople, OneUserOrAgencyIsShown) {
    EXPECT_EQ(value_of(people_.show(admin_, ground_, admin_.user)).login, "admin");
    EXPECT_EQ(world_.last_recorded().operation, "user_show");
    const auto hidden = people_.show(admin_, ground_, stranger_.user);
    EXPECT_EQ(hidden.error().code, Errc::not_found);
    EXPECT_EQ(value_of(people_.agency(admin_, ground_, other_agency_)).name, "Agency B");
    EXPECT_EQ(
        people_.agency(admin_, ground_, crypto::random_id<AgencyId>()).error().code, Errc::not_found
    );
}

TEST_P(AnyPeople, PagesOfAgenciesMeet) {
    world_.clock().advance(std::chrono::seconds(1));
    world_.add_agency("Agency 0");
    std::vector<std::string> names;
    std::optional<Cursor<AgencyId>> after;
    for (;;) {
        const auto page = value_of(people_.agencies(admin_, ground_, after, 1));
        if (page.empty()) break;
        names.push_back(page[0].name);
        after = Cursor<AgencyId>{.created = page[0].created, .id = page[0].id};
    }
    EXPECT_EQ(names.size(), 3U);
    EXPECT_EQ(names.back(), "Agency 0") << "as they were added";
    EXPECT_TRUE(value_of(people_.agencies(admin_, ground_, std::nullopt, -1)).empty());
}

TEST_P(AnyPeople, AnInstallationIsFoundedOnce) {
    const Status again = world_.records().transaction([&] {
        return insert_installation(
            world_.records(), {.name = "Again", .profile = Profile::provider}, world_.clock().now()
        );
    });
    EXPECT_EQ(again.error().code, Errc::conflict);
    EXPECT_EQ(value_of(stored_installation(world_.records())).profile, Profile::police);
}

}  // namespace
}  // namespace cairn::access
