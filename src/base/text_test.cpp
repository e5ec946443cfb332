#include "base/text.h"

#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cairn {
namespace {

TEST(Printable, EscapesWhatWouldDisturbALine) {
    EXPECT_EQ(printable("a\nb\t\x1b[31m\\"), "a\\nb\\t\\x1b[31m\\\\");
    EXPECT_EQ(printable("caf\xc3\xa9"), "caf\xc3\xa9");
    EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
    EXPECT_EQ(printable("gpj.\xe2\x80\xae.exe"), "gpj.\\u{202e}.exe");
}

RC_GTEST_PROP(
    Printable, IsUtf8OnOneLineAndTellsInputsApart, (const std::string& a, const std::string& b)
) {
    RC_ASSERT(is_utf8(printable(a)));
    RC_ASSERT(printable(a).find('\n') == std::string::npos);
    RC_ASSERT((a == b) == (printable(a) == printable(b)));
}

TEST(IsUtf8, RefusesOverlongFormsAndSurrogates) {
    EXPECT_TRUE(is_utf8("\xf0\x9f\x98\x80"));
    EXPECT_FALSE(is_utf8("\xc0\xaf"));
    EXPECT_FALSE(is_utf8("\xed\xa0\x80"));
    EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));
}

TEST(HumanBytes, TakesTheUnitThatReadsBest) {
    EXPECT_EQ(human_bytes(0), "0 B");
    EXPECT_EQ(human_bytes(1536), "1.5 KiB");
    EXPECT_EQ(human_bytes(222ULL << 20U), "222 MiB");
}

TEST(CountOf, MindsThePlural) {
    EXPECT_EQ(count_of(1, "item"), "1 item");
    EXPECT_EQ(count_of(2000, "item"), "2,000 items");
}

TEST(Grouped, SetsCommas) {
    EXPECT_EQ(grouped(7), "7");
    EXPECT_EQ(grouped(1'234'567), "1,234,567");
}

}  // namespace
}  // namespace cairn
