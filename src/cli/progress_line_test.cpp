#include "cli/progress_line.h"

#include <gtest/gtest.h>

namespace cairn::cli {
namespace {

TEST(ProgressText, SaysItemsBytesRateMatchesAndProblems) {
    scan::Progress progress;
    progress.items = 12'000;
    progress.bytes = 20 << 20;
    progress.matches = 3;
    progress.problems = 1;
    EXPECT_EQ(
        progress_text(progress, std::chrono::seconds(10)),
        "12,000 items, 20 MiB (2.0 MiB/s, 1,200 items/s), matches: 3, problems: 1, 10 s"
    );
}

TEST(ProgressText, SaysTheTimeLeftOnceTheTotalsAreKnown) {
    scan::Progress progress;
    progress.files_done = 100;
    progress.files_total = 400;
    progress.file_bytes_done = 1'000'000;
    progress.file_bytes_total = 4'000'000;
    const auto before = progress_text(progress, std::chrono::seconds(10));
    EXPECT_EQ(before.find("left"), std::string::npos);
    progress.totals_known = true;
    const auto after = progress_text(progress, std::chrono::seconds(10));
    EXPECT_NE(after.find("30 s left"), std::string::npos) << after;
}

}  // namespace
}  // namespace cairn::cli
