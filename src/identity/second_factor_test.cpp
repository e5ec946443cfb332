#include "identity/second_factor.h"

#include <thread>

#include <gtest/gtest.h>

#include "base/text.h"
#include "identity/world_test.h"

namespace cairn::identity {
namespace {

using namespace std::chrono_literals;

class AnySecondFactor : public test::AnyWorld {
protected:
    CodeVerdict check(std::string_view code) { return check_in(world_, code); }
    CodeVerdict check_in(test::World& world, std::string_view code) {
        return world.within<CodeVerdict>([&] { return world.factors->check(account(), code); });
    }
    bool enrolled() { return *world_.factors->enrolled(account().user); }
    std::vector<std::string> new_recovery_codes() {
        return world_.within<std::vector<std::string>>([&] {
            return world_.factors->renew_recovery_codes(account());
        });
    }
    std::size_t left() { return *world_.factors->recovery_codes_left(account().user); }
};

INSTANTIATE_TEST_SUITE_P(
    Engines, AnySecondFactor, cairn::test::kEngines, cairn::test::name_of_engine
);

TEST_P(AnySecondFactor, IsEnrolledOnceItsFirstCodeWasShown) {
    EXPECT_FALSE(enrolled());
    const auto enrolment =
        world_.within<TotpEnrolment>([&] { return world_.factors->begin_enrolment(account()); });
    EXPECT_EQ(
        enrolment.uri,
        "otpauth://totp/Example%20installation:maria.example?secret=" + enrolment.secret +
            "&issuer=Example%20installation&algorithm=SHA1&digits=6&period=30"
    );
    const std::string code = world_.code_of(test::World::secret_in(enrolment.secret));
    const auto finish = [&](const std::string& shown) {
        return world_.within<CodeVerdict>([&] {
            return world_.factors->finish_enrolment(account(), shown);
        });
    };
    EXPECT_EQ(finish(code == "000000" ? "000001" : "000000"), CodeVerdict::wrong);
    EXPECT_FALSE(enrolled());
    EXPECT_EQ(check(code), CodeVerdict::wrong) << "not in force yet";
    EXPECT_EQ(finish(code), CodeVerdict::good);
    EXPECT_TRUE(enrolled());
    EXPECT_EQ(check(code), CodeVerdict::used_before);
    const Status again = world_.records->transaction([&]() -> Status {
        CAIRN_TRY(world_.factors->finish_enrolment(account(), code));
        return ok();
    });
    EXPECT_EQ(again.error().code, Errc::not_found);
}

TEST_P(AnySecondFactor, ACodeOpensOnce) {
    const std::string secret = world_.enrol(account());
    clock().advance(30s);
    const std::string code = world_.code_of(secret);
    EXPECT_EQ(check(code), CodeVerdict::good);
    EXPECT_EQ(check(code), CodeVerdict::used_before);
    clock().advance(30s);
    EXPECT_EQ(check(code), CodeVerdict::used_before) << "within the window still";
    EXPECT_EQ(check(world_.code_of(secret)), CodeVerdict::good);
    clock().advance(60s);
    EXPECT_EQ(check(code), CodeVerdict::wrong) << "outside of it";
}

TEST_P(AnySecondFactor, ACodeBeforeTheLastGoodOneDoesNotOpen) {
    const std::string secret = world_.enrol(account());
    clock().advance(60s);
    const std::string earlier = world_.code_of(secret);
    clock().advance(30s);
    EXPECT_EQ(check(world_.code_of(secret)), CodeVerdict::good);
    EXPECT_EQ(check(earlier), CodeVerdict::used_before);
}

TEST_P(AnySecondFactor, OfTwoConnectionsAtOnceOneIsLetIn) {
    const std::string secret = world_.enrol(account());
    clock().advance(30s);
    const std::string code = world_.code_of(secret);
    test::World other(place_.location(), master_);
    other.clock.advance(30s);
    CodeVerdict here{};
    CodeVerdict there{};
    std::thread thread([&] { there = check_in(other, code); });
    here = check(code);
    thread.join();
    EXPECT_TRUE((here == CodeVerdict::good) != (there == CodeVerdict::good));
    EXPECT_TRUE(here == CodeVerdict::used_before || there == CodeVerdict::used_before);
}

TEST_P(AnySecondFactor, ANewAuthenticatorLeavesTheOldOneInForceUntilItsFirstCode) {
    const std::string old_secret = world_.enrol(account());
    clock().advance(30s);
    const auto enrolment =
        world_.within<TotpEnrolment>([&] { return world_.factors->begin_enrolment(account()); });
    EXPECT_EQ(check(world_.code_of(old_secret)), CodeVerdict::good);
    clock().advance(30s);
    const std::string fresh = test::World::secret_in(enrolment.secret);
    EXPECT_EQ(
        world_.within<CodeVerdict>([&] {
            return world_.factors->finish_enrolment(account(), world_.code_of(fresh));
        }),
        CodeVerdict::good
    );
    clock().advance(30s);
    EXPECT_EQ(check(world_.code_of(old_secret)), CodeVerdict::wrong);
    EXPECT_EQ(check(world_.code_of(fresh)), CodeVerdict::good);
}

TEST_P(AnySecondFactor, RecoveryCodesOpenOnceEach) {
    world_.enrol(account());
    const auto codes = new_recovery_codes();
    ASSERT_EQ(codes.size(), kRecoveryCodes);
    EXPECT_EQ(std::set<std::string>(codes.begin(), codes.end()).size(), kRecoveryCodes);
    EXPECT_EQ(codes[0].size(), 19U);
    EXPECT_EQ(left(), 10U);
    EXPECT_EQ(check(codes[0]), CodeVerdict::good);
    EXPECT_EQ(check(codes[0]), CodeVerdict::wrong);
    EXPECT_EQ(left(), 9U);
    std::string typed = lower_ascii(codes[1]);
    std::erase(typed, '-');
    EXPECT_EQ(check(typed), CodeVerdict::good) << "as people type it";
    EXPECT_EQ(left(), 8U);
}

TEST_P(AnySecondFactor, NewRecoveryCodesReplaceTheOld) {
    world_.enrol(account());
    const auto old_codes = new_recovery_codes();
    const auto fresh = new_recovery_codes();
    EXPECT_EQ(left(), 10U);
    EXPECT_EQ(check(old_codes[0]), CodeVerdict::wrong);
    EXPECT_EQ(check(fresh[0]), CodeVerdict::good);
}

TEST_P(AnySecondFactor, ARecoveryCodeIsOfOneUser) {
    world_.enrol(account());
    const auto codes = new_recovery_codes();
    const Account other = world_.add_user(*agency_, "other", access::UserState::active);
    EXPECT_EQ(
        world_.within<CodeVerdict>([&] { return world_.factors->check(other, codes[0]); }),
        CodeVerdict::wrong
    );
    EXPECT_EQ(left(), 10U);
}

TEST_P(AnySecondFactor, FiveWrongCodesLockEvenTheRightOne) {
    const std::string secret = world_.enrol(account());
    const auto codes = new_recovery_codes();
    clock().advance(30s);
    for (int i = 0; i < LockOutLimits{}.failures_max; ++i)
        EXPECT_EQ(check("wrong"), CodeVerdict::wrong);
    EXPECT_EQ(check(world_.code_of(secret)), CodeVerdict::locked);
    EXPECT_EQ(check(codes[0]), CodeVerdict::locked);
    clock().advance(LockOutLimits{}.first_delay);
    EXPECT_EQ(check(world_.code_of(secret)), CodeVerdict::good) << "nothing was spent";
    EXPECT_EQ(left(), 10U);
}

TEST_P(AnySecondFactor, OnceRemovedNothingOpens) {
    const std::string secret = world_.enrol(account());
    const auto codes = new_recovery_codes();
    clock().advance(30s);
    world_.done([&] { return world_.factors->remove(account().user); });
    EXPECT_FALSE(enrolled());
    EXPECT_EQ(left(), 0U);
    EXPECT_EQ(check(world_.code_of(secret)), CodeVerdict::wrong);
    EXPECT_EQ(check(codes[0]), CodeVerdict::wrong);
}

TEST_P(AnySecondFactor, TheSecretIsSealedInTheRecords) {
    const std::string secret = world_.enrol(account());
    auto find = *world_.records->prepare("SELECT secret FROM totp");
    ASSERT_TRUE(*find.step());
    EXPECT_EQ(as_text(find.bytes(0)).find(secret), std::string_view::npos);
}

TEST(SecondFactor, IsNotToldWrongFromLocked) {
    EXPECT_EQ(code_refused(CodeVerdict::wrong).message, code_refused(CodeVerdict::locked).message);
    EXPECT_NE(
        code_refused(CodeVerdict::used_before).message.find("used already"), std::string::npos
    );
}

}  // namespace
}  // namespace cairn::identity
