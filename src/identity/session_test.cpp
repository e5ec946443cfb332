#include "identity/session.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "identity/world_test.h"

namespace cairn::identity {
namespace {

using namespace std::chrono_literals;

class AnySession : public test::AnyWorld {
protected:
    Token begin(Stage stage = Stage::code_wanted) {
        return world_.within<Token>([&] { return sessions().begin(account().user, stage); });
    }
    Token complete() {
        const Token half = begin();
        return world_.within<Token>([&]() -> Result<Token> {
            const Session session = CAIRN_TRY(sessions().find(half));
            return sessions().complete(session);
        });
    }
    Result<access::Actor> actor(const Token& token) {
        return sessions().actor(token.text(), "192.0.2.17", "request-1");
    }
    void expect_over(const Token& token) {
        const auto refused = actor(token);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::unauthenticated);
        EXPECT_EQ(refused.error().reason, "session_over");
        EXPECT_EQ(
            refused.error().message, "there is no such session, or it is over: sign in again"
        );
    }
    Sessions& sessions() { return *world_.sessions; }
};

INSTANTIATE_TEST_SUITE_P(Engines, AnySession, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(AnySession, CompleteGivesItsUserWithTheRolesOfTheMoment) {
    const Token token = complete();
    const auto who = actor(token);
    ASSERT_TRUE(who);
    EXPECT_EQ(who->user, account().user);
    EXPECT_EQ(who->agency, *agency_);
    EXPECT_EQ(who->profile, access::Profile::police);
    EXPECT_EQ(who->roles, access::Roles{access::Role::investigator});
    EXPECT_EQ(who->session, session_name(token.digest()));
    EXPECT_EQ(who->client, "192.0.2.17");
    EXPECT_EQ(who->request, "request-1");
    EXPECT_EQ(who->second_factor_at, clock().now());
    world_.done([&] {
        return access::store_roles(*world_.records, account().user, {access::Role::auditor});
    });
    EXPECT_EQ(actor(token)->roles, access::Roles{access::Role::auditor});
}

TEST_P(AnySession, IncompleteMayDoNothing) {
    expect_over(begin(Stage::code_wanted));
    expect_over(begin(Stage::enrolment_wanted));
    const Status forced = world_.records->transaction([&]() -> Status {
        CAIRN_TRY(sessions().begin(account().user, Stage::complete));
        return ok();
    });
    EXPECT_EQ(forced.error().code, Errc::internal);
}

TEST_P(AnySession, CompletingChangesTheToken) {
    const Token half = begin();
    const Token whole = world_.within<Token>([&]() -> Result<Token> {
        const Session session = CAIRN_TRY(sessions().find(half));
        return sessions().complete(session);
    });
    EXPECT_TRUE(actor(whole));
    EXPECT_EQ(sessions().find(half).error().code, Errc::unauthenticated);
}

TEST_P(AnySession, EndsWhenIdle) {
    const Token token = complete();
    clock().advance(15min - 1us);
    EXPECT_TRUE(actor(token));
    clock().advance(15min - 1us);
    EXPECT_TRUE(actor(token)) << "it was seen in between";
    clock().advance(15min);
    expect_over(token);
}

TEST_P(AnySession, EndsAfterTwelveHoursHoweverBusy) {
    const Token token = complete();
    for (int i = 0; i < 12 * 6 - 1; ++i) {
        clock().advance(10min);
        ASSERT_TRUE(actor(token));
    }
    clock().advance(10min - 1us);
    EXPECT_TRUE(actor(token));
    clock().advance(1us);
    expect_over(token);
}

TEST_P(AnySession, AnIncompleteOneLastsTenMinutes) {
    const Token token = begin();
    clock().advance(kIncompleteMax - 1us);
    EXPECT_TRUE(sessions().find(token));
    clock().advance(1us);
    EXPECT_FALSE(sessions().find(token));
}

TEST_P(AnySession, EndsWithItsUserBeingDisabled) {
    const Token token = complete();
    const auto set_state = [&](access::UserState state) {
        world_.done([&] { return access::store_user_state(*world_.records, account().user, state); }
        );
    };
    set_state(access::UserState::disabled);
    expect_over(token);
    EXPECT_EQ(world_.within<std::size_t>([&] { return sessions().sweep(); }), 1U);
    set_state(access::UserState::active);
    expect_over(token);
}

TEST_P(AnySession, IsEndedAloneOrWithAllOfItsUser) {
    const Account other = world_.add_user(*agency_, "other", access::UserState::active);
    const Token others =
        world_.within<Token>([&] { return sessions().begin(other.user, Stage::code_wanted); });
    const Token one = complete();
    const Token two = complete();
    const Token three = complete();
    world_.done([&] { return sessions().end(one.digest()); });
    expect_over(one);
    EXPECT_TRUE(actor(two));
    EXPECT_EQ(world_.within<std::size_t>([&] { return sessions().end_all(account().user); }), 2U);
    expect_over(two);
    expect_over(three);
    EXPECT_TRUE(sessions().find(others));
}

TEST_P(AnySession, SweepTakesWhatIsOverAndNothingElse) {
    const auto sweep = [&] {
        return world_.within<std::size_t>([&] { return sessions().sweep(); });
    };
    const Token old_one = complete();
    begin();
    EXPECT_EQ(sweep(), 0U);
    clock().advance(10min);
    EXPECT_EQ(sweep(), 1U) << "the incomplete one";
    EXPECT_TRUE(actor(old_one));
    const Token fresh = complete();
    clock().advance(14min);
    EXPECT_TRUE(actor(fresh));
    clock().advance(2min);
    EXPECT_EQ(sweep(), 1U);
    EXPECT_TRUE(actor(fresh));
    expect_over(old_one);
}

TEST_P(AnySession, TheRecordsHoldNoTokens) {
    const Token token = complete();
    auto find = *world_.records->prepare("SELECT digest FROM session");
    ASSERT_TRUE(*find.step());
    EXPECT_EQ(as_text(find.bytes(0)), as_text(Bytes(token.digest())));
    EXPECT_EQ(actor(Token::random(TokenKind::session)).error().code, Errc::unauthenticated);
    EXPECT_EQ(sessions().actor("cairn_session_0", "", "").error().code, Errc::unauthenticated);
}

TEST(SessionLimits, StayBelowTheCeilings) {
    EXPECT_TRUE(check_limits({}));
    EXPECT_TRUE(check_limits({.idle = 30min, .whole = 12h}));
    EXPECT_TRUE(check_limits({.idle = 1min, .whole = 1min}));
    for (const SessionLimits& wrong : {
             SessionLimits{.idle = 31min},
             SessionLimits{.idle = 0min},
             SessionLimits{.whole = 12h + 1min},
             SessionLimits{.whole = -1min},
         }) {
        EXPECT_EQ(check_limits(wrong).error().code, Errc::invalid_argument);
    }
}

RC_GTEST_PROP(Session, IsOverExactlyWhenTheLimitsSay, ()) {
    const cairn::test::Records place(db::Engine::sqlite);
    test::World world(place.location(), crypto::SecretKey::random());
    const Account account =
        world.add_user(world.add_agency("Example agency"), test::kLogin, access::UserState::active);
    const SessionLimits limits{
        .idle = std::chrono::minutes(*rc::gen::inRange(1, 31)),
        .whole = std::chrono::minutes(*rc::gen::inRange(1, 721)),
    };
    Sessions sessions(*world.records, world.clock, limits);
    const Token token = world.within<Token>([&]() -> Result<Token> {
        const Token half = CAIRN_TRY(sessions.begin(account.user, Stage::code_wanted));
        const Session session = CAIRN_TRY(sessions.find(half));
        return sessions.complete(session);
    });
    const UtcTime begun = world.clock.now();
    UtcTime seen = begun;
    for (const int pause : *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 35 * 60))) {
        world.clock.advance(std::chrono::seconds(pause));
        const UtcTime now = world.clock.now();
        const bool expected = now < begun + limits.whole && now < seen + limits.idle;
        RC_ASSERT(sessions.actor(token.text(), "", "").has_value() == expected);
        if (!expected) break;
        if (now >= seen + kSeenGrain) seen = now;
    }
}

}  // namespace
}  // namespace cairn::identity
