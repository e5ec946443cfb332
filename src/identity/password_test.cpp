#include "identity/password.h"

#include <gtest/gtest.h>

namespace cairn::identity {
namespace {

void expect_refused(std::string_view password, std::string_view why) {
    const Status checked = check_new_password(password, "maria.example");
    ASSERT_FALSE(checked) << password;
    EXPECT_EQ(checked.error().code, Errc::invalid_argument);
    EXPECT_NE(checked.error().message.find(why), std::string::npos) << checked.error().message;
    if (password.size() >= 6) {
        EXPECT_EQ(checked.error().message.find(password), std::string::npos);
    }
}

TEST(PasswordPolicy, TakesLongOnesOfAnyKind) {
    for (const std::string_view good : {
             std::string_view("four plain english words"),
             std::string_view("twelve bytes"),
             std::string_view("\xc3\xa4\xc3\xb6\xc3\xbc \xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x8e"),
             std::string_view("maria.example likes long walks"),
             std::string_view("abcdefghijkm"),
         }) {
        EXPECT_TRUE(check_new_password(good, "maria.example")) << good;
    }
    EXPECT_TRUE(check_new_password(std::string(1000, 'a') + "b", "maria.example"));
    EXPECT_TRUE(check_new_password("an account without a login", ""));
}

TEST(PasswordPolicy, RefusesByLength) {
    expect_refused("", "too short");
    expect_refused("elevenbytes", "too short");
    expect_refused(std::string(1025, 'x'), "too long");
}

TEST(PasswordPolicy, RefusesWhatIsNoText) {
    expect_refused("\xff\xfe twelve bytes", "UTF-8");
}

TEST(PasswordPolicy, RefusesTheLoginAndLittleMore) {
    expect_refused("maria.example", "login");
    expect_refused("MARIA.example1", "login");
    expect_refused("!!maria.example", "login");
}

TEST(PasswordPolicy, RefusesTheFirstThatAreTried) {
    for (const char* common : {
             "PasswordPassword",
             "qwerty123456",
             "aaaaaaaaaaaa",
             "abcabcabcabcab",
             "123456789012345",
             "987654321098",
             "abcdefghijklmnop",
             "11111111111111111",
         }) {
        expect_refused(common, "first that are tried");
    }
}

TEST(Argon2idHasher, SaysWhenAStoredHashIsOutdated) {
    Argon2idHasher old_one({.memory_bytes = 8192, .passes = 1});
    Argon2idHasher new_one({.memory_bytes = 8192, .passes = 2});
    const std::string encoded = *old_one.hash("four plain english words");
    EXPECT_FALSE(old_one.outdated(encoded));
    EXPECT_TRUE(new_one.outdated(encoded));
    EXPECT_TRUE(*new_one.matches(encoded, "four plain english words"));
}

}  // namespace
}  // namespace cairn::identity
