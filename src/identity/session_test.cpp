#include "identity/session.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "identity/first_factor.h"
#include "identity/world_test.h"

namespace cairn::identity {
namespace {

using namespace std::chrono_literals;

class AnySession : public test::AnyWorld {
protected:
    void set_state(access::UserState state) {
        world_.done([&] { return access::store_user_state(*world_.records, account().user, state); }
        );
    }
    Token begin(Stage stage = Stage::code_wanted) {
        return world_.within<Token>([&] {
            return sessions().begin(account().user, stage, network_);
        });
    }
    Token complete() {
        const Token half = begin();
        return world_.within<Token>([&]() -> Result<Token> {
            const Session session = CAIRN_TRY(sessions().find(half));
            return sessions().complete(session);
        });
    }
    Result<access::Actor> actor(const Token& token) {
        return world_.session_sign_in->actor(token.text(), client_);
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

    const crypto::Tag256 network_ = network_subject(*world_.keys, client_);
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
        CAIRN_TRY(sessions().begin(account().user, Stage::complete, network_));
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
    set_state(access::UserState::disabled);
    expect_over(token);
    EXPECT_EQ(world_.within<std::size_t>([&] { return sessions().sweep(); }), 1U);
    set_state(access::UserState::active);
    expect_over(token);
}

TEST_P(AnySession, StaysOverWhenItsUserIsEnabledAgainSoon) {
    const Token complete_one = complete();
    const Token half = begin();
    set_state(access::UserState::disabled);
    set_state(access::UserState::active);
    expect_over(complete_one);
    EXPECT_FALSE(sessions().find(half));
    EXPECT_TRUE(actor(complete())) << "a new one is good";
    EXPECT_EQ(world_.within<std::size_t>([&] { return sessions().sweep(); }), 2U);
}

TEST_P(AnySession, ThatIsUsedFromAnotherNetworkGoesOnAndIsTold) {
    const Token token = complete();
    const auto from = [&](const char* address) {
        return world_.session_sign_in->actor(token.text(), {.address = address, .id = "r"})
            .has_value();
    };
    const auto told = [&] {
        auto count = test::value_of(world_.records->prepare(
            "SELECT count(*) FROM alert WHERE kind = 'session_moved' AND object = ?"
        ));
        return test::value_of(
            count.bind(1, "session:" + session_name(token.digest())).run_for_integer()
        );
    };
    EXPECT_TRUE(from("192.0.2.17"));
    EXPECT_TRUE(from("192.0.2.200")) << "the same network";
    EXPECT_EQ(told(), 0);
    EXPECT_TRUE(world_.entries().empty());
    EXPECT_TRUE(from("2001:db8::1"));
    EXPECT_EQ(told(), 2) << "administrators and auditors";
    const audit::Entry entry = world_.last_entry();
    EXPECT_EQ(entry.operation, "session_moved");
    EXPECT_EQ(entry.outcome, audit::Outcome::ok);
    EXPECT_EQ(entry.actor, account().user.text());
    EXPECT_EQ(entry.session, session_name(token.digest()));
    EXPECT_EQ(entry.client, "2001:db8::1");
    EXPECT_TRUE(from("2001:db8::2"));
    EXPECT_TRUE(from("192.0.2.17"));
    EXPECT_EQ(told(), 2) << "once for each network";
    for (int i = 0; i < 2 * kNetworksToldMax; ++i) {
        EXPECT_TRUE(from(fmt::format("2001:db8:0:{:x}::1", i + 1).c_str()));
    }
    EXPECT_EQ(told(), 2 * kNetworksToldMax);
    world_.done([&] { return sessions().end(token.digest()); });
    EXPECT_FALSE(from("2001:db8::1"));
}

TEST_P(AnySession, TheRecordsHoldNoAddresses) {
    const Token token = complete();
    ASSERT_TRUE(world_.session_sign_in->actor(token.text(), {.address = "2001:db8::1", .id = ""}));
    for (const char* sql : {"SELECT network FROM session", "SELECT network FROM session_network"}) {
        auto find = test::value_of(world_.records->prepare(sql));
        ASSERT_TRUE(*find.step());
        EXPECT_EQ(find.bytes(0).size(), 32U);
        EXPECT_EQ(as_text(find.bytes(0)).find("192.0"), std::string_view::npos);
    }
}

TEST_P(AnySession, IsEndedAloneOrWithAllOfItsUser) {
    const Account other = world_.add_user(*agency_, "other", access::UserState::active);
    const Token others = world_.within<Token>([&] {
        return sessions().begin(other.user, Stage::code_wanted, network_);
    });
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
    const auto cut = world_.session_sign_in->actor("cairn_session_0", client_);
    EXPECT_EQ(cut.error().code, Errc::unauthenticated);
    EXPECT_EQ(cut.error().reason, "malformed_token");
}

TEST(SessionLimits, StayBelowTheCeilings) {
    EXPECT_TRUE(check_limits({}));
    EXPECT_TRUE(check_limits({.idle = 30min, .whole = 12h}));
    EXPECT_TRUE(check_limits({.idle = 1min, .whole = 1min}));
    for (const SessionLimits& wrong : {
             SessionLimits{.idle = 30min + 1s},
             SessionLimits{.idle = 0min},
             SessionLimits{.whole = 12h + 1s},
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
        .idle = std::chrono::seconds(*rc::gen::inRange(1, 30 * 60)),
        .whole = std::chrono::seconds(*rc::gen::inRange(1, 12 * 60 * 60)),
    };
    Sessions sessions(*world.records, world.clock, limits);
    SessionSignIn sign_in(
        {.records = *world.records, .keys = *world.keys, .log = *world.log, .clock = world.clock},
        limits
    );
    const Client client{.address = "192.0.2.17", .id = "request-1"};
    const auto here = network_subject(*world.keys, client);
    const Token token = world.within<Token>([&]() -> Result<Token> {
        const Token half = CAIRN_TRY(sessions.begin(account.user, Stage::code_wanted, here));
        const Session session = CAIRN_TRY(sessions.find(half));
        return sessions.complete(session);
    });
    const UtcTime begun = world.clock.now();
    UtcTime seen = begun;
    for (const int pause : *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 35 * 60))) {
        world.clock.advance(std::chrono::seconds(pause));
        const UtcTime now = world.clock.now();
        const bool expected = now < begun + limits.whole && now < seen + limits.idle;
        RC_ASSERT(sign_in.actor(token.text(), client).has_value() == expected);
        if (!expected) break;
        if (now >= seen + std::min(kSeenGrain, limits.idle / 10)) seen = now;
    }
}

}  // namespace
}  // namespace cairn::identity
