#include "identity/openid_sign_in.h"

#include <map>

#include <gmock/gmock.h>

#include "identity/fake_provider_test.h"
#include "identity/world_test.h"

namespace cairn::identity {
namespace {

using namespace std::chrono_literals;
using test::FakeProvider;
using testing::HasSubstr;
using testing::Not;

OpenidClientSettings settings(std::string_view secret = test::kClientSecret) {
    const Bytes bytes = as_bytes(secret);
    return {
        .issuer = std::string(test::kIssuer),
        .client_id = std::string(test::kClientId),
        .client_secret = crypto::SecretText(ByteVector(bytes.begin(), bytes.end())),
        .redirect_uri = std::string(test::kRedirectUri),
    };
}

std::vector<OpenidClientSettings> only(OpenidClientSettings one) {
    std::vector<OpenidClientSettings> all;
    all.push_back(std::move(one));
    return all;
}

class AnyOpenidSignIn : public test::AnyWorld {
protected:
    /// What a browser keeps while somebody is at the provider.
    struct Visit {
        std::string state;
        std::string code;
        std::string verifier;
    };

    Visit visit(const std::string& subject) {
        const auto begun = test::value_of(sign_in_.begin(test::kIssuer, client_));
        return {
            .state = FakeProvider::parameter(begun.address, "state"),
            .code = provider_.approve(begun.address, subject),
            .verifier = begun.verifier};
    }
    Result<HalfSignedIn> come_back(const Visit& visit, const std::string& invitation = {}) {
        client_.id = "request-" + std::to_string(++requests_);
        return sign_in_.finish(
            {.state = visit.state,
             .code = visit.code,
             .issuer = test::kIssuer,
             .verifier = visit.verifier,
             .invitation = invitation},
            client_
        );
    }
    std::string invite(const Account& account) {
        return world_
            .within<Token>([&] { return invitations_.issue(account.user, TokenKind::invitation); })
            .text();
    }
    /// The guest, bound to subject "guest".
    void bind_guest() {
        const auto half = come_back(visit("guest"), invite(guest_));
        ASSERT_TRUE(half) << half.error().message;
    }
    /// What was put on record of the last request, by operation.
    std::map<std::string, audit::Entry> last_entries() {
        std::map<std::string, audit::Entry> last;
        for (audit::Entry& entry : world_.entries()) {
            if (entry.request == client_.id) last[entry.operation] = std::move(entry);
        }
        return last;
    }
    void expect_refused(const Result<HalfSignedIn>& refused, std::string_view reason) {
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::unauthenticated);
        EXPECT_EQ(
            refused.error().message,
            "the sign-in was refused: begin again, and if that does not help ask an administrator "
            "of your agency for an invitation"
        );
        const auto entries = last_entries();
        ASSERT_EQ(entries.size(), 1U);
        const audit::Entry& entry = entries.at("sign_in_openid");
        EXPECT_EQ(entry.outcome, audit::Outcome::refused);
        EXPECT_EQ(entry.reason, reason);
    }
    access::UserState state_of(const Account& account) {
        return (*find_account(*world_.records, account.user))->state;
    }

    int requests_ = 0;
    FakeProvider provider_{clock()};
    OpenidSignIn sign_in_{world_.parts(), provider_, only(settings())};
    Invitations invitations_{*world_.records, clock()};
    Account guest_ = world_.add_user(*agency_, "guest.example", access::UserState::invited);
};

INSTANTIATE_TEST_SUITE_P(
    Engines, AnyOpenidSignIn, cairn::test::kEngines, cairn::test::name_of_engine
);

TEST_P(AnyOpenidSignIn, WithAnInvitationBindsTheUserAndAsksForASecondFactor) {
    const std::string invitation = invite(guest_);
    const auto half = come_back(visit("guest"), invitation);
    ASSERT_TRUE(half) << half.error().message;
    EXPECT_EQ(half->stage, Stage::enrolment_wanted);
    EXPECT_EQ(state_of(guest_), access::UserState::active);
    auto entries = last_entries();
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries["invitation_accept"].actor, guest_.user.text());
    EXPECT_EQ(entries["sign_in_openid"].actor, guest_.user.text());
    EXPECT_EQ(entries["sign_in_openid"].session, session_name(half->token.digest()));

    expect_refused(come_back(visit("another"), invitation), "invitation_not_good");
}

TEST_P(AnyOpenidSignIn, OfABoundUserWantsTheCodeAndThenIsComplete) {
    bind_guest();
    const std::string secret =
        world_.enrol(*test::value_of(find_account(*world_.records, guest_.user)));
    clock().advance(1min);
    const auto half = come_back(visit("guest"));
    ASSERT_TRUE(half) << half.error().message;
    EXPECT_EQ(half->stage, Stage::code_wanted);
    EXPECT_FALSE(world_.session_sign_in->actor(half->token.text(), client_));
    const auto whole =
        world_.sign_in->with_code(half->token.text(), world_.code_of(secret), client_);
    ASSERT_TRUE(whole);
    const auto actor = world_.session_sign_in->actor(whole->token.text(), client_);
    ASSERT_TRUE(actor);
    EXPECT_EQ(actor->user, guest_.user);
}

