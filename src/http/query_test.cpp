#include "http/query.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "base/hex.h"
#include "base/text.h"

namespace cairn::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

void expect_malformed(const std::string& text) {
    const auto refused = percent_decoded(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
}

TEST(PercentDecoded, ReadsBothCases) {
    EXPECT_EQ(*percent_decoded("a%20b%2f%2F+%c3%A4"), "a b//+\xC3\xA4");
    EXPECT_EQ(*percent_decoded(""), "");
    EXPECT_EQ(*percent_decoded("%2525"), "%25");
}

TEST(PercentDecoded, RefusesWhatIsMalformed) {
    for (const char* text : {"%", "%4", "%4g", "%g4", "%%41", "a%", "%+4", "% 4", "%-1"}) {
        expect_malformed(text);
    }
    for (const char* text : {"%00", "%0A", "%7f", "%1F", "a\tb"}) expect_malformed(text);
    for (const char* text : {"%FF", "%C3", "%C0%80", "%ED%A0%80", "\xC3"}) expect_malformed(text);
}

TEST(PathSegments, AreDecodedOneByOne) {
    EXPECT_THAT(*path_segments("/"), ElementsAre(""));
    EXPECT_THAT(*path_segments("/a/b%2Fc"), ElementsAre("a", "b/c"));
    EXPECT_THAT(*path_segments("/a/"), ElementsAre("a", ""));
    EXPECT_THAT(*path_segments("//a"), ElementsAre("", "a"));
    EXPECT_THAT(*path_segments("/a+b"), ElementsAre("a+b"));
}

TEST(PathSegments, LeadNowhereElse) {
    for (const char* path : {"", "a", "/.", "/..", "/a/../b", "/%2e%2E/b", "/a/%2e", "/%00"}) {
        EXPECT_FALSE(path_segments(path)) << path;
    }
    std::string deep;
    for (std::size_t depth = 0; depth < kQueryPartsMax; ++depth) deep += "/a";
    EXPECT_EQ(path_segments(deep)->size(), kQueryPartsMax);
    EXPECT_EQ(path_segments(deep + "/a").error().code, Errc::limit_exceeded);
}

TEST(Query, GivesParametersByName) {
    const auto query = Query::parse("a=1&b=x+y%2Bz&c=&d%3D==%3d");
    ASSERT_TRUE(query) << query.error().message;
    EXPECT_EQ(query->find("a"), "1");
    EXPECT_EQ(query->find("b"), "x y+z");
    EXPECT_EQ(query->find("c"), "");
    EXPECT_EQ(query->find("d="), "==");
    EXPECT_EQ(query->find("e"), std::nullopt);
    EXPECT_TRUE(Query::parse("")->empty());
}

TEST(Query, RefusesWhatIsNotClear) {
    for (const char* text :
         {"a",
          "=1",
          "&",
          "a=1&",
          "&a=1",
          "a=1&&b=2",
          "a=1&a=2",
          "a=1&%61=2",
          "a=%",
          "%=1",
          "a=1&b",
          "a=%00"}) {
        const auto refused = Query::parse(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code, Errc::invalid_argument) << text;
    }
    EXPECT_THAT(Query::parse("case=1&case=2").error().message, HasSubstr("case"));
    std::string many = "a0=";
    for (std::size_t count = 1; count < kQueryPartsMax; ++count) {
        many += "&a" + std::to_string(count) + "=";
    }
    EXPECT_TRUE(Query::parse(many));
    EXPECT_EQ(Query::parse(many + "&b=").error().code, Errc::limit_exceeded);
}

RC_GTEST_PROP(PercentDecoded, InvertsEncoding, (const std::string& text)) {
    std::string encoded;
    for (const char byte : text) encoded += '%' + hex_encode(as_bytes({&byte, 1}));
    const bool has_control = std::any_of(text.begin(), text.end(), [](unsigned char byte) {
        return byte < ' ' || byte == 0x7F;
    });
    const auto decoded = percent_decoded(encoded);
    RC_ASSERT(decoded.has_value() == (is_utf8(text) && !has_control));
    if (decoded) RC_ASSERT(*decoded == text);
}

}  // namespace
}  // namespace cairn::http
