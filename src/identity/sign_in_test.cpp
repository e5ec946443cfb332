#include "identity/sign_in.h"

#include <algorithm>
#include <thread>

#include <gtest/gtest.h>

#include "identity/world_test.h"

namespace cairn::identity {
namespace {

using namespace std::chrono_literals;
using test::kLogin;
using test::kPassword;

class AnySignIn : public test::AnyWorld {
protected:
    Result<HalfSignedIn> password(
        std::string_view login = kLogin, std::string_view password = kPassword
    ) {
        return world_.sign_in->with_password(test::claim(login), password, client_);
    }
    /// Refused, in the words and at the cost that every refusal has; the log knows why.
    void expect_refused(std::string_view login, std::string_view word, std::string_view reason) {
        world_.hasher.computed = 0;
        const auto answer = password(login, word);
        ASSERT_FALSE(answer) << reason;
        EXPECT_EQ(answer.error().code, Errc::unauthenticated);
        EXPECT_EQ(answer.error().reason, "bad_credentials");
        EXPECT_EQ(
            answer.error().message,
            "the sign-in was refused: agency, login or password is wrong, or the account is "
            "locked for a while or not in use"
        );
        EXPECT_EQ(world_.hasher.computed, 1) << reason;
        const audit::Entry entry = world_.last_entry();
        EXPECT_EQ(entry.operation, "sign_in_password");
        EXPECT_EQ(entry.outcome, audit::Outcome::refused);
        EXPECT_EQ(entry.reason, reason);
    }
    void set_state(access::UserState state) {
        world_.done([&] { return access::store_user_state(*world_.records, account().user, state); }
        );
    }
};

INSTANTIATE_TEST_SUITE_P(Engines, AnySignIn, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(AnySignIn, TakesPasswordThenCode) {
    const std::string secret = world_.enrol(account());
    clock().advance(30s);
    const auto half = password("MARIA.Example");
    ASSERT_TRUE(half);
    EXPECT_EQ(half->stage, Stage::code_wanted);
    EXPECT_FALSE(world_.session_sign_in->actor(half->token.text(), client_));
    const auto whole =
        world_.sign_in->with_code(half->token.text(), world_.code_of(secret), client_);
    ASSERT_TRUE(whole);
    const auto actor = world_.session_sign_in->actor(whole->token.text(), client_);
    ASSERT_TRUE(actor);
    EXPECT_EQ(actor->user, account().user);
    EXPECT_EQ(actor->second_factor_at, clock().now());

    const auto entries = world_.entries();
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].operation, "sign_in_password");
    EXPECT_EQ(entries[0].session, session_name(half->token.digest()));
    EXPECT_EQ(entries[1].operation, "sign_in_code");
    EXPECT_EQ(entries[1].session, actor->session);
    for (const audit::Entry& entry : entries) {
        EXPECT_EQ(entry.outcome, audit::Outcome::ok);
        EXPECT_EQ(entry.actor, account().user.text());
        EXPECT_EQ(entry.agency, agency_->text());
        EXPECT_EQ(entry.client, "192.0.2.17");
        EXPECT_EQ(entry.request, "request-1");
    }
}

TEST_P(AnySignIn, APasswordAloneOnlyEnrolsASecondFactor) {
    const auto half = password();
    ASSERT_TRUE(half);
    EXPECT_EQ(half->stage, Stage::enrolment_wanted);
    const std::string token = half->token.text();
    EXPECT_FALSE(world_.session_sign_in->actor(token, client_));
    EXPECT_FALSE(world_.sign_in->with_code(token, "000000", client_));
    const auto enrolment = world_.sign_in->begin_enrolment(token, client_);
    ASSERT_TRUE(enrolment);
    const std::string secret = test::World::secret_in(enrolment->secret);
    EXPECT_EQ(
        world_.sign_in->finish_enrolment(token, "wrong", client_).error().code,
        Errc::unauthenticated
    );
    EXPECT_EQ(world_.last_entry().reason, "wrong_code");
    const auto enrolled = world_.sign_in->finish_enrolment(token, world_.code_of(secret), client_);
    ASSERT_TRUE(enrolled);
    EXPECT_EQ(enrolled->recovery_codes.size(), kRecoveryCodes);
    EXPECT_TRUE(world_.session_sign_in->actor(enrolled->token.text(), client_));
    EXPECT_FALSE(world_.sign_in->begin_enrolment(token, client_)) << "its session is over";
    EXPECT_EQ(password()->stage, Stage::code_wanted);
}

TEST_P(AnySignIn, WithASecondFactorAPasswordDoesNotEnrolAnother) {
    world_.enrol(account());
    const auto half = password();
    EXPECT_EQ(
        world_.sign_in->begin_enrolment(half->token.text(), client_).error().code,
        Errc::unauthenticated
    );
}

TEST_P(AnySignIn, RefusesAllAlike) {
    expect_refused("nobody.example", kPassword, "unknown_login");
    EXPECT_EQ(world_.last_entry().actor, "unknown");
    expect_refused(kLogin, "four plain english worms", "wrong_password");
    EXPECT_EQ(world_.last_entry().actor, account().user.text());
    set_state(access::UserState::disabled);
    expect_refused(kLogin, kPassword, "not_active");
    set_state(access::UserState::invited);
    expect_refused(kLogin, kPassword, "not_active");
    set_state(access::UserState::active);
    world_.done([&] { return world_.credentials->remove_password(account().user); });
    expect_refused(kLogin, kPassword, "no_password");
    expect_refused(kLogin, kPassword, "no_password");
    expect_refused(kLogin, kPassword, "locked");
    expect_refused("", "", "unknown_login");
    expect_refused(kLogin, std::string(100'000, 'x'), "locked");
}

TEST_P(AnySignIn, TheSameLoginInAnotherAgencyIsSomebodyElse) {
    const auto elsewhere = world_.add_agency("Other agency");
    const Account other = world_.add_user(elsewhere, kLogin, access::UserState::active);
    world_.set_password(other, "another good password");
    const auto there = [&](std::string_view agency, std::string_view word) {
        return world_.sign_in->with_password({.agency = agency, .login = kLogin}, word, client_);
    };
    for (int i = 0; i < LockOutLimits{}.failures_max; ++i)
        EXPECT_FALSE(there("Other agency", kPassword));
    EXPECT_FALSE(there("Other agency", "another good password")) << "locked";
    EXPECT_TRUE(password()) << "but nobody else is";
    clock().advance(LockOutLimits{}.first_delay);
    EXPECT_TRUE(there("Other agency", "another good password"));
    EXPECT_FALSE(there("No agency", kPassword));
    EXPECT_EQ(world_.last_entry().reason, "unknown_login");
}

TEST_P(AnySignIn, FiveWrongPasswordsLockTheRightOneOut) {
    for (int i = 0; i < LockOutLimits{}.failures_max; ++i)
        expect_refused(kLogin, "wrong", "wrong_password");
    expect_refused(kLogin, kPassword, "locked");
    clock().advance(LockOutLimits{}.first_delay);
    EXPECT_TRUE(password());
    for (int i = 0; i < LockOutLimits{}.failures_max; ++i)
        expect_refused(kLogin, "wrong", "wrong_password");
    expect_refused(kLogin, kPassword, "locked");
}

TEST_P(AnySignIn, UnknownLoginsAreCountedLikeAllOthers) {
    for (int i = 0; i < LockOutLimits{}.failures_max + 1; ++i) {
        expect_refused("nobody.example", "wrong", "unknown_login");
    }
    auto rows = *world_.records->prepare("SELECT failures FROM lock_out");
    ASSERT_TRUE(*rows.step());
    EXPECT_EQ(rows.integer(0), LockOutLimits{}.failures_max);
}

TEST_P(AnySignIn, TheRightPasswordDoesNotForgiveWrongCodes) {
    world_.enrol(account());
    for (int i = 0; i < LockOutLimits{}.failures_max; ++i) {
        const auto half = password();
        ASSERT_TRUE(half);
        EXPECT_FALSE(world_.sign_in->with_code(half->token.text(), "wrong", client_));
        EXPECT_EQ(world_.last_entry().reason, "wrong_code");
    }
    const auto half = password();
    EXPECT_FALSE(world_.sign_in->with_code(half->token.text(), "wrong", client_));
    EXPECT_EQ(world_.last_entry().reason, "locked");
}

TEST_P(AnySignIn, AReplayedCodeIsToldAndCostsNothing) {
    const std::string secret = world_.enrol(account());
    const auto half = password();
    const auto refused =
        world_.sign_in->with_code(half->token.text(), world_.code_of(secret), client_);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("used already"), std::string::npos);
    EXPECT_EQ(world_.last_entry().reason, "code_used_before");
    clock().advance(30s);
    EXPECT_TRUE(world_.sign_in->with_code(half->token.text(), world_.code_of(secret), client_));
}

TEST_P(AnySignIn, ARecoveryCodeStandsInForTheAuthenticator) {
    world_.enrol(account());
    const auto codes = world_.within<std::vector<std::string>>([&] {
        return world_.factors->renew_recovery_codes(account());
    });
    const auto half = password();
    const auto whole = world_.sign_in->with_code(half->token.text(), codes[3], client_);
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->recovery_codes_left, 9U);
}

TEST_P(AnySignIn, ANetworkThatFailsTooOftenWaitsWhoeverItAsksFor) {
    for (int i = 0; i < kNetworkFailuresMax; ++i) {
        ASSERT_EQ(password(fmt::format("guess{}", i), "wrong").error().code, Errc::unauthenticated);
    }
    world_.hasher.computed = 0;
    for (const std::string_view login : {kLogin, std::string_view("nobody.example")}) {
        const auto refused = password(login);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::limit_exceeded);
        EXPECT_EQ(world_.last_entry().actor, "unknown");
        EXPECT_EQ(world_.last_entry().reason, "network_limit");
    }
    EXPECT_EQ(world_.hasher.computed, 0);
    client_.address = "198.51.100.1";
    EXPECT_TRUE(password()) << "others are not kept out";
}

