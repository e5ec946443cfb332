#include "base/utc_time.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(FormatUtc, NamesTheZone) {
    EXPECT_EQ(format_utc(UtcTime(std::chrono::seconds(1'790'000'000))), "2026-09-21T14:13:20Z");
    EXPECT_EQ(format_utc(UtcTime(std::chrono::microseconds(-1))), "1969-12-31T23:59:59Z");
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
