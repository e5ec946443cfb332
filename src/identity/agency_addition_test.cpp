#include "identity/agency_addition.h"

#include <gtest/gtest.h>

#include "access/approval.h"
#include "identity/acceptance.h"
#include "identity/gate_world_test.h"

namespace cairn::identity {
namespace {

using namespace std::chrono_literals;
using access::Profile;
using access::Role;
using access::UserState;

class AnyAddition : public test::AnyGateWorld {
protected:
    static NewAgency wanted() {
        return {
            .name = "Agency B",
            .profile = Profile::hotline,
            .administrator_login = "anna",
            .administrator_name = "Anna Example",
        };
    }
    /// What the administrator asks for and a colleague approves.
    access::Ground approved(const NewAgency& agency) {
        access::Approvals approvals(*gate_, {});
        const auto id = test::value_of(approvals.request(
            boss(),
            ground_,
            {.operation = access::OperationId::agency_add,
             .parameters = AgencyAddition::parameters(agency),
             .reason = "it joins"}
        ));
        EXPECT_TRUE(approvals.approve(actor_of(second_), ground_, id));
        access::Ground ground = ground_;
        ground.approval = id;
        return ground;
    }
    void expect_refused(const Result<FirstAdministrator>& added, std::string_view reason) {
        ASSERT_FALSE(added);
        AnyGateWorld::expect_refused(Error(added.error()), Errc::permission_denied, reason);
    }
    bool lets_in(const Token& invitation) {
        Acceptance acceptance(world_.parts());
        return acceptance
            .accept(TokenKind::invitation, invitation.text(), "another four words", client_)
            .has_value();
    }

    Account second_ = add(*agency_, "second.example", UserState::active, Role::administrator);
    AgencyAddition addition_{*gate_};
};

INSTANTIATE_TEST_SUITE_P(Engines, AnyAddition, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(AnyAddition, LetsTheAdministratorOfTheNewAgencyIn) {
    const auto added = test::value_of(addition_.add(boss(), approved(wanted()), wanted()));
    EXPECT_EQ(world_.last_entry().operation, "agency_add");
    EXPECT_EQ(
        std::get<std::vector<std::string>>(world_.last_entry().objects),
        (std::vector<std::string>{"user:" + added.user.text(), "agency:" + added.agency.text()})
    );
    const auto user =
        test::value_of(access::stored_user(*world_.records, *world_.keys, added.user));
    EXPECT_EQ(user.agency, added.agency);
    EXPECT_EQ(user.login, "anna");
    EXPECT_EQ(user.roles, access::Roles{Role::administrator});
    EXPECT_TRUE(lets_in(added.invitation));
    EXPECT_EQ(actor_of(**find_account(*world_.records, added.user)).profile, Profile::hotline);
}

TEST_P(AnyAddition, NeedsAnApprovalOfAllThatItDoesAndAFreshSecondFactor) {
    expect_refused(addition_.add(boss(), ground_, wanted()), "approval_required");
    NewAgency other = wanted();
    other.administrator_login = "mallory";
    expect_refused(addition_.add(boss(), approved(wanted()), other), "approval_for_something_else");
    access::Actor stale = boss();
    stale.second_factor_at = clock().now() - 24h;
    expect_refused(addition_.add(stale, approved(wanted()), wanted()), "second_factor_not_fresh");
    expect_refused(
        addition_.add(actor_of(account()), approved(wanted()), wanted()), "role_forbids"
    );
}

TEST_P(AnyAddition, AskedAgainGivesAnotherInvitationUntilTheyCameIn) {
    access::Ground ground = approved(wanted());
    ground.once = access::Once{.key = crypto::sha256(as_bytes("key")), .request = {}};
    const auto first = test::value_of(addition_.add(boss(), ground, wanted()));
    const auto second = test::value_of(addition_.add(boss(), ground, wanted()));
    EXPECT_EQ(second.agency, first.agency);
    EXPECT_EQ(second.user, first.user);
    EXPECT_EQ(world_.last_entry().operation, "user_invite");
    EXPECT_FALSE(lets_in(first.invitation));
    EXPECT_TRUE(lets_in(second.invitation));
    EXPECT_EQ(addition_.add(boss(), ground, wanted()).error().reason, "wrong_state");
}

TEST_P(AnyAddition, MakesNothingWhereAPartCannotBeMade) {
    NewAgency taken = wanted();
    taken.name = std::string(test::kAgency);
    EXPECT_EQ(addition_.add(boss(), approved(taken), taken).error().code, Errc::conflict);
    NewAgency nameless = wanted();
    nameless.administrator_login.clear();
    EXPECT_EQ(
        addition_.add(boss(), approved(nameless), nameless).error().code, Errc::invalid_argument
    );
    EXPECT_FALSE(test::value_of(access::find_agency(*world_.records, "Agency B")));
}

}  // namespace
}  // namespace cairn::identity