TEST_P(AnyOpenidSignIn, LeavesTheUserWithoutAPassword) {
    bind_guest();
    EXPECT_FALSE(
        world_.sign_in->with_password(test::claim("guest.example"), test::kPassword, client_)
    );
    EXPECT_EQ(last_entries()["sign_in_password"].reason, "no_password");
}

TEST_P(AnyOpenidSignIn, OfSomebodyNotInvitedIsRefused) {
    expect_refused(come_back(visit("stranger")), "unknown_identity");
    expect_refused(come_back(visit("stranger"), "no token"), "invitation_not_good");
    const std::string forged = Token::random(TokenKind::invitation).text();
    expect_refused(come_back(visit("stranger"), forged), "invitation_not_good");
    const std::string reset =
        world_.within<Token>([&] { return invitations_.issue(account().user, TokenKind::reset); }
        ).text();
    expect_refused(come_back(visit("stranger"), reset), "invitation_not_good");
}

TEST_P(AnyOpenidSignIn, OfABoundIdentityTakesNoSecondUser) {
    bind_guest();
    const Account second = world_.add_user(*agency_, "second.example", access::UserState::invited);
    const std::string invitation = invite(second);
    expect_refused(come_back(visit("guest"), invitation), "identity_already_bound");
    EXPECT_EQ(state_of(second), access::UserState::invited);
    EXPECT_TRUE(come_back(visit("second"), invitation));
}

TEST_P(AnyOpenidSignIn, OfADisabledUserIsRefused) {
    bind_guest();
    world_.done([&] {
        return access::store_user_state(*world_.records, guest_.user, access::UserState::disabled);
    });
    expect_refused(come_back(visit("guest")), "not_active");
}

TEST_P(AnyOpenidSignIn, IsGoodOnce) {
    bind_guest();
    const Visit good = visit("guest");
    ASSERT_TRUE(come_back(good));
    expect_refused(come_back(good), "unknown_state");
    Visit stale = visit("guest");
    stale.code = good.code;
    expect_refused(come_back(stale), "id_token_refused");
}

TEST_P(AnyOpenidSignIn, OfAnotherBrowserIsRefusedAndSpent) {
    bind_guest();
    const Visit good = visit("guest");
    Visit other = good;
    other.verifier = visit("guest").verifier;
    expect_refused(come_back(other), "other_browser");
    expect_refused(come_back(good), "unknown_state");
    Visit without = visit("guest");
    without.verifier.clear();
    expect_refused(come_back(without), "other_browser");
}

TEST_P(AnyOpenidSignIn, WithAnInventedOrExpiredStateIsRefused) {
    bind_guest();
    Visit invented = visit("guest");
    invented.state = OpenidSecrets::random().state;
    expect_refused(come_back(invented), "unknown_state");
    const Visit late = visit("guest");
    clock().advance(kOpenidAttemptLasts);
    expect_refused(come_back(late), "unknown_state");
}

TEST_P(AnyOpenidSignIn, WithTheCodeOfAnotherVisitIsRefused) {
    bind_guest();
    Visit mixed = visit("guest");
    mixed.code = visit("guest").code;
    expect_refused(come_back(mixed), "id_token_refused");
    Visit without = visit("guest");
    without.code.clear();
    expect_refused(come_back(without), "id_token_refused");
}

TEST_P(AnyOpenidSignIn, OfAnotherIssuerIsRefused) {
    bind_guest();
    const Visit good = visit("guest");
    const OpenidReturn returned = {
        .state = good.state,
        .code = good.code,
        .issuer = "https://other.example.org",
        .verifier = good.verifier,
        .invitation = {}};
    client_.id = "another request";
    expect_refused(sign_in_.finish(returned, client_), "other_provider");
}

TEST_P(AnyOpenidSignIn, WithAnIdTokenForOthersIsRefused) {
    bind_guest();
    const std::vector<std::pair<const char*, const char*>> wrong = {
        {"aud", "another client"}, {"iss", "https://other.example.org"}, {"nonce", "another"}};
    for (const auto& [claim, value] : wrong) {
        provider_.alter = [&](nlohmann::json& claims) { claims[claim] = value; };
        expect_refused(come_back(visit("guest")), "id_token_refused");
    }
}

TEST_P(AnyOpenidSignIn, AsksForNewKeysOnceAMinuteAtMost) {
    bind_guest();
    EXPECT_EQ(provider_.keys_asked, 1);
    EXPECT_EQ(provider_.documents_asked, 1);
    provider_.change_key();
    expect_refused(come_back(visit("guest")), "id_token_refused");
    EXPECT_EQ(provider_.keys_asked, 1);
    clock().advance(kKeysAskedEvery);
    EXPECT_TRUE(come_back(visit("guest")));
    EXPECT_EQ(provider_.keys_asked, 2);
    clock().advance(kProviderRemembered);
    EXPECT_TRUE(come_back(visit("guest")));
    EXPECT_EQ(provider_.keys_asked, 3);
    EXPECT_EQ(provider_.documents_asked, 2);
}

