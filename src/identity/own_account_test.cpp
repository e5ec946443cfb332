#include "identity/own_account.h"

#include <gtest/gtest.h>

#include "identity/world_test.h"

namespace cairn::identity {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kFresh = "another four words here";

class AnyOwnAccount : public test::AnyWorld {
protected:
    AnyOwnAccount() {
        secret_ = world_.enrol(account());
        token_ = sign_in();
    }

    std::string sign_in() {
        clock().advance(30s);
        const auto half = world_.sign_in->with_password(test::claim(), test::kPassword, client_);
        const auto whole =
            world_.sign_in->with_code(half->token.text(), world_.code_of(secret_), client_);
        return whole->token.text();
    }
    bool is_in(const std::string& token) {
        return world_.session_sign_in->actor(token, client_).has_value();
    }

    std::string secret_;
    std::string token_;
    OwnAccount own_{world_.parts(), {}};
};

INSTANTIATE_TEST_SUITE_P(
    Engines, AnyOwnAccount, cairn::test::kEngines, cairn::test::name_of_engine
);

TEST_P(AnyOwnAccount, SignsOutHereOrEverywhere) {
    const std::string second = sign_in();
    const std::string third = sign_in();
    EXPECT_TRUE(own_.sign_out(token_, client_));
    EXPECT_EQ(world_.last_entry().operation, "sign_out");
    EXPECT_FALSE(is_in(token_));
    EXPECT_TRUE(is_in(second));
    EXPECT_TRUE(own_.sign_out_everywhere(second, client_));
    EXPECT_FALSE(is_in(second));
    EXPECT_FALSE(is_in(third));
    EXPECT_EQ(own_.sign_out(token_, client_).error().code, Errc::unauthenticated);
}

TEST_P(AnyOwnAccount, SessionsAreListedAndEndedOneByOne) {
    const std::string second = sign_in();
    const auto all = own_.sessions(second);
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), 2U);
    EXPECT_FALSE(all->at(0).is_current);
    EXPECT_TRUE(all->at(1).is_current);
    EXPECT_EQ(all->at(1).begun, clock().now());
    EXPECT_EQ(all->at(1).seen, clock().now());
    EXPECT_EQ(all->at(1).second_factor, clock().now());
    EXPECT_TRUE(own_.end_session(second, all->at(0).name, client_));
    EXPECT_EQ(world_.last_entry().operation, "session_end");
    EXPECT_FALSE(is_in(token_));
    EXPECT_TRUE(is_in(second));
    const Status again = own_.end_session(second, all->at(0).name, client_);
    EXPECT_EQ(again.error().code, Errc::not_found);
    EXPECT_EQ(world_.last_entry().reason, "no_such_session");
    EXPECT_TRUE(own_.end_session(second, all->at(1).name, client_));
    EXPECT_EQ(own_.sessions(second).error().reason, "session_over");
}

TEST_P(AnyOwnAccount, SessionsOfOthersAreNotThere) {
    const Account other = world_.add_user(*agency_, "other.example", access::UserState::active);
    const Token theirs = world_.within<Token>([&]() -> Result<Token> {
        const auto half = CAIRN_TRY(world_.sessions->begin(other.user, Stage::code_wanted, {}));
        const auto session = CAIRN_TRY(world_.sessions->find(half));
        return world_.sessions->complete(session);
    });
    EXPECT_EQ(
        own_.end_session(token_, session_name(theirs.digest()), client_).error().code,
        Errc::not_found
    );
    EXPECT_EQ(own_.sessions(token_)->size(), 1U);
    EXPECT_TRUE(is_in(theirs.text()));
}

TEST_P(AnyOwnAccount, WhoTellsWhoseSessionItIsAndHowLongItLasts) {
    const auto who = own_.who(token_);
    ASSERT_TRUE(who) << who.error().message;
    EXPECT_EQ(who->user.id, account().user);
    EXPECT_EQ(who->user.login, test::kLogin);
    EXPECT_EQ(who->agency.name, test::kAgency);
    EXPECT_EQ(who->agency.profile, access::Profile::police);
    EXPECT_EQ(who->stage, Stage::complete);
    EXPECT_EQ(who->idle_end, clock().now() + 15min);
    EXPECT_EQ(who->latest_end, clock().now() + 12h);
    EXPECT_EQ(who->second_factor, clock().now());
    EXPECT_EQ(who->recovery_codes_left, 0U);
    const auto half = world_.sign_in->with_password(test::claim(), test::kPassword, client_);
    const auto half_way = own_.who(half->token.text());
    ASSERT_TRUE(half_way);
    EXPECT_EQ(half_way->stage, Stage::code_wanted);
    EXPECT_EQ(half_way->latest_end, clock().now() + kIncompleteMax);
    clock().advance(15min);
    EXPECT_EQ(own_.who(token_).error().reason, "session_over");
}

