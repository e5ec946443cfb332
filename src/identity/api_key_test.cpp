#include "identity/api_key.h"

#include <gtest/gtest.h>

#include "identity/api_key_administration.h"
#include "identity/gate_world_test.h"

namespace cairn::identity {
namespace {

using namespace std::chrono_literals;
using access::OperationId;
using access::Role;
using access::UserState;

class AnyApiKey : public test::AnyGateWorld {
protected:
    ApiKeyAdministration::NewKey wanted() {
        return {
            .user = robot_.user,
            .name = "nightly scans",
            .scope = {OperationId::case_list, OperationId::scan_run},
            .expires = clock().now() + 24h,
        };
    }
    IssuedApiKey add() { return test::value_of(administration_.add(boss(), ground_, wanted())); }
    Status refused_with(const ApiKeyAdministration::NewKey& key) {
        const auto answer = administration_.add(boss(), ground_, key);
        return answer ? ok() : Status(answer.error());
    }
    /// One answer for whoever asks; the log knows why.
    void expect_shut(std::string_view token, std::string_view reason) {
        const auto refused = keys_.actor(token, client_);
        ASSERT_FALSE(refused) << reason;
        EXPECT_EQ(refused.error().code, Errc::unauthenticated);
        EXPECT_EQ(refused.error().message, "this API key opens nothing here");
        EXPECT_EQ(refused.error().reason, "bad_api_key");
        EXPECT_EQ(world_.last_entry().operation, "sign_in_api_key");
        EXPECT_EQ(world_.last_entry().reason, reason);
    }
    std::vector<ApiKey> list() {
        return test::value_of(administration_.list(boss(), ground_, std::nullopt, 100));
    }

