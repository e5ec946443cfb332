#include "identity/account_administration.h"

#include <gtest/gtest.h>

#include "access/approval.h"
#include "access/break_glass.h"
#include "identity/acceptance.h"
#include "identity/gate_world_test.h"
#include "identity/openid_identity.h"
#include "identity/service_sign_in.h"
#include "support/certificates.h"

namespace cairn::identity {
namespace {

using namespace std::chrono_literals;
using access::Ground;
using access::Role;
using access::UserState;
using cairn::test::CertificateText;
using cairn::test::TestCertificate;

const Ground kGround = {.purpose = access::Purpose::administration};

class AnyAdministration : public test::AnyGateWorld {
protected:
    TestCertificate authority(const std::string& name) {
        CertificateText text = text_of(name);
        text.is_authority = true;
        return TestCertificate::make(text, nullptr);
    }
    CertificateText text_of(const std::string& subject) {
        const auto now =
            std::chrono::floor<std::chrono::seconds>(clock().now()).time_since_epoch().count();
        return {.subject = subject, .not_before = now - 3600, .not_after = now + 30 * 86'400};
    }
    static crypto::Certificate parsed(const TestCertificate& made) {
        return test::value_of(crypto::Certificate::parse(as_bytes(made.pem())));
    }

    AccountAdministration administration_{*gate_};
    ServiceSignIn service_{
        {.records = *world_.records, .keys = *world_.keys, .log = *world_.log, .clock = clock()}};
};

INSTANTIATE_TEST_SUITE_P(
    Engines, AnyAdministration, cairn::test::kEngines, cairn::test::name_of_engine
);

TEST_P(AnyAdministration, InvitesWhoWasAddedAndNobodyElse) {
    const Account guest = add(*agency_, "guest.example", UserState::invited, Role::analyst);
    const auto token = administration_.invite(boss(), kGround, guest.user);
    ASSERT_TRUE(token);
    EXPECT_EQ(world_.last_entry().operation, "user_invite");
    Acceptance acceptance(world_.parts());
    EXPECT_TRUE(
        acceptance.accept(TokenKind::invitation, token->text(), "another four words", client_)
    );
    EXPECT_EQ(administration_.invite(boss(), kGround, guest.user).error().code, Errc::conflict);
    const Account robot = add(*agency_, "robot", UserState::invited, Role::service);
    EXPECT_EQ(administration_.invite(boss(), kGround, robot.user).error().code, Errc::conflict);
}

TEST_P(AnyAdministration, IsForAdministratorsOfTheAgencyWithAFreshSecondFactor) {
    const auto elsewhere = world_.add_agency("Other agency");
    const Account other = add(elsewhere, "other.example", UserState::active, Role::analyst);
    expect_refused(
        administration_.end_sessions(boss(), kGround, other.user), Errc::not_found, "not_found"
    );
    expect_refused(
        administration_.end_sessions(actor_of(account()), kGround, boss_.user),
        Errc::permission_denied,
        "role_forbids"
    );
    expect_refused(
        administration_.end_sessions(boss(), kGround, boss_.user),
        Errc::permission_denied,
        "own_account"
    );
    access::Actor stale = boss();
    stale.second_factor_at = clock().now() - SessionLimits{}.fresh_second_factor;
    expect_refused(
        administration_.end_sessions(stale, kGround, account().user),
        Errc::permission_denied,
        "second_factor_not_fresh"
    );
}

TEST_P(AnyAdministration, UsersOfOthersLookLikeUsersThatAreNotThere) {
    const auto elsewhere = world_.add_agency("Other agency");
    const Account other = add(elsewhere, "other.example", UserState::active, Role::service);
    const auto absent = crypto::random_id<access::UserId>();
    const crypto::Certificate certificate = parsed(authority("Example authority"));
    const auto ask = [&](const access::UserId& user) {
        std::vector<Error> answers;
        const auto note = [&](const auto& result) {
            ASSERT_FALSE(result);
            std::string message = result.error().message;
            const auto at = message.find(user.text());
            if (at != std::string::npos) message.replace(at, user.text().size(), "ID");
            answers.push_back({result.error().code, message});
        };
        note(administration_.invite(boss(), kGround, user));
        note(administration_.reset_password(boss(), kGround, user));
        note(administration_.reset_second_factor(boss(), kGround, user));
        note(administration_.end_sessions(boss(), kGround, user));
        note(administration_.bind_key(boss(), kGround, user, certificate));
        note(administration_.unbind_key(boss(), kGround, user, certificate.key_digest()));
        return answers;
    };
    const auto hidden_answers = ask(other.user);
    const auto absent_answers = ask(absent);
    ASSERT_EQ(hidden_answers.size(), absent_answers.size());
    for (std::size_t i = 0; i < hidden_answers.size(); ++i) {
        EXPECT_EQ(hidden_answers[i].code, absent_answers[i].code) << i;
        EXPECT_EQ(hidden_answers[i].message, absent_answers[i].message) << i;
    }
}

TEST_P(AnyAdministration, EndsTheSessionsOfAColleague) {
    const auto half = world_.sign_in->with_password(test::claim(), test::kPassword, client_);
    ASSERT_TRUE(administration_.end_sessions(boss(), kGround, account().user));
    EXPECT_FALSE(world_.sessions->find(half->token));
}

TEST_P(AnyAdministration, APasswordResetClosesTheAccountUntilItsTokenIsUsed) {
    world_.enrol(account());
    const auto half = world_.sign_in->with_password(test::claim(), test::kPassword, client_);
    const auto token = administration_.reset_password(boss(), kGround, account().user);
    ASSERT_TRUE(token);
    EXPECT_FALSE(world_.sessions->find(half->token));
    EXPECT_FALSE(world_.sign_in->with_password(test::claim(), test::kPassword, client_));
    Acceptance acceptance(world_.parts());
    ASSERT_TRUE(acceptance.accept(TokenKind::reset, token->text(), "another four words", client_));
    EXPECT_EQ(
        world_.sign_in->with_password(test::claim(), "another four words", client_)->stage,
        Stage::code_wanted
    );
}

TEST_P(AnyAdministration, WhoSignsInAtAProviderHasNoPasswordToReset) {
    world_.done([&] {
        return OpenidIdentities(*world_.records, *world_.keys)
            .bind("https://id.example.org", "maria", account().user);
    });
    const auto refused = administration_.reset_password(boss(), kGround, account().user);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
}

TEST_P(AnyAdministration, ASecondFactorIsResetByTwo) {
    world_.enrol(account());
    const Status alone = administration_.reset_second_factor(boss(), kGround, account().user);
    expect_refused(alone, Errc::permission_denied, "approval_required");
    EXPECT_TRUE(*world_.factors->enrolled(account().user));

    const Account chief = add(*agency_, "chief.example", UserState::active, Role::supervisor);
    access::Approvals approvals(*gate_, {});
    const auto approval = approvals.request(
        boss(),
        kGround,
        {.operation = access::OperationId::user_reset_second_factor,
         .parameters = AccountAdministration::parameters(account().user),
         .reason = "the telephone with the authenticator was lost"}
    );
    ASSERT_TRUE(approval) << approval.error().message;
    ASSERT_TRUE(approvals.approve(actor_of(chief), kGround, *approval));
    Ground ground = kGround;
    ground.approval = *approval;
    ASSERT_TRUE(administration_.reset_second_factor(boss(), ground, account().user));
    EXPECT_FALSE(*world_.factors->enrolled(account().user));
    const auto seen = access::alerts(
        *gate_,
        actor_of(chief),
        {.purpose = access::Purpose::oversight},
        std::nullopt,
        std::nullopt,
        100
    );
    ASSERT_TRUE(seen) << seen.error().message;
    ASSERT_EQ(seen->size(), 1U);
    EXPECT_EQ(seen->front().alert.kind, "second_factor_reset");
}

class AnyServiceAccount : public AnyAdministration {
protected:
    AnyServiceAccount() {
        EXPECT_TRUE(administration_.add_authority(boss(), kGround, parsed(authority_)));
    }

