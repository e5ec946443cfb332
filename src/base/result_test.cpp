#include "base/result.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

Result<int> parse_even(int n) {
    if (n % 2 != 0) return fail(Errc::invalid_argument, "{} is odd", n);
    return n;
}

Result<int> doubled(int n) {
    const int even = CAIRN_TRY(parse_even(n));
    return even * 2;
}

TEST(Result, PropagatesTheFirstError) {
    const auto result = doubled(3);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::invalid_argument);
    EXPECT_EQ(result.error().message, "3 is odd");
}

TEST(Result, UnwrapsTheValue) {
    const auto result = doubled(4);
    ASSERT_TRUE(result);
    EXPECT_EQ(*result, 8);
}

}  // namespace
}  // namespace cairn
