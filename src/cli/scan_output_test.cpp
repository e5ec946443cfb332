#include "cli/scan_output.h"

#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace cairn::cli {
namespace {

TEST(ReportFiles, TakeTheirFormFromTheEnding) {
    const test::TempDir dir;
    const auto files = parse_report_files({dir / "a.html", dir / "b.JSON", dir / "c.csv"});
    ASSERT_TRUE(files && files->size() == 3);
    EXPECT_EQ((*files)[0].form, ReportFile::Form::html);
    EXPECT_EQ((*files)[1].form, ReportFile::Form::json);
    EXPECT_EQ((*files)[2].form, ReportFile::Form::csv);
}

TEST(ReportFiles, RefuseAnotherEndingBeforeAnyWork) {
    const auto files = parse_report_files({"report.pdf"});
    ASSERT_FALSE(files);
    EXPECT_EQ(files.error().code, Errc::invalid_argument);
    EXPECT_NE(files.error().message.find(".html, .json or .csv"), std::string::npos);
}

TEST(ReportFiles, RefuseAFolderThatIsNotThere) {
    const auto files = parse_report_files({"/nonexistent/report.html"});
    ASSERT_FALSE(files);
    EXPECT_NE(files.error().message.find("/nonexistent"), std::string::npos);
}

}  // namespace
}  // namespace cairn::cli
