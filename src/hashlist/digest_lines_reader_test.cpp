#include "hashlist/digest_lines_reader.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "hashlist/recording_sink.h"
#include "support/temp_dir.h"

namespace cairn::hashlist {
namespace {

const std::string kMd5 = "0123456789abcdef0123456789abcdef";
const std::string kSha1 = kMd5 + "01234567";
const std::string k64 = kMd5 + kMd5;

RecordingSink read(std::string_view text, HashType type_of_64 = HashType::sha256) {
    const test::TempDir dir;
    RecordingSink sink;
    auto source = TextSource::open(dir.write("list.txt", text));
    EXPECT_TRUE(source);
    EXPECT_TRUE(read_digest_lines(*source, type_of_64, sink));
    return sink;
}

TEST(DigestLines, ReadsBareDigestsByLength) {
    const RecordingSink sink = read(
        "\xEF\xBB\xBF# comment\r\n\r\n  " + kMd5 + "\t\r\n" + kSha1 + "\n" + k64 + "\n" + k64 + k64
    );
    ASSERT_EQ(sink.records.size(), 4U);
    EXPECT_TRUE(sink.records[0].md5);
    EXPECT_EQ(sink.records[0].position.line, 3U);
    EXPECT_TRUE(sink.records[1].sha1);
    EXPECT_TRUE(sink.records[2].sha256);
    EXPECT_TRUE(sink.records[3].unmatchable_hash);
    EXPECT_EQ(sink.warnings.at("mixed_lengths"), 1);
}

TEST(DigestLines, TakesSixtyFourDigitsForWhatItIsTold) {
    EXPECT_TRUE(read(k64).records.at(0).sha256);
    EXPECT_TRUE(read(k64, HashType::pdq).records.at(0).pdq);
}

TEST(DigestLines, ReadsTheFormsOfOtherTools) {
    const RecordingSink sink = read(
        kMd5 + "  a name\n" + kMd5 + " *binary\n\\" + kMd5 +
        "  new\\nline\nMD5 (a (b) = c) = " + kMd5 + "\nSHA2-256(x)= " + k64 + "\npdq " + k64 +
        "\nvideo_md5 " + kMd5 + "\nurl http://example.org\n"
    );
    EXPECT_TRUE(sink.refused.empty());
    ASSERT_EQ(sink.records.size(), 7U);
    for (const std::size_t i : {0U, 1U, 2U, 3U, 6U}) {
        EXPECT_EQ(hex_encode(sink.records[i].md5.value()), kMd5) << i;
    }
    EXPECT_TRUE(sink.records[4].sha256);
    EXPECT_TRUE(sink.records[5].pdq);
    EXPECT_EQ(sink.skipped.at("skipped_type"), 1);
}

TEST(DigestLines, ReadsHashdeepWithSizes) {
    const RecordingSink sink = read(fmt::format(
        "%%%% HASHDEEP-1.0\n%%%% size,md5,sha256,filename\n## Invoked from: /\n##\n"
        "12,{},{},/a, b\n0,{},{},empty\n9,{}\n",
        kMd5,
        k64,
        kMd5,
        k64,
        kMd5
    ));
    ASSERT_EQ(sink.records.size(), 2U);
    EXPECT_EQ(sink.records[0].size_bytes, 12U);
    EXPECT_TRUE(sink.records[0].md5);
    EXPECT_TRUE(sink.records[0].sha256);
    EXPECT_FALSE(sink.records[1].size_bytes);
    ASSERT_EQ(sink.refused.size(), 1U);
    EXPECT_EQ(sink.refused[0].second, "columns");
}

TEST(DigestLines, RefusesLinesWithoutDigest) {
    const RecordingSink sink = read("hello\n" + kMd5.substr(1) + "\n" + kMd5 + "\n");
    EXPECT_EQ(sink.records.size(), 1U);
    ASSERT_EQ(sink.refused.size(), 2U);
    EXPECT_EQ(sink.refused[1].second, "no_hash");
    EXPECT_EQ(sink.refused[1].first.line, 2U);
}

TEST(DigestLines, RefusesAnEndlessLineAndGoesOn) {
    const RecordingSink sink = read(std::string(5U << 20U, 'a') + "\n" + kMd5 + "\n");
    EXPECT_EQ(sink.records.size(), 1U);
    ASSERT_EQ(sink.refused.size(), 1U);
    EXPECT_EQ(sink.refused[0].second, "limit");
    EXPECT_EQ(sink.records[0].position.line, 2U);
}

TEST(IsDigestLine, TellsDigestsFromProse) {
    EXPECT_TRUE(is_digest_line(kMd5));
    EXPECT_TRUE(is_digest_line("MD5 (x) = " + kMd5));
    EXPECT_TRUE(is_digest_line("%%%% HASHDEEP-1.0"));
    EXPECT_FALSE(is_digest_line("deadbeef"));
    EXPECT_FALSE(is_digest_line("hello world"));
    EXPECT_FALSE(is_digest_line(""));
}

}  // namespace
}  // namespace cairn::hashlist
