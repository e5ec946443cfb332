#include "scan/report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scan/sample_records_test.h"

namespace cairn::scan {
namespace {

using WriteReport = Status (*)(ScanStore&, const Report&, const TextSink&);

struct Written {
    std::string text;
    Report report;
};

Written write(
    std::vector<ItemRecord> records, WriteReport form, ScanState state = ScanState::finished
) {
    const test::TempDir dir;
    const auto store = test::open_store(dir);
    const auto id = store->begin(test::sample_scan());
    EXPECT_TRUE(store->append(*id, records));
    EXPECT_TRUE(store->set_state(*id, state, test::sample_scan().started));
    auto report = make_report(*store, *id, test::sample_scan().started);
    EXPECT_TRUE(report);
    Written written{{}, *report};
    EXPECT_TRUE(form(*store, *report, [&](std::string_view piece) -> Status {
        written.text += piece;
        return ok();
    }));
    return written;
}

TEST(Report, IsCompleteOnlyWithoutGaps) {
    EXPECT_EQ(
        write({test::plain_file("a")}, write_csv_report).report.verdict, CoverageVerdict::complete
    );
    EXPECT_EQ(
        write({test::unreadable_file("a")}, write_csv_report).report.verdict,
        CoverageVerdict::complete_with_exceptions
    );
    EXPECT_EQ(
        write({test::plain_file("a")}, write_csv_report, ScanState::interrupted).report.verdict,
        CoverageVerdict::partial
    );
}

TEST(JsonReport, HoldsTheMatchWithItsListAndPath) {
    const auto written = write({test::matching_picture("pics/a.jpg")}, write_json_report);
    const auto json = nlohmann::json::parse(written.text);
    ASSERT_EQ(json["findings"].size(), 1U);
    const auto& finding = json["findings"][0];
    EXPECT_EQ(finding["kind"], "match");
    EXPECT_EQ(finding["match"]["list"], "synthetic");
    EXPECT_EQ(finding["match"]["kind"], "exact");
    EXPECT_EQ(finding["match"]["verdict"], "illegal");
    EXPECT_EQ(finding["steps"][1]["name"], "pics/a.jpg");
    EXPECT_EQ(json["coverage"]["verdict"], "COMPLETE");
}

TEST(JsonReport, KeepsNamesThatAreNotUtf8Exactly) {
    const auto written = write({test::matching_picture("a\xff")}, write_json_report);
    const auto json = nlohmann::json::parse(written.text);
    EXPECT_EQ(json["findings"][0]["steps"][1]["name"], "a\\xff");
    EXPECT_EQ(json["findings"][0]["steps"][1]["name_bytes"], "Yf8=");
}

TEST(HtmlReport, ShowsNamesFromEvidenceAsTextOnly) {
    const auto written =
        write({test::matching_picture("<script>alert(1)</script>\n")}, write_html_report);
    EXPECT_EQ(written.text.find("<script"), std::string::npos);
    EXPECT_NE(written.text.find("&lt;script&gt;alert(1)&lt;/script&gt;\\n"), std::string::npos);
}

TEST(HtmlReport, NeedsNothingFromOutside) {
    const auto written = write({test::matching_picture("a.jpg")}, write_html_report);
    for (const char* word : {"http:", "https:", "src=", "url(", "@import", "<img", "<link"}) {
        EXPECT_EQ(written.text.find(word), std::string::npos) << word;
    }
}

TEST(HtmlReport, SaysPartialInTheTitleOfAnUnfinishedScan) {
    const auto written = write({test::plain_file("a")}, write_html_report, ScanState::interrupted);
    EXPECT_NE(written.text.find("<title>PARTIAL"), std::string::npos);
}

TEST(CsvReport, QuotesFieldsAndDefusesFormulas) {
    ItemRecord record = test::matching_picture("a,\"b\".jpg");
    record.findings[0].match->entry.series = "=cmd()";
    const auto written = write({record}, write_csv_report);
    EXPECT_NE(written.text.find("\"/exhibit/a,\"\"b\"\".jpg\""), std::string::npos);
    EXPECT_NE(written.text.find(",'=cmd(),"), std::string::npos);
    const auto rows = std::count(written.text.begin(), written.text.end(), '\n');
    EXPECT_EQ(rows, 2);
}

}  // namespace
}  // namespace cairn::scan
