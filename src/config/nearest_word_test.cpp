#include "config/nearest_word.h"

#include <array>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cairn::config {
namespace {

TEST(EditDistance, CountsSlips) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("database", "databse"), 1U);
    EXPECT_EQ(edit_distance("database", "databaes"), 1U) << "neighbours swapped";
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

RC_GTEST_PROP(EditDistance, IsSymmetricAndZeroOnlyForEqualWords, ()) {
    const auto a = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("abc")));
    const auto b = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("abc")));
    RC_ASSERT(edit_distance(a, b) == edit_distance(b, a));
    RC_ASSERT((edit_distance(a, b) == 0) == (a == b));
    RC_ASSERT(edit_distance(a, b) <= std::max(a.size(), b.size()));
}

TEST(NearestKey, FindsSlipsAndWrongSections) {
    constexpr std::array<std::string_view, 4> kKeys = {
        "database", "sign_in", "sign_in.idle_limit", "audit.witness"};
    EXPECT_EQ(nearest_key("databse", kKeys), "database");
    EXPECT_EQ(nearest_key("signin", kKeys), "sign_in");
    EXPECT_EQ(nearest_key("sign_in.idle_limt", kKeys), "sign_in.idle_limit");
    EXPECT_EQ(nearest_key("idle_limit", kKeys), "sign_in.idle_limit");
    EXPECT_EQ(nearest_key("audit.idle_limit", kKeys), "sign_in.idle_limit");
}

TEST(NearestKey, GuessesNothingFarFetched) {
    constexpr std::array<std::string_view, 2> kKeys = {"database", "sign_in.idle_limit"};
    EXPECT_EQ(nearest_key("colour", kKeys), std::nullopt);
    EXPECT_EQ(nearest_key("", kKeys), std::nullopt);
    EXPECT_EQ(nearest_key(std::string(100'000, 'a'), kKeys), std::nullopt);
    EXPECT_EQ(nearest_key("database", {}), std::nullopt);
}

}  // namespace
}  // namespace cairn::config