TEST_P(AnyOpenidSignIn, SaysWhenTheProviderIsInTrouble) {
    bind_guest();
    const auto expect_trouble = [&](std::string_view why) {
        const auto failed = come_back(visit("guest"));
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().code, Errc::unavailable);
        EXPECT_THAT(failed.error().message, HasSubstr(why));
        EXPECT_EQ(last_entries()["sign_in_openid"].reason, "provider_failed");
    };
    provider_.refusal = {.status = 500, .body = "<html>"};
    expect_trouble("status 500");
    provider_.refusal = {.status = 401, .body = R"({"error":"invalid_client"})"};
    expect_trouble("client id and secret");
    provider_.is_down = true;
    expect_trouble("nobody is there");
    // Nobody is locked out by it.
    for (int i = 0; i < kNetworkFailuresMax; ++i) EXPECT_FALSE(come_back(visit("guest")));
    provider_.is_down = false;
    provider_.refusal = {};
    EXPECT_TRUE(come_back(visit("guest")));
}

TEST_P(AnyOpenidSignIn, DoesNotBeginWhereTheProviderIsAnother) {
    provider_.issuer = "https://other.example.org";
    EXPECT_EQ(sign_in_.begin(test::kIssuer, client_).error().code, Errc::corrupt_data);
    provider_.is_down = true;
    EXPECT_EQ(sign_in_.begin(test::kIssuer, client_).error().code, Errc::unavailable);
    EXPECT_EQ(sign_in_.begin("https://nobody.example.org", client_).error().code, Errc::not_found);
}

TEST_P(AnyOpenidSignIn, WithAWrongClientSecretIsTroubleAndTellsNothing) {
    OpenidSignIn wrong(world_.parts(), provider_, only(settings("not the secret")));
    const auto begun = test::value_of(wrong.begin(test::kIssuer, client_));
    const std::string state = FakeProvider::parameter(begun.address, "state");
    const std::string code = provider_.approve(begun.address, "guest");
    const auto failed = wrong.finish(
        {.state = state, .code = code, .issuer = {}, .verifier = begun.verifier, .invitation = {}},
        client_
    );
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Errc::unavailable);
    EXPECT_THAT(failed.error().message, Not(HasSubstr("not the secret")));
    EXPECT_THAT(failed.error().message, Not(HasSubstr(code)));
}

TEST_P(AnyOpenidSignIn, EndsANetworksBudgetWithItsFailures) {
    bind_guest();
    for (int i = 0; i < kNetworkFailuresMax; ++i) {
        EXPECT_EQ(come_back({}).error().code, Errc::unauthenticated) << i;
    }
    EXPECT_EQ(come_back(visit("guest")).error().code, Errc::limit_exceeded);
    EXPECT_EQ(last_entries()["sign_in_openid"].reason, "network_limit");
    client_.address = "198.51.100.4";
    EXPECT_TRUE(come_back(visit("guest")));
}

TEST_P(AnyOpenidSignIn, HasALimitOfVisitsUnderWayForEachNetwork) {
    for (std::int64_t i = 0; i < kOpenidAttemptsMax; ++i) {
        ASSERT_TRUE(sign_in_.begin(test::kIssuer, client_)) << i;
    }
    EXPECT_EQ(sign_in_.begin(test::kIssuer, client_).error().code, Errc::limit_exceeded);
    client_.address = "198.51.100.4";
    EXPECT_TRUE(sign_in_.begin(test::kIssuer, client_));
    clock().advance(kOpenidAttemptLasts);
    OpenidAttempts attempts(*world_.records, clock());
    const auto swept = world_.within<std::size_t>([&] { return attempts.sweep(); });
    EXPECT_EQ(swept, static_cast<std::size_t>(kOpenidAttemptsMax) + 1);
}

TEST_P(AnyOpenidSignIn, KeepsNothingThatLetsAnybodyIn) {
    const Visit under_way = visit("guest");
    bind_guest();
    auto rows = test::value_of(
        world_.records->prepare("SELECT state, verifier FROM openid_attempt UNION ALL "
                                "SELECT subject, subject FROM openid_identity")
    );
    int count = 0;
    for (; test::value_of(rows.step()); ++count) {
        EXPECT_EQ(rows.bytes(0).size(), 32U);
        EXPECT_EQ(rows.bytes(1).size(), 32U);
    }
    EXPECT_EQ(count, 2);
    for (const audit::Entry& entry : world_.entries()) {
        const ByteVector bytes = test::value_of(audit::encode_entry(entry));
        EXPECT_THAT(std::string(as_text(bytes)), Not(HasSubstr(under_way.state)));
    }
}

}  // namespace
}  // namespace cairn::identity
