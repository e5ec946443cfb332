#include "cli/scan_output.h"

#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace cairn::cli {
namespace {

TEST(ReportFiles, TakeTheirFormFromTheEnding) {
    const test::TempDir dir;
    const auto output = parse_output({.reports = {dir / "a.html", dir / "b.JSON", dir / "c.csv"}});
    ASSERT_TRUE(output && output->reports.size() == 3);
    EXPECT_EQ(output->reports[0].form, ReportFile::Form::html);
    EXPECT_EQ(output->reports[1].form, ReportFile::Form::json);
    EXPECT_EQ(output->reports[2].form, ReportFile::Form::csv);
}

TEST(ReportFiles, RefuseAnotherEndingBeforeAnyWork) {
    const auto output = parse_output({.reports = {"report.pdf"}});
    ASSERT_FALSE(output);
    EXPECT_EQ(output.error().code, Errc::invalid_argument);
    EXPECT_NE(output.error().message.find(".html, .json or .csv"), std::string::npos);
}

TEST(ReportFiles, RefuseAFolderThatIsNotThere) {
    const auto output = parse_output({.reports = {"/nonexistent/report.html"}});
    ASSERT_FALSE(output);
    EXPECT_NE(output.error().message.find("/nonexistent"), std::string::npos);
}

}  // namespace
}  // namespace cairn::cli
