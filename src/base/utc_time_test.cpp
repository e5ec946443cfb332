#include "base/utc_time.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(FormatUtc, NamesTheZone) {
    EXPECT_EQ(format_utc(UtcTime(std::chrono::seconds(1'790'000'000))), "2026-09-21T14:13:20Z");
    EXPECT_EQ(format_utc(UtcTime(std::chrono::microseconds(-1))), "1969-12-31T23:59:59Z");
}

TEST(ParseUtc, ReadsWhatFormatUtcWrites) {
    for (const std::int64_t seconds : {0LL, 951'782'400LL, 1'790'000'000LL, 253'402'300'799LL}) {
        const UtcTime time{std::chrono::seconds(seconds)};
        const auto read = parse_utc(format_utc(time));
        ASSERT_TRUE(read) << seconds;
        EXPECT_EQ(*read, time);
    }
}

TEST(ParseUtc, TakesZonesAndFractions) {
    const auto expected = *parse_utc("2026-11-22T03:11:00Z");
    EXPECT_EQ(*parse_utc("2026-11-22t04:11:00+01:00"), expected);
    EXPECT_EQ(*parse_utc("2026-11-21T22:41:00-04:30"), expected);
    EXPECT_EQ(*parse_utc("2026-11-22T03:11:00.000001z"), expected + std::chrono::microseconds(1));
    EXPECT_EQ(*parse_utc("2026-11-22T03:11:00.5Z"), expected + std::chrono::milliseconds(500));
    EXPECT_EQ(
        *parse_utc("2026-11-22T03:11:00.123456789Z"), *parse_utc("2026-11-22T03:11:00.123456Z")
    );
}

TEST(ParseUtc, RefusesTimesWithoutZoneAndDatesThatAreNone) {
    for (const char* text :
         {"",
          "2026-11-22",
          "2026-11-22T03:11:00",
          "2026-11-22T03:11Z",
          "2026-02-29T00:00:00Z",
          "2026-13-01T00:00:00Z",
          "2026-11-31T00:00:00Z",
          "2026-11-22T24:00:00Z",
          "2026-11-22T03:60:00Z",
          "2026-12-31T23:59:60Z",
          "2026-11-22T03:11:00.Z",
          "2026-11-22T03:11:00.1234567890Z",
          "2026-11-22T03:11:00+1:00",
          "2026-11-22T03:11:00+0100",
          "2026-11-22T03:11:00Z ",
          " 2026-11-22T03:11:00Z",
          "2026-1-22T03:11:00Z",
          "+026-11-22T03:11:00Z",
          "2026-11-22 03:11:00Z"}) {
        EXPECT_FALSE(parse_utc(text)) << text;
    }
    EXPECT_TRUE(parse_utc("2028-02-29T00:00:00Z"));
}

TEST(HumanDuration, GetsCoarserWithLength) {
    using std::chrono::milliseconds;
    EXPECT_EQ(human_duration(milliseconds(400)), "0.4 s");
    EXPECT_EQ(human_duration(milliseconds(12'900)), "12 s");
    EXPECT_EQ(human_duration(milliseconds(185'000)), "3 min 05 s");
    EXPECT_EQ(human_duration(milliseconds(7'800'000)), "2 h 10 min");
}

}  // namespace
}  // namespace cairn