TEST_P(AnyOwnAccount, TheSecondFactorIsShownAgain) {
    clock().advance(SessionLimits{}.fresh_second_factor);
    EXPECT_EQ(own_.renew_recovery_codes(token_, client_).error().code, Errc::permission_denied);
    EXPECT_EQ(world_.last_entry().reason, "second_factor_not_fresh");
    EXPECT_EQ(
        own_.show_second_factor(token_, "wrong", client_).error().code, Errc::unauthenticated
    );
    const std::string code = world_.code_of(secret_);
    EXPECT_TRUE(own_.show_second_factor(token_, code, client_));
    EXPECT_FALSE(own_.show_second_factor(token_, code, client_)) << "a replay";
    EXPECT_EQ(own_.renew_recovery_codes(token_, client_)->size(), kRecoveryCodes);
    EXPECT_EQ(*own_.recovery_codes_left(token_), kRecoveryCodes);
    EXPECT_EQ(world_.session_sign_in->actor(token_, client_)->second_factor_at, clock().now());
}

TEST_P(AnyOwnAccount, ANewPasswordEndsAllSessions) {
    EXPECT_TRUE(own_.change_password(token_, test::kPassword, kFresh, client_));
    EXPECT_EQ(world_.last_entry().operation, "password_change");
    EXPECT_FALSE(is_in(token_));
    EXPECT_FALSE(world_.sign_in->with_password(test::claim(), test::kPassword, client_));
    EXPECT_TRUE(world_.sign_in->with_password(test::claim(), kFresh, client_));
}

TEST_P(AnyOwnAccount, ANewPasswordWantsTheCurrentOne) {
    for (int i = 0; i < LockOutLimits{}.failures_max; ++i) {
        const Status refused = own_.change_password(token_, "wrong", kFresh, client_);
        EXPECT_EQ(refused.error().code, Errc::unauthenticated);
        EXPECT_EQ(world_.last_entry().reason, "wrong_password");
    }
    EXPECT_FALSE(own_.change_password(token_, test::kPassword, kFresh, client_));
    EXPECT_EQ(world_.last_entry().reason, "locked");
    EXPECT_TRUE(is_in(token_));
    EXPECT_EQ(
        own_.change_password(token_, test::kPassword, "short", client_).error().code,
        Errc::invalid_argument
    );
}

TEST_P(AnyOwnAccount, AnotherAuthenticatorTakesTheOldOnesPlace) {
    const auto enrolment = own_.begin_authenticator(token_, client_);
    ASSERT_TRUE(enrolment);
    const std::string fresh = test::World::secret_in(enrolment->secret);
    EXPECT_FALSE(own_.finish_authenticator(token_, "wrong", client_));
    const auto codes = own_.finish_authenticator(token_, world_.code_of(fresh), client_);
    ASSERT_TRUE(codes);
    EXPECT_EQ(codes->size(), kRecoveryCodes);
    secret_ = fresh;
    EXPECT_TRUE(is_in(sign_in()));
}

TEST_P(AnyOwnAccount, AHalfSessionMayDoNothingOfThis) {
    const auto half = world_.sign_in->with_password(test::claim(), test::kPassword, client_);
    const std::string token = half->token.text();
    EXPECT_FALSE(own_.sign_out_everywhere(token, client_));
    EXPECT_FALSE(own_.begin_authenticator(token, client_));
    EXPECT_FALSE(own_.renew_recovery_codes(token, client_));
    EXPECT_FALSE(own_.recovery_codes_left(token));
    EXPECT_FALSE(own_.change_password(token, test::kPassword, kFresh, client_));
    EXPECT_FALSE(own_.show_second_factor(token, world_.code_of(secret_), client_));
}

}  // namespace
}  // namespace cairn::identity
