#include "crypto/password_hash.h"

#include <gtest/gtest.h>

namespace cairn::crypto {
namespace {

/// The least that libsodium computes: these tests are of the wrapping, not of Argon2id's strength.
constexpr PasswordCost kCheap{.memory_bytes = 8192, .passes = 1};

TEST(PasswordHash, KnowsItsPasswordAndNoOther) {
    const std::string encoded = *hash_password("correct horse battery", kCheap);
    EXPECT_EQ(encoded.substr(0, 27), "$argon2id$v=19$m=8,t=1,p=1$");
    EXPECT_TRUE(*is_password(encoded, "correct horse battery"));
    EXPECT_FALSE(*is_password(encoded, "correct horse batterz"));
    EXPECT_FALSE(*is_password(encoded, ""));
}

TEST(PasswordHash, IsSaltedAndTakesEveryByte) {
    EXPECT_NE(*hash_password("x", kCheap), *hash_password("x", kCheap));
    const std::string with_nul("before\0after", 12);
    const std::string encoded = *hash_password(with_nul, kCheap);
    EXPECT_TRUE(*is_password(encoded, with_nul));
    EXPECT_FALSE(*is_password(encoded, "before"));
}

TEST(PasswordHash, ReadsWhatTheReferenceProgramWrote) {
    // argon2 "somesalt" -id -t 2 -k 65536 -p 1, from the tests of the reference implementation.
    const std::string encoded =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ"
        "$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    EXPECT_TRUE(*is_password(encoded, "password"));
    EXPECT_FALSE(*is_password(encoded, "differentpassword"));
    EXPECT_TRUE(has_other_cost(encoded, kPasswordCost));
}

TEST(PasswordHash, TellsAnotherCost) {
    const std::string encoded = *hash_password("x", kCheap);
    EXPECT_FALSE(has_other_cost(encoded, kCheap));
    EXPECT_TRUE(has_other_cost(encoded, {.memory_bytes = 8192, .passes = 2}));
    EXPECT_TRUE(has_other_cost(encoded, {.memory_bytes = 16384, .passes = 1}));
    EXPECT_TRUE(has_other_cost("no password", kCheap));
}

TEST(PasswordHash, ADamagedFormIsAnErrorNotAWrongPassword) {
    for (const char* damaged : {"", "plain", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ"}) {
        const auto checked = is_password(damaged, "x");
        ASSERT_FALSE(checked) << damaged;
        EXPECT_EQ(checked.error().code, Errc::unavailable);
    }
}

TEST(PasswordHash, AnImpossibleCostIsAnError) {
    EXPECT_EQ(hash_password("x", {.memory_bytes = 1, .passes = 1}).error().code, Errc::unavailable);
}

}  // namespace
}  // namespace cairn::crypto