TEST_P(AnySignIn, SuccessDoesNotUseANetworkUp) {
    for (int i = 0; i < 2 * kNetworkFailuresMax; ++i) ASSERT_TRUE(password()) << i;
}

TEST_P(AnySignIn, AttemptsAtOnceDoNotExceedTheLimit) {
    constexpr int kThreads = 8;
    std::vector<std::unique_ptr<test::World>> worlds;
    for (int i = 0; i < kThreads; ++i) {
        worlds.push_back(std::make_unique<test::World>(place_.location(), master_));
    }
    std::vector<std::thread> threads;
    for (const auto& world : worlds) {
        threads.emplace_back([&, here = world.get()] {
            for (int i = 0; i < 2; ++i) {
                const auto refused =
                    here->sign_in->with_password(test::claim(kLogin), "wrong", client_);
                EXPECT_EQ(refused.error().code, Errc::unauthenticated);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    const auto entries = world_.entries();
    EXPECT_EQ(
        std::count_if(
            entries.begin(),
            entries.end(),
            [](const audit::Entry& entry) { return entry.reason == "wrong_password"; }
        ),
        LockOutLimits{}.failures_max
    );
}

TEST_P(AnySignIn, WhatChangesWhileThePasswordIsComputedCounts) {
    test::World other(place_.location(), master_);
    world_.hasher.meanwhile = [&] {
        other.done([&] {
            return access::store_user_state(
                *other.records, account().user, access::UserState::disabled
            );
        });
    };
    expect_refused(kLogin, kPassword, "changed_meanwhile");
    set_state(access::UserState::active);
    world_.hasher.meanwhile = [&] { other.set_password(account(), "another good password"); };
    expect_refused(kLogin, kPassword, "changed_meanwhile");
    world_.hasher.meanwhile = nullptr;
    EXPECT_TRUE(password(kLogin, "another good password"));
}

TEST_P(AnySignIn, AnOutdatedHashIsMadeAgain) {
    Argon2idHasher old_hasher({.memory_bytes = 8192, .passes = 2});
    const std::string old_hash = *old_hasher.hash(kPassword);
    world_.done([&] { return world_.credentials->set_password_hash(account(), old_hash); });
    EXPECT_TRUE(password());
    const auto stored = *world_.credentials->password_hash(account());
    EXPECT_NE(*stored, old_hash);
    EXPECT_FALSE(world_.hasher.outdated(*stored));
    EXPECT_TRUE(password());
}

TEST_P(AnySignIn, NothingSecretIsOnRecordOrInMessages) {
    const std::string secret = world_.enrol(account());
    clock().advance(30s);
    const auto codes = world_.within<std::vector<std::string>>([&] {
        return world_.factors->renew_recovery_codes(account());
    });
    std::vector<std::string> said;
    const auto note = [&](const auto& result) {
        if (!result) said.push_back(result.error().message);
    };
    note(password("planted.login", "planted password"));
    note(password(kLogin, "planted password"));
    const auto half = password();
    const std::string token = half->token.text();
    note(world_.sign_in->with_code(token, "planted code", client_));
    note(world_.sign_in->with_code(token + "planted", codes[0], client_));
    const auto whole = world_.sign_in->with_code(token, codes[1], client_);
    ASSERT_TRUE(whole);
    for (const audit::Entry& entry : world_.entries()) {
        said.emplace_back(as_text(*audit::encode_entry(entry)));
    }
    const std::string planted[] = {
        "planted",
        std::string(kLogin),
        std::string(kPassword),
        secret,
        token.substr(20),
        whole->token.text().substr(20),
        codes[0],
        codes[1],
        "Maria"};
    for (const std::string& text : said) {
        for (const std::string& word : planted) {
            EXPECT_EQ(text.find(word), std::string::npos) << text;
        }
    }
    EXPECT_GE(said.size(), 8U);
}

}  // namespace
}  // namespace cairn::identity
