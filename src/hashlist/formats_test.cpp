#include "hashlist/formats.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/hex.h"
#include "hashlist/category_scheme.h"
#include "hashlist/nsrl_sqlite_reader.h"
#include "hashlist/recording_sink.h"
#include "hashlist/refused_values.h"
#include "support/temp_dir.h"

namespace cairn::hashlist {
namespace {

const std::string kMd5 = "0123456789abcdef0123456789abcdef";
const std::string k64 = kMd5 + kMd5;

Result<ListFormat> recognise(const std::string& name, std::string_view text) {
    const test::TempDir dir;
    return recognise_format(dir.write(name, text), std::nullopt);
}

TEST(RecogniseFormat, GoesByContent) {
    const std::vector<std::pair<std::string, std::string>> files = {
        {R"({"@odata.context":"http://x/DataModels/2.0.xml/US/$metadata#Media","value":[]})",
         "vics-2.0"},
        {R"({"value":[{"MD5":"x"}]})", "vics"},
        {"md5,size\n", "csv"},
        {"type,value\n", "hma"},
        {"signal_type,signal_str\n", "threatexchange"},
        {"# a comment\n\n" + kMd5 + "\n", "digests"},
        {"%%%% HASHDEEP-1.0\n", "digests"},
    };
    for (const auto& [text, name] : files) {
        const auto format = recognise("list", text);
        ASSERT_TRUE(format) << text;
        EXPECT_EQ(format->name, name);
    }
}

TEST(RecogniseFormat, NamesTheFormatsItKnows) {
    for (const std::string text :
         {"",
          "hello\n",
          R"({"data":[]})",
          "name,age\n",
          "\x7F"
          "ELF"}) {
        const auto format = recognise("list", text);
        ASSERT_FALSE(format);
        EXPECT_EQ(format.error().code, Errc::unsupported);
        EXPECT_NE(format.error().message.find("VICS"), std::string::npos);
    }
}

TEST(RecogniseFormat, TakesTheNameForAHintAtPdq) {
    RecordingSink sink;
    const test::TempDir dir;
    for (const auto& [name, is_pdq] : {std::pair{"a.PDQ.txt", true}, std::pair{"a.txt", false}}) {
        const std::string path = dir.write(name, k64 + "\n");
        const auto format = recognise_format(path, std::nullopt);
        ASSERT_TRUE(format);
        ASSERT_TRUE(format->read(path, {}, sink));
        EXPECT_EQ(sink.records.back().pdq.has_value(), is_pdq);
    }
    const std::string rows = k64 + ",1,2026-05-01T18:47:52+0000,tag\n";
    EXPECT_EQ(recognise("pdq.csv", rows)->name, "threatexchange");
    EXPECT_FALSE(recognise("list.csv", rows));  // SHA-256 or PDQ: nobody said
}

/// Makes a small database in the shape of NSRL RDS v3.
std::string make_database(const test::TempDir& dir, const std::string& sql) {
    const std::string path = dir / "RDS 2024%.db";
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
    return path;
}

TEST(NsrlV3, ReadsTheMetadataTable) {
    const test::TempDir dir;
    const std::string path = make_database(
        dir,
        "CREATE TABLE METADATA (sha256 TEXT, sha1 TEXT, md5 TEXT, file_name TEXT, file_size INT);"
        "INSERT INTO METADATA VALUES ('" +
            k64 + "', NULL, '" + kMd5 +
            "', 'a', 5);"
            "INSERT INTO METADATA VALUES (NULL, 'x', NULL, 'b', NULL);"
    );
    const auto format = recognise_format(path, std::nullopt);
    ASSERT_TRUE(format) << format.error().message;
    EXPECT_EQ(format->name, "nsrl-v3");
    EXPECT_EQ(format->kind, ListKind::ignore);
    RecordingSink sink;
    const auto sha256 = format->read(path, {}, sink);
    ASSERT_TRUE(sha256) << sha256.error().message;
    EXPECT_EQ(*sha256, crypto::sha256(*read_file(path, 1U << 20U)));
    ASSERT_EQ(sink.records.size(), 2U);
    EXPECT_TRUE(sink.records[0].md5 && sink.records[0].sha256);
    EXPECT_EQ(sink.records[0].size_bytes, 5U);
    EXPECT_EQ(sink.warnings.at("bad_hash"), 1);
}

TEST(NsrlV3, FallsBackToTheFileView) {
    const test::TempDir dir;
    const std::string path = make_database(
        dir,
        "CREATE TABLE t (a TEXT, b TEXT); INSERT INTO t VALUES ('" + kMd5 +
            "', NULL);"
            "CREATE VIEW FILE AS SELECT a AS md5, b AS sha1 FROM t;"
    );
    RecordingSink sink;
    ASSERT_TRUE(read_nsrl_sqlite(path, sink));
    EXPECT_EQ(sink.records.size(), 1U);
}

TEST(NsrlV3, RefusesOtherDatabases) {
    const test::TempDir dir;
    RecordingSink sink;
    const std::string other = make_database(dir, "CREATE TABLE x (md5 TEXT);");
    EXPECT_EQ(read_nsrl_sqlite(other, sink).error().code, Errc::unsupported);
    const std::string broken =
        dir.write("broken.db", std::string("SQLite format 3\0", 16) + "junk");
    EXPECT_FALSE(read_nsrl_sqlite(broken, sink));
}

TEST(NsrlV3, RunsNoFunctionsOfTheFile) {
    const test::TempDir dir;
    const std::string path = make_database(
        dir,
        "CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('x');"
        "CREATE VIEW METADATA AS SELECT hex(randomblob(16)) AS md5 FROM t;"
    );
    RecordingSink sink;
    EXPECT_FALSE(read_nsrl_sqlite(path, sink));
}

TEST(CategoryScheme, KnowsCodesAndNames) {
    const CategoryScheme* const us = find_scheme("us-2.0");
    const CategoryScheme* const dhs = find_scheme("dhs-cat");
    ASSERT_TRUE(us && dhs);
    EXPECT_EQ(us->by_code(0)->verdict, Verdict::non_pertinent);
    EXPECT_EQ(dhs->by_code(0)->verdict, Verdict::uncategorized);
    EXPECT_EQ(us->by_code(5)->verdict, Verdict::uncategorized);
    EXPECT_EQ(dhs->by_code(5)->verdict, Verdict::non_pertinent);
    EXPECT_EQ(us->by_name("comparison IMAGES")->code, 4);
    EXPECT_EQ(us->by_code(6), nullptr);
    EXPECT_EQ(find_scheme("other"), nullptr);
    EXPECT_FALSE(find_scheme("uk")->by_name("a")->verdict);
}

TEST(Verdict, NamesRoundTrip) {
    for (int i = 0; i <= static_cast<int>(Verdict::ignorable); ++i) {
        const auto verdict = static_cast<Verdict>(i);
        EXPECT_EQ(verdict_from(name_of(verdict)), verdict);
    }
    for (int i = 0; i <= static_cast<int>(ListKind::ignore); ++i) {
        const auto kind = static_cast<ListKind>(i);
        EXPECT_EQ(list_kind_from(name_of(kind)), kind);
    }
    EXPECT_FALSE(verdict_from("guilty"));
}

TEST(Weight, NeverCountsKnownGoodOrIndicative) {
    for (int i = 0; i <= static_cast<int>(Verdict::ignorable); ++i) {
        const auto verdict = static_cast<Verdict>(i);
        EXPECT_EQ(weight_of(ListKind::ignore, verdict), Weight::ignored);
        EXPECT_NE(weight_of(ListKind::indicative, verdict), Weight::counts);
    }
    EXPECT_EQ(weight_of(ListKind::illegal, Verdict::illegal), Weight::counts);
    EXPECT_EQ(weight_of(ListKind::illegal, Verdict::unmapped), Weight::counts);
    EXPECT_EQ(weight_of(ListKind::illegal, Verdict::non_pertinent), Weight::ignored);
}

TEST(RefusedValues, AreTheDigestsOfNothingAndFlatCodes) {
    const crypto::Digests empty = crypto::digest({});
    EXPECT_TRUE(is_of_empty_file(empty.md5));
    EXPECT_TRUE(is_of_empty_file(empty.sha1));
    EXPECT_TRUE(is_of_empty_file(empty.sha256));
    EXPECT_FALSE(is_of_empty_file(crypto::digest(as_bytes("x")).md5));
    EXPECT_TRUE(is_placeholder(crypto::Md5{}));
    EXPECT_FALSE(is_placeholder(empty.md5));
    EXPECT_TRUE(is_degenerate({}));
    EXPECT_TRUE(is_degenerate({{0x7FFF'FFFF'FFFF'FFFF, 0, 0, 0}}));
    EXPECT_FALSE(is_degenerate({{0xFFFF'FFFF'FFFF'FFFF, 0, 0, 0}}));
    EXPECT_FALSE(is_degenerate({{~0ULL, ~0ULL, ~0ULL, 0}}));
    EXPECT_TRUE(is_degenerate({{~0ULL, ~0ULL, ~0ULL, 1}}));
}

}  // namespace
}  // namespace cairn::hashlist
