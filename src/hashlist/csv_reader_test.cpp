#include "hashlist/csv_reader.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "hashlist/delimited_rows.h"
#include "hashlist/recording_sink.h"
#include "support/temp_dir.h"

namespace cairn::hashlist {
namespace {

const std::string kMd5 = "0123456789abcdef0123456789abcdef";
const std::string kSha1 = kMd5 + "01234567";
const std::string k64 = kMd5 + kMd5;

std::string first_line(std::string_view text) {
    return std::string(text.substr(0, text.find_first_of("\r\n")));
}

struct Outcome {
    std::string format;
    RecordingSink sink;
    Status status = ok();
};

Outcome read(std::string_view text, HashType type_of_64 = HashType::sha256) {
    const test::TempDir dir;
    const std::string path = dir.write("list.csv", text);
    Outcome outcome;
    std::string_view shown = text;
    if (shown.starts_with("\xEF\xBB\xBF")) shown.remove_prefix(3);
    auto dialect = recognise_csv(first_line(shown));
    if (!dialect) dialect = recognise_descriptor_rows(first_line(shown));
    if (!dialect) {
        outcome.status = fail(Errc::unsupported, "not recognised");
        return outcome;
    }
    outcome.format = dialect->format;
    auto source = TextSource::open(path);
    outcome.status = read_csv(*source, *dialect, type_of_64, outcome.sink);
    return outcome;
}

TEST(Csv, ReadsColumnsByNameInAnyOrderAndCase) {
    const Outcome out = read(fmt::format(
        "File Name;SHA-1;md5;File Size;Category;Series Name\nx;{};{};12;1;S\ny;;{};;Own word;\n",
        kSha1,
        kMd5,
        kMd5
    ));
    EXPECT_EQ(out.format, "csv");
    ASSERT_EQ(out.sink.records.size(), 2U);
    EXPECT_EQ(hex_encode(*out.sink.records[0].md5), kMd5);
    EXPECT_EQ(hex_encode(*out.sink.records[0].sha1), kSha1);
    EXPECT_EQ(out.sink.records[0].size_bytes, 12U);
    EXPECT_EQ(out.sink.records[0].category, 1);
    EXPECT_EQ(out.sink.records[0].series, "S");
    EXPECT_EQ(out.sink.records[1].category_name, "Own word");
    EXPECT_FALSE(out.sink.records[1].sha1);
    EXPECT_EQ(out.sink.records[1].position.line, 3U);
}

TEST(Csv, ReadsBomCrlfAndQuotes) {
    const Outcome out = read(
        "\xEF\xBB\xBF\"md5\",\"series\"\r\n\"" + kMd5 + "\",\"a \"\"b\"\", c\nd\"\r\n" + kMd5 +
        ",e\r\n"
    );
    ASSERT_EQ(out.sink.records.size(), 2U);
    EXPECT_EQ(out.sink.records[0].series, "a \"b\", c\nd");
    EXPECT_EQ(out.sink.records[1].series, "e");
    EXPECT_EQ(out.sink.records[1].position.line, 4U);
}

TEST(Csv, RefusesRowsOfAnotherWidth) {
    const Outcome out = read("md5,size\n" + kMd5 + ",1\n" + kMd5 + "\n" + kMd5 + ",1,2\n");
    EXPECT_EQ(out.sink.records.size(), 1U);
    ASSERT_EQ(out.sink.refused.size(), 2U);
    EXPECT_EQ(out.sink.refused[0].second, "columns");
    EXPECT_EQ(out.sink.refused[0].first.line, 3U);
}

TEST(Csv, FailsWhenAQuoteNeverCloses) {
    const Outcome out = read("md5,series\n" + kMd5 + ",\"open\n" + kMd5 + ",x\n");
    EXPECT_EQ(out.status.error().code, Errc::corrupt_data);
}

TEST(Csv, TakesQualityForPdq) {
    const Outcome out = read("pdq,quality\n" + k64 + ",80\n" + k64 + ",101\n" + k64 + ",\n");
    ASSERT_EQ(out.sink.records.size(), 3U);
    EXPECT_EQ(out.sink.records[0].pdq_quality, 80);
    EXPECT_FALSE(out.sink.records[1].pdq_quality);
    EXPECT_EQ(out.sink.warnings.at("bad_quality"), 1);
}

TEST(Csv, ReadsTypedValues) {
    const Outcome out = read(fmt::format(
        "type,value,size,verdict,tags,source\nmd5,{},7,illegal,,x\npdq,{},,exploitive,a b,x\n"
        "url,http://example.org,,,,\nsha1,{},,wrong,,\n",
        kMd5,
        k64,
        kSha1
    ));
    EXPECT_EQ(out.format, "hma");
    ASSERT_EQ(out.sink.records.size(), 3U);
    EXPECT_EQ(out.sink.records[0].verdict, Verdict::illegal);
    EXPECT_TRUE(out.sink.records[1].pdq);
    EXPECT_EQ(out.sink.skipped.at("skipped_type"), 1);
    EXPECT_EQ(out.sink.warnings.at("bad_verdict"), 1);
}

TEST(ThreatExchange, ReadsTheHeaderForm) {
    for (const char* header :
         {"signal_type,signal_str,collab,category,tags",
          "signal_type,signal_str,x,category,tags"}) {
        const Outcome out = read(fmt::format(
            "{}\npdq,{},C,POSITIVE_CLASS,a b\nvideo_md5,{},C,INVESTIGATION_SEED,\n"
            "pdq,{},C,NEGATIVE_CLASS,\nurl,http://example.org,C,POSITIVE_CLASS,\n"
            "pdq,{},C,POSITIVE_CLASS,a disputed\n",
            header,
            k64,
            kMd5,
            k64,
            k64
        ));
        EXPECT_EQ(out.format, "threatexchange");
        ASSERT_EQ(out.sink.records.size(), 3U);
        EXPECT_FALSE(out.sink.records[0].verdict);
        EXPECT_TRUE(out.sink.records[1].md5);
        EXPECT_EQ(out.sink.records[1].verdict, Verdict::unmapped);
        EXPECT_EQ(out.sink.records[2].verdict, Verdict::unmapped);
        EXPECT_EQ(out.sink.skipped.at("negative_class"), 1);
        EXPECT_EQ(out.sink.skipped.at("skipped_type"), 1);
    }
}

TEST(ThreatExchange, ReadsRowsWithoutHeader) {
    const Outcome out = read(
        k64 + ",1000000000000001,2026-05-01T18:47:52+0000,tag media_type_photo\n" + k64 +
            ",1000000000000002,2026-05-01T18:47:53+0000,tag disputed\n",
        HashType::pdq
    );
    EXPECT_EQ(out.format, "threatexchange");
    ASSERT_EQ(out.sink.records.size(), 2U);
    EXPECT_TRUE(out.sink.records[0].pdq);
    EXPECT_FALSE(out.sink.records[0].verdict);
    EXPECT_EQ(out.sink.records[1].verdict, Verdict::unmapped);
}

TEST(Icse, KeepsRaggedRowsAndReadsTheBaseline) {
    const std::string header =
        "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;"
        "Series name;Number of submissions;File Available;Media Type;Baseline\n";
    const Outcome out = read(
        header + kMd5 + ";" + kSha1 + ";;1;y;n;n;Series A;3;t;image;True\n" + kMd5 +
        ";;;2;y;n;n;;3;t;image;n;extra\n" + kMd5 + ";;;3\n"
    );
    EXPECT_EQ(out.format, "icse");
    ASSERT_EQ(out.sink.records.size(), 3U);
    EXPECT_EQ(out.sink.records[0].verdict, Verdict::illegal);
    EXPECT_EQ(out.sink.records[0].series, "Series A");
    EXPECT_EQ(out.sink.records[1].verdict, Verdict::exploitive);
    EXPECT_EQ(out.sink.records[2].verdict, Verdict::exploitive);
    EXPECT_EQ(out.sink.warnings.at("columns"), 2);
}

TEST(NsrlV2, ReadsQuotedRowsWithStrayQuotes) {
    const Outcome out = read(
        "\"SHA-1\",\"MD5\",\"CRC32\",\"FileName\",\"FileSize\",\"ProductCode\",\"OpSystemCode\","
        "\"SpecialCode\"\r\n\"" +
        kSha1 + "\",\"" + kMd5 + "\",\"0\",\"a\"b\xE9.dll\",1024,1,\"x\",\"\"\r\n"
    );
    EXPECT_EQ(out.format, "nsrl-v2");
    ASSERT_EQ(out.sink.records.size(), 1U);
    EXPECT_EQ(out.sink.records[0].size_bytes, 1024U);
    EXPECT_TRUE(out.sink.records[0].sha1);
}

TEST(RecogniseCsv, RefusesWhatNamesNoHash) {
    EXPECT_FALSE(recognise_csv("name,size"));
    EXPECT_FALSE(recognise_csv(""));
    EXPECT_FALSE(recognise_descriptor_rows(kMd5 + ",name"));
    EXPECT_FALSE(recognise_descriptor_rows("a,1,b,c"));
}

TEST(HashTypeFrom, KnowsTheNamesInUse) {
    EXPECT_EQ(hash_type_from("HASH_PDQ"), HashType::pdq);
    EXPECT_EQ(hash_type_from("HASH_VIDEO_MD5"), HashType::md5);
    EXPECT_EQ(hash_type_from(" video_sha256 "), HashType::sha256);
    EXPECT_FALSE(hash_type_from("url_md5"));
}

}  // namespace
}  // namespace cairn::hashlist
