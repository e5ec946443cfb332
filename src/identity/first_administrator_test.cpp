#include "identity/first_administrator.h"

#include <gtest/gtest.h>

#include "identity/acceptance.h"
#include "identity/world_test.h"

namespace cairn::identity {
namespace {

class AnyBeginning : public testing::TestWithParam<db::Engine> {
protected:
    Result<FirstAdministrator> begin(const Beginning& beginning) {
        return begin_installation(
            *world_.records, *world_.keys, *world_.log, world_.clock, beginning
        );
    }
    static Beginning beginning() {
        return {
            .installation = std::string(test::kInstallation),
            .profile = access::Profile::police,
            .agency =
                {
                    .name = std::string(test::kAgency),
                    .profile = access::Profile::hotline,
                    .administrator_login = "first.example",
                    .administrator_name = "First Administrator",
                },
        };
    }
    std::int64_t rows(const std::string& table) {
        auto count = test::value_of(world_.records->prepare("SELECT count(*) FROM " + table));
        return test::value_of(count.run_for_integer());
    }

    cairn::test::Records place_{GetParam()};
    test::World world_{place_.location(), crypto::SecretKey::random()};
    Client client_{.address = "192.0.2.17", .id = "request-1"};
};

INSTANTIATE_TEST_SUITE_P(Engines, AnyBeginning, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(AnyBeginning, TheFirstAdministratorSetsAPasswordAndSignsIn) {
    const FirstAdministrator first = test::value_of(begin(beginning()));
    const auto installation = test::value_of(access::stored_installation(*world_.records));
    EXPECT_EQ(installation.name, test::kInstallation);
    EXPECT_EQ(installation.profile, access::Profile::police);
    EXPECT_FALSE(installation.is_local);
    const auto agency = test::value_of(access::stored_agency(*world_.records, first.agency));
    EXPECT_EQ(agency.profile, access::Profile::hotline);
    const audit::Entry entry = world_.last_entry();
    EXPECT_EQ(entry.operation, "installation_begin");
    EXPECT_EQ(
        std::get<std::vector<std::string>>(entry.objects),
        (std::vector<std::string>{"agency:" + first.agency.text(), "user:" + first.user.text()})
    );
    Acceptance acceptance(world_.parts());
    ASSERT_TRUE(
        acceptance.accept(TokenKind::invitation, first.invitation.text(), test::kPassword, client_)
    );
    const auto half =
        world_.sign_in->with_password(test::claim("first.example"), test::kPassword, client_);
    ASSERT_TRUE(half) << half.error().message;
    EXPECT_EQ(half->stage, Stage::enrolment_wanted);
    EXPECT_EQ(
        find_account(*world_.records, first.user)->value().roles,
        access::Roles{access::Role::administrator}
    );
}

TEST_P(AnyBeginning, HappensOnce) {
    test::value_of(begin(beginning()));
    Beginning another = beginning();
    another.agency.name = "Another agency";
    const auto again = begin(another);
    EXPECT_EQ(again.error().code, Errc::conflict);
    EXPECT_EQ(again.error().reason, "installation_exists");
    EXPECT_EQ(rows("agency"), 1);
    EXPECT_EQ(world_.entries().size(), 1U);
}

TEST_P(AnyBeginning, IsWholeOrNot) {
    const auto name_of_installation = [](Beginning& of) { return &of.installation; };
    const auto name_of_agency = [](Beginning& of) { return &of.agency.name; };
    const auto login = [](Beginning& of) { return &of.agency.administrator_login; };
    const auto name = [](Beginning& of) { return &of.agency.administrator_name; };
    for (std::string* (*const part)(Beginning&) :
         {+name_of_installation, +name_of_agency, +login, +name}) {
        Beginning wrong = beginning();
        part(wrong)->clear();
        EXPECT_EQ(begin(wrong).error().code, Errc::invalid_argument);
        for (const char* table : {"installation", "agency", "user_account", "invitation"}) {
            EXPECT_EQ(rows(table), 0) << table;
        }
    }
    EXPECT_TRUE(world_.entries().empty());
    EXPECT_TRUE(begin(beginning()));
}

}  // namespace
}  // namespace cairn::identity
