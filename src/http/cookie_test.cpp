#include "http/cookie.h"

#include <gtest/gtest.h>

namespace cairn::http {
namespace {

std::optional<std::string> cookie_in(std::string_view field, std::string_view name = "session") {
    Fields fields;
    fields.add("cookie", field);
    const auto found = find_cookie(fields, name);
    if (!found) return std::nullopt;
    return std::string(*found);
}

TEST(Cookie, IsFoundByItsName) {
    EXPECT_EQ(cookie_in("session=abc"), "abc");
    EXPECT_EQ(cookie_in("a=b; session=abc; c=d"), "abc");
    EXPECT_EQ(cookie_in("a=b;session=abc ;c=d"), "abc");
    EXPECT_EQ(cookie_in("session=\"abc\""), "abc");
    EXPECT_EQ(cookie_in("session=a=b=="), "a=b==");
    EXPECT_EQ(cookie_in("session="), "");
    EXPECT_EQ(cookie_in(";; ;session=abc;"), "abc");
    EXPECT_EQ(cookie_in("__Host-session=abc", "__Host-session"), "abc");
}

TEST(Cookie, IsNotFoundWhereItIsNotClear) {
    EXPECT_EQ(cookie_in(""), std::nullopt);
    EXPECT_EQ(cookie_in("session"), std::nullopt);
    EXPECT_EQ(cookie_in("Session=abc"), std::nullopt);
    EXPECT_EQ(cookie_in("xsession=abc"), std::nullopt);
    EXPECT_EQ(cookie_in("session =abc"), std::nullopt);
    EXPECT_EQ(cookie_in("session=abc; session=def"), std::nullopt);
    EXPECT_EQ(cookie_in("session=abc; session=abc"), std::nullopt);
    Fields twice;
    twice.add("Cookie", "session=abc");
    twice.add("Cookie", "a=b");
    EXPECT_EQ(find_cookie(twice, "session"), std::nullopt);
    EXPECT_EQ(find_cookie(Fields(), "session"), std::nullopt);
}

TEST(Cookie, OfOthersMayBeMalformed) {
    EXPECT_EQ(cookie_in("a={\"b\": 1, \"c\"}; session=abc; =; \xC3\xA4=\xFF"), "abc");
    for (const char* value :
         {"a b", "a,b", "a\"b", "\"", "a\\b", "\xC3\xA4", "\"a\"b\"", "a\x01"}) {
        EXPECT_EQ(cookie_in(std::string("session=") + value), std::nullopt) << value;
    }
}

}  // namespace
}  // namespace cairn::http
