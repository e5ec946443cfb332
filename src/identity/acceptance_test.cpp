#include "identity/acceptance.h"

#include <gtest/gtest.h>

#include "identity/world_test.h"

namespace cairn::identity {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kFresh = "another four words here";

class AnyAcceptance : public test::AnyWorld {
protected:
    Token issue(const Account& account, TokenKind kind) {
        return world_.within<Token>([&] { return invitations_.issue(account.user, kind); });
    }
    Status accept(const Token& token, std::string_view password = kFresh) {
        return acceptance_.accept(token.kind(), token.text(), password, client_);
    }
    void expect_not_good(const Status& status) {
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, Errc::unauthenticated);
        EXPECT_EQ(
            status.error().message,
            "this token is not good, or no longer: ask an administrator of your agency for a new "
            "one"
        );
    }
    access::UserState state_of(const Account& account) {
        return (*find_account(*world_.records, account.user))->state;
    }

    Invitations invitations_{*world_.records, clock()};
    Acceptance acceptance_{world_.parts()};
    Account guest_ = world_.add_user(*agency_, "guest.example", access::UserState::invited);
};

INSTANTIATE_TEST_SUITE_P(
    Engines, AnyAcceptance, cairn::test::kEngines, cairn::test::name_of_engine
);

TEST_P(AnyAcceptance, AnInvitationSetsAPasswordAndThenASecondFactorIsWanted) {
    const Token token = issue(guest_, TokenKind::invitation);
    ASSERT_TRUE(accept(token));
    EXPECT_EQ(state_of(guest_), access::UserState::active);
    EXPECT_EQ(world_.last_entry().operation, "invitation_accept");
    EXPECT_EQ(world_.last_entry().actor, guest_.user.text());
    const auto half = world_.sign_in->with_password(test::claim("guest.example"), kFresh, client_);
    ASSERT_TRUE(half);
    EXPECT_EQ(half->stage, Stage::enrolment_wanted);
}

TEST_P(AnyAcceptance, AResetSetsAPasswordAndEndsSessionsButKeepsTheSecondFactor) {
    world_.enrol(account());
    const auto before = world_.sign_in->with_password(test::claim(), test::kPassword, client_);
    ASSERT_TRUE(accept(issue(account(), TokenKind::reset)));
    EXPECT_EQ(world_.last_entry().operation, "password_reset_accept");
    EXPECT_FALSE(world_.sessions->find(before->token));
    EXPECT_FALSE(world_.sign_in->with_password(test::claim(), test::kPassword, client_));
    const auto half = world_.sign_in->with_password(test::claim(), kFresh, client_);
    ASSERT_TRUE(half);
    EXPECT_EQ(half->stage, Stage::code_wanted);
}

TEST_P(AnyAcceptance, SpentOverReplacedForeignAndForgedTokensHaveOneAnswer) {
    const Token spent = issue(account(), TokenKind::reset);
    ASSERT_TRUE(accept(spent));
    expect_not_good(accept(spent));

    const Token replaced = issue(account(), TokenKind::reset);
    const Token over = issue(account(), TokenKind::reset);
    expect_not_good(accept(replaced));
    clock().advance(kResetLasts);
    expect_not_good(accept(over));

    const Token late = issue(guest_, TokenKind::invitation);
    clock().advance(kInvitationLasts);
    expect_not_good(accept(late));
    expect_not_good(accept(Token::random(TokenKind::invitation)));
    expect_not_good(accept(Token::random(TokenKind::reset)));
    EXPECT_EQ(state_of(guest_), access::UserState::invited);
}

TEST_P(AnyAcceptance, ATokenIsWorthNothingToAUserInAnotherState) {
    const Token token = issue(guest_, TokenKind::invitation);
    world_.done([&] {
        return access::store_user_state(*world_.records, guest_.user, access::UserState::disabled);
    });
    expect_not_good(accept(token));
    EXPECT_EQ(state_of(guest_), access::UserState::disabled);
}

TEST_P(AnyAcceptance, APasswordThatWillNotDoLeavesTheTokenGood) {
    const Token token = issue(guest_, TokenKind::invitation);
    for (const std::string_view poor : {"short", "guest.example", "passwordpassword"}) {
        const Status refused = accept(token, poor);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    }
    EXPECT_TRUE(accept(token));
}

TEST_P(AnyAcceptance, ATypingErrorIsToldAsSuch) {
    std::string text = issue(guest_, TokenKind::invitation).text();
    text.back() = text.back() == '0' ? '1' : '0';
    const Status refused = acceptance_.accept(TokenKind::invitation, text, kFresh, client_);
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    EXPECT_EQ(refused.error().message.find(text.substr(20)), std::string::npos);
}

TEST_P(AnyAcceptance, SweepTakesWhatIsOver) {
    issue(guest_, TokenKind::invitation);
    issue(account(), TokenKind::reset);
    const auto sweep = [&] {
        return world_.within<std::size_t>([&] { return invitations_.sweep(); });
    };
    EXPECT_EQ(sweep(), 0U);
    clock().advance(kResetLasts);
    EXPECT_EQ(sweep(), 1U);
}

}  // namespace
}  // namespace cairn::identity
