#include "config/duration_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cairn::config {
namespace {

using std::chrono::seconds;

TEST(ParseDuration, KnowsSecondsMinutesHoursAndDays) {
    EXPECT_EQ(*parse_duration("90 s"), seconds(90));
    EXPECT_EQ(*parse_duration("15 min"), seconds(900));
    EXPECT_EQ(*parse_duration("12 h"), seconds(43200));
    EXPECT_EQ(*parse_duration("30 d"), seconds(2592000));
    EXPECT_EQ(*parse_duration("0 s"), seconds(0));
    EXPECT_EQ(*parse_duration("99999999 d"), std::chrono::days(99999999));
}

TEST(ParseDuration, RefusesEverythingElse) {
    for (const char* text :
         {"",           " ",     "15",          "15min", "15  min", " 15 min", "15 min ", "-1 h",
          "+1 h",       "1.5 h", "01 h",        "1 m",   "1 H",     "1 sec",   "h",       "min 15",
          "1 h 30 min", "1e3 s", "100000000 s", "nan s", "0x10 s",  "1\th",    "one h"}) {
        const auto duration = parse_duration(text);
        ASSERT_FALSE(duration) << text;
        EXPECT_EQ(duration.error().code, Errc::invalid_argument) << text;
    }
    EXPECT_FALSE(parse_duration(std::string("1 h\0", 4)));
}

TEST(FormatDuration, TakesTheLargestUnitThatDivides) {
    EXPECT_EQ(format_duration(seconds(0)), "0 s");
    EXPECT_EQ(format_duration(seconds(90)), "90 s");
    EXPECT_EQ(format_duration(seconds(900)), "15 min");
    EXPECT_EQ(format_duration(std::chrono::hours(72)), "3 d");
}

TEST(FormatDuration, KeepsTheWantedUnitWhereItCan) {
    EXPECT_EQ(format_duration(std::chrono::hours(72), DurationUnit::hours), "72 h");
    EXPECT_EQ(format_duration(seconds(5400), DurationUnit::hours), "90 min");
    EXPECT_EQ(format_duration(seconds(0), DurationUnit::days), "0 s");
}

RC_GTEST_PROP(FormatDuration, ParseInverts, (std::uint32_t count)) {
    const seconds duration(count % 99'999'999U);
    for (const auto unit :
         {DurationUnit::seconds, DurationUnit::minutes, DurationUnit::hours, DurationUnit::days}) {
        const auto parsed = parse_duration(format_duration(duration, unit));
        RC_ASSERT(parsed.has_value());
        RC_ASSERT(*parsed == duration);
    }
}

}  // namespace
}  // namespace cairn::config