    Account robot_ = add_robot();
    ApiKeyAdministration administration_{*gate_};
    ApiKeys keys_{
        {.records = *world_.records, .keys = *world_.keys, .log = *world_.log, .clock = clock()}};

private:
    Account add_robot() {
        return AnyGateWorld::add(*agency_, "robot", UserState::invited, Role::service);
    }
};

INSTANTIATE_TEST_SUITE_P(Engines, AnyApiKey, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(AnyApiKey, GivesItsAccountWithinItsScope) {
    const IssuedApiKey issued = add();
    EXPECT_TRUE(issued.token.text().starts_with("cairn_key_"));
    EXPECT_EQ(state_of(robot_), UserState::active);
    const auto actor = keys_.actor(issued.token.text(), client_);
    ASSERT_TRUE(actor) << actor.error().message;
    EXPECT_EQ(actor->user, robot_.user);
    EXPECT_EQ(actor->agency, *agency_);
    EXPECT_EQ(actor->roles, access::Roles{Role::service});
    EXPECT_EQ(actor->session, "api_key:" + issued.id.text());
    EXPECT_EQ(actor->client, client_.address);
    EXPECT_FALSE(actor->second_factor_at);
    EXPECT_EQ(actor->scope, wanted().scope);
    const auto act = [&](OperationId operation) {
        const access::Act wish = {
            .operation = operation, .ground = {.purpose = access::Purpose::detection}};
        return gate_->read<std::monostate>(*actor, wish, [](access::Permit&) { return ok(); });
    };
    EXPECT_TRUE(act(OperationId::case_list));
    const auto outside = act(OperationId::case_count);
    EXPECT_EQ(outside.error().code, Errc::permission_denied);
    EXPECT_EQ(outside.error().reason, "scope_forbids");
    EXPECT_EQ(world_.last_entry().session, "api_key:" + issued.id.text());
}

TEST_P(AnyApiKey, IsShutOnceRevokedExpiredOrItsAccountIsNoServiceInUse) {
    const std::string token = add().token.text();
    set_state(robot_, UserState::disabled);
    expect_shut(token, "not_active");
    set_state(robot_, UserState::active);
    EXPECT_TRUE(keys_.actor(token, client_));
    world_.done([&] { return access::store_roles(*world_.records, robot_.user, {Role::analyst}); });
    expect_shut(token, "not_a_service");
    world_.done([&] { return access::store_roles(*world_.records, robot_.user, {Role::service}); });
    const IssuedApiKey other = add();
    ASSERT_TRUE(administration_.revoke(boss(), ground_, other.id));
    expect_shut(other.token.text(), "revoked");
    EXPECT_TRUE(keys_.actor(token, client_)) << "keys are revoked one by one";
    clock().advance(24h - 1us);
    EXPECT_TRUE(keys_.actor(token, client_));
    clock().advance(1us);
    expect_shut(token, "expired");
}

TEST_P(AnyApiKey, OtherTokensAreUnknown) {
    expect_shut("", "unknown_key");
    expect_shut("cairn_key_0", "unknown_key");
    expect_shut(Token::random(TokenKind::api_key).text(), "unknown_key");
    const Token session = world_.within<Token>([&] {
        return world_.sessions->begin(robot_.user, Stage::code_wanted, {});
    });
    expect_shut(session.text(), "unknown_key");
}

TEST_P(AnyApiKey, ANetworkThatFailsTooOftenIsToldSoButForGoodKeys) {
    const std::string good = add().token.text();
    const std::string bad = Token::random(TokenKind::api_key).text();
    for (int i = 0; i < kNetworkFailuresMax; ++i) expect_shut(bad, "unknown_key");
    const auto refused = keys_.actor(bad, client_);
    EXPECT_EQ(refused.error().code, Errc::limit_exceeded);
    EXPECT_EQ(refused.error().reason, "too_many_attempts");
    EXPECT_EQ(world_.last_entry().reason, "network_limit");
    EXPECT_TRUE(keys_.actor(good, client_));
    EXPECT_TRUE(world_.sign_in->with_password(test::claim(), test::kPassword, client_))
        << "people are not kept out by a program";
}

TEST_P(AnyApiKey, IsTriedByItsOwnBudgetWherePeopleFailedTooOften) {
    const auto wrong = test::claim("nobody.example");
    while (world_.sign_in->with_password(wrong, "wrong", client_).error().code ==
           Errc::unauthenticated) {
    }
    expect_shut(Token::random(TokenKind::api_key).text(), "unknown_key");
}

TEST_P(AnyApiKey, UseIsWrittenDownOnceAMinute) {
    const std::string token = add().token.text();
    EXPECT_FALSE(list().at(0).last_used);
    const UtcTime first = clock().now();
    ASSERT_TRUE(keys_.actor(token, client_));
    EXPECT_EQ(list().at(0).last_used, first);
    clock().advance(kUsedGrain - 1us);
    ASSERT_TRUE(keys_.actor(token, client_));
    EXPECT_EQ(list().at(0).last_used, first);
    clock().advance(1us);
    ASSERT_TRUE(keys_.actor(token, client_));
    EXPECT_EQ(list().at(0).last_used, clock().now());
}

TEST_P(AnyApiKey, WhatWillNotDoIsRefused) {
    const auto expect_wrong = [&](const ApiKeyAdministration::NewKey& key) {
        EXPECT_EQ(refused_with(key).error().code, Errc::invalid_argument);
    };
    auto key = wanted();
    key.name = "";
    expect_wrong(key);
    key = wanted();
    key.name = "a\nb";
    expect_wrong(key);
    key = wanted();
    key.scope = {};
    expect_wrong(key);
    key = wanted();
    key.scope.insert(OperationId::user_add);
    expect_wrong(key);
    key = wanted();
    key.expires = clock().now();
    expect_wrong(key);
    key = wanted();
    key.expires = clock().now() + kApiKeyLastsMax + 1us;
    expect_wrong(key);
    key = wanted();
    key.user = account().user;
    expect_refused(refused_with(key), Errc::conflict, "no_service_account");
    set_state(robot_, UserState::disabled);
    expect_refused(refused_with(wanted()), Errc::conflict, "no_service_account");
    set_state(robot_, UserState::active);
    for (int i = 0; i < kApiKeysMax; ++i) add();
    expect_refused(refused_with(wanted()), Errc::limit_exceeded, "too_many_keys");
}

TEST_P(AnyApiKey, WantsAFreshSecondFactorToAddAndToRevoke) {
    const IssuedApiKey issued = add();
    access::Actor stale = boss();
    stale.second_factor_at = clock().now() - SessionLimits{}.fresh_second_factor;
    EXPECT_EQ(
        administration_.add(stale, ground_, wanted()).error().reason, "second_factor_not_fresh"
    );
    EXPECT_EQ(
        administration_.revoke(stale, ground_, issued.id).error().reason, "second_factor_not_fresh"
    );
}

TEST_P(AnyApiKey, KeysOfAnotherAgencyAreNotThere) {
    const IssuedApiKey issued = add();
    const auto elsewhere = world_.add_agency("Other agency");
    const Account other =
        AnyGateWorld::add(elsewhere, "other.boss", UserState::active, Role::administrator);
    EXPECT_TRUE(
        test::value_of(administration_.list(actor_of(other), ground_, std::nullopt, 9)).empty()
    );
    const auto hidden = administration_.revoke(actor_of(other), ground_, issued.id);
    EXPECT_EQ(hidden.error().code, Errc::not_found);
    EXPECT_EQ(
        administration_.add(actor_of(other), ground_, wanted()).error().code, Errc::not_found
    );
    EXPECT_TRUE(keys_.actor(issued.token.text(), client_));
}

TEST_P(AnyApiKey, IsListedAsItWasMadeAndRevokedOnce) {
    const IssuedApiKey one = add();
    clock().advance(1s);
    const IssuedApiKey two = add();
    ASSERT_TRUE(administration_.revoke(boss(), ground_, one.id));
    expect_refused(
        administration_.revoke(boss(), ground_, one.id), Errc::conflict, "revoked_already"
    );
    const auto all = list();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].id, one.id);
    EXPECT_EQ(all[0].name, "nightly scans");
    EXPECT_EQ(all[0].scope, wanted().scope);
    EXPECT_EQ(all[0].user, robot_.user);
    EXPECT_EQ(all[0].created_by, boss_.user);
    EXPECT_EQ(all[0].revoked, clock().now());
    EXPECT_EQ(all[1].id, two.id);
    EXPECT_FALSE(all[1].revoked);
    const auto rest = administration_.list(
        boss(), ground_, access::Cursor<ApiKeyId>{.created = all[0].created, .id = all[0].id}, 100
    );
    ASSERT_EQ(rest->size(), 1U);
    EXPECT_EQ(rest->front().id, two.id);
}

TEST_P(AnyApiKey, TheRecordsHoldNeitherTokenNorName) {
    const IssuedApiKey issued = add();
    auto find = *world_.records->prepare("SELECT digest, name FROM api_key");
    ASSERT_TRUE(*find.step());
    EXPECT_EQ(as_text(find.bytes(0)), as_text(Bytes(issued.token.digest())));
    EXPECT_EQ(as_text(find.bytes(1)).find("nightly"), std::string_view::npos);
}

TEST_P(AnyApiKey, SweepTakesWhatHasExpired) {
    add();
    const auto sweep = [&] {
        return world_.within<std::size_t>([&] {
            return sweep_api_keys(*world_.records, clock().now());
        });
    };
    EXPECT_EQ(sweep(), 0U);
    clock().advance(24h);
    EXPECT_EQ(sweep(), 1U);
    EXPECT_TRUE(list().empty());
}

}  // namespace
}  // namespace cairn::identity