    Status bind(const TestCertificate& certificate) {
        return administration_.bind_key(boss(), kGround, robot_.user, parsed(certificate));
    }
    /// One answer for whoever asks; the log knows why.
    void expect_shut(const TestCertificate& certificate, std::string_view reason) {
        const auto refused = service_.actor(parsed(certificate), client_);
        ASSERT_FALSE(refused) << reason;
        EXPECT_EQ(refused.error().code, Errc::unauthenticated);
        EXPECT_EQ(refused.error().message, "this certificate opens nothing here");
        EXPECT_EQ(world_.last_entry().operation, "sign_in_certificate");
        EXPECT_EQ(world_.last_entry().reason, reason);
    }

    TestCertificate authority_ = authority("Example authority");
    Account robot_ = add(*agency_, "robot", UserState::invited, Role::service);
    TestCertificate client_certificate_ = TestCertificate::make(text_of("robot"), &authority_);
};

INSTANTIATE_TEST_SUITE_P(
    Engines, AnyServiceAccount, cairn::test::kEngines, cairn::test::name_of_engine
);

TEST_P(AnyServiceAccount, IsItsKeyWhateverCertificateOfTheAgencyNamesIt) {
    ASSERT_TRUE(bind(client_certificate_));
    EXPECT_EQ(state_of(robot_), UserState::active);
    const auto actor = service_.actor(parsed(client_certificate_), client_);
    ASSERT_TRUE(actor);
    EXPECT_EQ(actor->user, robot_.user);
    EXPECT_EQ(actor->agency, *agency_);
    EXPECT_EQ(actor->roles, access::Roles{Role::service});
    EXPECT_TRUE(actor->session.empty());
    EXPECT_FALSE(actor->second_factor_at);
    const TestCertificate renewed =
        TestCertificate::make(text_of("renewed"), &authority_, client_certificate_.key);
    EXPECT_TRUE(service_.actor(parsed(renewed), client_));
}

TEST_P(AnyServiceAccount, IsShutToOtherCertificates) {
    ASSERT_TRUE(bind(client_certificate_));
    expect_shut(TestCertificate::make(text_of("robot"), &authority_), "unknown_key");
    const auto& key = client_certificate_.key;
    const TestCertificate elsewhere = authority("Example authority");
    expect_shut(TestCertificate::make(text_of("robot"), &elsewhere, key), "other_issuer");
    expect_shut(TestCertificate::make(text_of("robot"), nullptr, key), "other_issuer");
    CertificateText server = text_of("robot");
    server.extended_use = "serverAuth";
    expect_shut(TestCertificate::make(server, &authority_, key), "wrong_use");
    CertificateText early = text_of("robot");
    early.not_before += 86'400;
    expect_shut(TestCertificate::make(early, &authority_, key), "not_yet_valid");
    clock().advance(31 * 24h);
    expect_shut(client_certificate_, "expired");
}

TEST_P(AnyServiceAccount, TheAuthorityOfAnotherAgencyVouchesForNobodyHere) {
    ASSERT_TRUE(bind(client_certificate_));
    const auto elsewhere = world_.add_agency("Other agency");
    const Account other = add(elsewhere, "other.boss", UserState::active, Role::administrator);
    const TestCertificate their_authority = authority("Their authority");
    ASSERT_TRUE(administration_.add_authority(actor_of(other), kGround, parsed(their_authority)));
    expect_shut(
        TestCertificate::make(text_of("robot"), &their_authority, client_certificate_.key),
        "other_issuer"
    );
}

TEST_P(AnyServiceAccount, IsShutOnceUnboundDisabledOrWithoutItsAuthority) {
    ASSERT_TRUE(bind(client_certificate_));
    set_state(robot_, UserState::disabled);
    expect_shut(client_certificate_, "not_active");
    set_state(robot_, UserState::active);
    EXPECT_TRUE(service_.actor(parsed(client_certificate_), client_));
    const auto fingerprint = parsed(authority_).fingerprint();
    ASSERT_TRUE(administration_.remove_authority(boss(), kGround, fingerprint));
    expect_shut(client_certificate_, "other_issuer");
    ASSERT_TRUE(administration_.add_authority(boss(), kGround, parsed(authority_)));
    const auto digest = parsed(client_certificate_).key_digest();
    ASSERT_TRUE(administration_.unbind_key(boss(), kGround, robot_.user, digest));
    expect_shut(client_certificate_, "unknown_key");
    EXPECT_EQ(
        administration_.unbind_key(boss(), kGround, robot_.user, digest).error().code,
        Errc::not_found
    );
}

TEST_P(AnyServiceAccount, BindsOnlyGoodCertificatesToServiceAccountsAndAKeyOnce) {
    const TestCertificate elsewhere = authority("Other authority");
    const Status foreign = bind(TestCertificate::make(text_of("robot"), &elsewhere));
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().code, Errc::invalid_argument);
    EXPECT_NE(foreign.error().message.find("other_issuer"), std::string::npos);
    EXPECT_EQ(state_of(robot_), UserState::invited);
    EXPECT_EQ(
        administration_.bind_key(boss(), kGround, account().user, parsed(client_certificate_))
            .error()
            .code,
        Errc::conflict
    );
    ASSERT_TRUE(bind(client_certificate_));
    EXPECT_EQ(bind(client_certificate_).error().code, Errc::conflict);
    EXPECT_EQ(
        administration_.add_authority(boss(), kGround, parsed(authority_)).error().code,
        Errc::conflict
    );
    EXPECT_EQ(
        administration_.add_authority(boss(), kGround, parsed(client_certificate_)).error().code,
        Errc::invalid_argument
    );
}

}  // namespace
}  // namespace cairn::identity
