#include "hashlist/vics_reader.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "hashlist/json_splitter.h"
#include "hashlist/recording_sink.h"
#include "support/temp_dir.h"

namespace cairn::hashlist {
namespace {

constexpr std::string_view kContext =
    R"("@odata.context":"http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media")";
const std::string kMd5 = "0123456789ABCDEF0123456789abcdef";

std::string hash_set(std::string_view records) {
    return fmt::format("{{{},\"value\":[{}]}}", kContext, records);
}

std::string one_case(std::string_view media) {
    return fmt::format(
        R"({{"@odata.context":"x","value":[{{"CaseID":"c","Media":[{}]}}]}})", media
    );
}

struct Outcome {
    RecordingSink sink;
    Status status = ok();
};

Outcome read(std::string_view document) {
    const test::TempDir dir;
    const std::string path = dir.write("list.json", document);
    Outcome outcome;
    auto source = TextSource::open(path);
    if (!source) {
        outcome.status = std::move(source).error();
    } else {
        outcome.status = read_vics(*source, outcome.sink);
    }
    return outcome;
}

Outcome read_record(std::string_view members) {
    return read(hash_set(fmt::format(R"({{"MD5":"{}",{}}})", kMd5, members)));
}

TEST(Vics, ReadsAHashSet) {
    const Outcome out = read(hash_set(R"(
        {"MediaID":1,"Category":1,"MD5":"0123456789ABCDEF0123456789ABCDEF",
         "SHA1":"0123456789abcdef0123456789abcdef01234567","MediaSize":2835,"Series":" S1 ",
         "VictimIdentified":"false","IsDistributed":"true"},
        {"MediaID":2,"Category":null,"MD5":"00000000000000000000000000000002"})"));
    ASSERT_TRUE(out.status) << out.status.error().message;
    ASSERT_EQ(out.sink.records.size(), 2U);
    const ListRecord& first = out.sink.records[0];
    EXPECT_EQ(hex_encode(*first.md5), "0123456789abcdef0123456789abcdef");
    EXPECT_EQ(hex_encode(*first.sha1), "0123456789abcdef0123456789abcdef01234567");
    EXPECT_EQ(first.category, 1);
    EXPECT_EQ(first.size_bytes, 2835U);
    EXPECT_EQ(first.series, "S1");
    EXPECT_FALSE(out.sink.records[1].category);
    EXPECT_TRUE(out.sink.warnings.empty());
    EXPECT_TRUE(out.sink.unknown.empty());
}

TEST(Vics, ReadsTheMediaOfCasesWhereverTheyStand) {
    for (const char* document : {
             R"({"value":[{"CaseID":"a","Media":[{"MD5":"0123456789ABCDEF0123456789ABCDEF"}],"CaseNumber":"1"}]})",
             R"({"value":[{"Media":[{"MD5":"0123456789ABCDEF0123456789ABCDEF"}],"CaseMetadata":[{"Media":[1]}]}],"x":[]})",
             R"({"a":{"value":[]},"Value":[{"CaseID":"a"},{"MEDIA":[{"md5":"0123456789ABCDEF0123456789ABCDEF"}]}]})",
         }) {
        const Outcome out = read(document);
        ASSERT_TRUE(out.status) << out.status.error().message;
        std::size_t with_md5 = 0;
        for (const ListRecord& record : out.sink.records) with_md5 += record.md5 ? 1U : 0U;
        EXPECT_EQ(with_md5, 1U) << document;
    }
}

TEST(Vics, TakesNestedHashesOfPlacesForNoRecord) {
    const Outcome out = read(hash_set(
        R"({"MediaFiles":[{"MD5":"ffffffffffffffffffffffffffffffff","FileName":"a"}],"MD5":"0123456789ABCDEF0123456789ABCDEF"})"
    ));
    ASSERT_EQ(out.sink.records.size(), 1U);
    EXPECT_EQ(hex_encode(*out.sink.records[0].md5), "0123456789abcdef0123456789abcdef");
}

TEST(Vics, ReadsEveryFormOfCategory) {
    const std::vector<std::pair<std::string, std::optional<std::int64_t>>> forms = {
        {"1", 1},
        {"0", 0},
        {"5", 5},
        {"\"1\"", 1},
        {"\" 2 \"", 2},
        {"1.0", 1},
        {"99", 99},
        {"null", std::nullopt},
        {"\"\"", std::nullopt},
    };
    for (const auto& [text, category] : forms) {
        const Outcome out = read_record("\"Category\":" + text);
        ASSERT_EQ(out.sink.records.size(), 1U) << text;
        EXPECT_EQ(out.sink.records[0].category, category) << text;
        EXPECT_TRUE(out.sink.warnings.empty()) << text;
    }
    for (const std::string bad : {"\"x\"", "1.5", "true", "[1]", "{}"}) {
        const Outcome out = read_record("\"Category\":" + bad);
        ASSERT_EQ(out.sink.records.size(), 1U) << bad;
        EXPECT_FALSE(out.sink.records[0].category) << bad;
        EXPECT_EQ(out.sink.warnings.at("bad_category"), 1) << bad;
    }
}

TEST(Vics, ReadsSizesAsNumberAndText) {
    EXPECT_EQ(read_record(R"("MediaSize":"2835")").sink.records[0].size_bytes, 2835U);
    EXPECT_EQ(read_record(R"("MediaSize":2835)").sink.records[0].size_bytes, 2835U);
    EXPECT_FALSE(read_record(R"("MediaSize":null)").sink.records[0].size_bytes);
    EXPECT_EQ(read_record(R"("MediaSize":0)").sink.warnings.at("bad_size"), 1);
    EXPECT_EQ(read_record(R"("MediaSize":-1)").sink.warnings.at("bad_size"), 1);
}

TEST(Vics, ChecksEveryCharacterOfAHash) {
    const Outcome out = read(hash_set(R"({"MD5":"G123456789ABCDEF0123456789ABCDEF"})"));
    ASSERT_EQ(out.sink.records.size(), 1U);
    EXPECT_FALSE(out.sink.records[0].md5);
    EXPECT_EQ(out.sink.warnings.at("bad_hash"), 1);
}

TEST(Vics, TakesAlternativeHashes) {
    const std::string code = std::string(32, 'a') + std::string(32, '5');
    const Outcome out = read_record(fmt::format(
        R"("AlternativeHashes":[{{"HashName":"PDQ","HashValue":"{}"}},{{"HashValue":"{}","HashName":"sha-256"}},{{"HashName":"X","HashValue":"1"}}])",
        code,
        std::string(64, 'b')
    ));
    ASSERT_EQ(out.sink.records.size(), 1U);
    ASSERT_TRUE(out.sink.records[0].pdq);
    EXPECT_EQ(fingerprint::to_hex(*out.sink.records[0].pdq), code);
    EXPECT_TRUE(out.sink.records[0].sha256);
    EXPECT_EQ(out.sink.unknown.at("AlternativeHashes.X"), 1);
}

TEST(Vics, ChecksPhotoDnaByItsLength) {
    const Outcome good = read_record("\"PhotoDNA\":\"" + std::string(192, 'A') + "\"");
    EXPECT_TRUE(good.sink.records[0].unmatchable_hash);
    const Outcome bad = read_record("\"PhotoDNA\":\"" + std::string(191, 'A') + "\"");
    EXPECT_EQ(bad.sink.warnings.at("bad_photodna"), 1);
    EXPECT_TRUE(bad.sink.records[0].md5);
}

TEST(Vics, TakesTheFirstOfRepeatedMembers) {
    const Outcome out = read_record(R"("Category":1,"category":0)");
    EXPECT_EQ(out.sink.records[0].category, 1);
    EXPECT_EQ(out.sink.warnings.at("dup_member"), 1);
}

TEST(Vics, CountsUnknownMembersButNotThoseOfTheProtocol) {
    const Outcome out =
        read_record(R"("Foo":1,"odata.id":"x","Exifs@odata.navigationLinkUrl":"y")");
    EXPECT_EQ(out.sink.unknown, (RecordingSink::Counts{{"Foo", 1}}));
}

TEST(Vics, PassesOverByteOrderMarks) {
    EXPECT_EQ(
        read("\xEF\xBB\xBF" + hash_set(R"({"MD5":"0123456789ABCDEF0123456789ABCDEF"})"))
            .sink.records.size(),
        1U
    );
}

std::string to_utf16(std::string_view ascii) {
    std::string out = "\xFF\xFE";
    for (const char c : ascii) {
        out += c;
        out += '\0';
    }
    return out;
}

TEST(Vics, ReadsUtf16) {
    std::string text =
        to_utf16(hash_set(R"({"MD5":"0123456789ABCDEF0123456789ABCDEF","Series":"@"})"));
    const auto at = text.find(std::string("@\0\"", 3));
    ASSERT_NE(at, std::string::npos);
    text.replace(at, 2, std::string("\x3D\xD8\x00\xDE", 4));  // U+1F600
    const Outcome out = read(text);
    ASSERT_TRUE(out.status) << out.status.error().message;
    ASSERT_EQ(out.sink.records.size(), 1U);
    EXPECT_EQ(out.sink.records[0].series, "\xF0\x9F\x98\x80");
    text.replace(at, 4, std::string("\x3D\xD8q\0", 4));  // half a pair
    EXPECT_EQ(read(text).status.error().code, Errc::corrupt_data);
}

TEST(Vics, IsNotFooledByBracketsAndEscapesInStrings) {
    const Outcome out = read(hash_set(
        R"({"Series":"}]{[\"\\","MD5":"0123456789ABCDEF0123456789ABCDEF","Comments":"\u007d\\"},{"MD5":"00000000000000000000000000000002"})"
    ));
    ASSERT_TRUE(out.status) << out.status.error().message;
    ASSERT_EQ(out.sink.records.size(), 2U);
    EXPECT_EQ(out.sink.records[0].series, R"(}]{["\)");
}

TEST(Vics, SkipsOneBrokenRecordAndSaysWhere) {
    const std::string good = R"({"MD5":"0123456789ABCDEF0123456789ABCDEF"})";
    for (const std::string bad :
         {R"({"MD5":})",
          R"({MD5:1})",
          R"({"a" 1})",
          R"([])",
          R"(7)",
          R"({"Series":"\q"})",
          "{\"Series\":\"\xFF\"}",
          R"({"a":[1})"}) {
        const std::string document = hash_set(good + "," + bad + "," + good);
        const Outcome out = read(document);
        if (bad == R"({"a":[1})") {  // brackets do not close: no next record can be found
            EXPECT_FALSE(out.status);
            continue;
        }
        ASSERT_TRUE(out.status) << bad << out.status.error().message;
        EXPECT_EQ(out.sink.records.size(), 2U) << bad;
        ASSERT_EQ(out.sink.refused.size(), 1U) << bad;
        EXPECT_EQ(out.sink.refused[0].second, "malformed") << bad;
        EXPECT_EQ(out.sink.refused[0].first.offset, document.find(good) + good.size() + 1) << bad;
    }
}

TEST(Vics, SkipsABrokenRecordOfACase) {
    const std::string good = R"({"MD5":"0123456789ABCDEF0123456789ABCDEF"})";
    const Outcome out = read(one_case(good + R"(,{"MD5":},)" + good));
    ASSERT_TRUE(out.status);
    EXPECT_EQ(out.sink.records.size(), 2U);
    EXPECT_EQ(out.sink.refused.size(), 1U);
}

TEST(Vics, RefusesRecordsOverTheirLimits) {
    const std::string good = R"({"MD5":"0123456789ABCDEF0123456789ABCDEF"})";
    std::string deep = R"({"Exifs":)";
    deep += std::string(20, '[') + std::string(20, ']') + "}";
    EXPECT_EQ(read(hash_set(deep + "," + good)).sink.refused.at(0).second, "limit");
    const std::string series = R"({"Series":")" + std::string(70'000, 'x') + "\"}";
    EXPECT_EQ(read(hash_set(series + "," + good)).sink.refused.at(0).second, "limit");
    const std::string huge =
        R"({"Comments":")" + std::string(JsonSplitter::kRecordBytesMax, 'x') + "\"}";
    for (const std::string& document :
         {hash_set(good + "," + huge + "," + good), one_case(good + "," + huge + "," + good)}) {
        const Outcome out = read(document);
        ASSERT_TRUE(out.status) << out.status.error().message;
        EXPECT_EQ(out.sink.records.size(), 2U);
        EXPECT_EQ(out.sink.refused.at(0).second, "limit");
        EXPECT_EQ(out.sink.refused.at(0).first.offset, document.find(huge.substr(0, 30)));
    }
}

TEST(Vics, RefusesATruncatedFileAtEveryByte) {
    for (const std::string& document :
         {hash_set(R"({"MD5":"0123456789ABCDEF0123456789ABCDEF","Tags":["a"]})"),
          one_case(R"({"MD5":"0123456789ABCDEF0123456789ABCDEF"})")}) {
        for (std::size_t size = 0; size < document.size(); ++size) {
            const Outcome out = read(document.substr(0, size));
            ASSERT_FALSE(out.status) << size;
            EXPECT_EQ(out.status.error().code, Errc::corrupt_data);
        }
        EXPECT_TRUE(read(document + "\n \n").status);
    }
}

TEST(Vics, RefusesTextBehindTheDocument) {
    const std::string document = hash_set(R"({"MD5":"0123456789ABCDEF0123456789ABCDEF"})");
    EXPECT_FALSE(read(document + document).status);
    EXPECT_FALSE(read(document + "]").status);
}

TEST(Vics, RefusesADocumentWithoutValueList) {
    EXPECT_FALSE(read("{}").status);
    EXPECT_FALSE(read(R"({"value":{}})").status);
    EXPECT_TRUE(read(R"({"value":[]})").status);
}

// Records of growing length move every kind of byte over the edges of the splitter's window.
TEST(Vics, FindsRecordsThatCrossTheWindow) {
    std::string records;
    std::size_t count = 0;
    while (records.size() < (3U << 20U)) {
        const std::string filler = count % 3 == 0 ? R"(\")" : (count % 3 == 1 ? "{" : R"(\\)");
        std::string comment;
        for (std::size_t i = 0; i < count % 97; ++i) comment += filler;
        records += fmt::format(
            R"({}{{"MD5":"{:032x}","Comments":"{}"}})", count == 0 ? "" : ",", count + 1, comment
        );
        ++count;
    }
    const Outcome out = read(hash_set(records));
    ASSERT_TRUE(out.status) << out.status.error().message;
    ASSERT_EQ(out.sink.records.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(hex_encode(*out.sink.records[i].md5), fmt::format("{:032x}", i + 1));
    }
}

TEST(RecogniseVics, ReadsModelAndCountry) {
    const auto set = recognise_vics(hash_set(""));
    ASSERT_TRUE(set);
    EXPECT_EQ(set->model, "2.0");
    EXPECT_EQ(set->country, "us");
    const auto old = recognise_vics(
        R"({"odata.metadata":"http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media","value":[)"
    );
    ASSERT_TRUE(old);
    EXPECT_EQ(old->model, "1.3");
    EXPECT_EQ(old->country, "");
    const auto bare = recognise_vics(R"({"value":[{"MD5":"...)");
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->model, "");
    EXPECT_FALSE(recognise_vics(R"({"data":[{"id":"1"}]})"));
    EXPECT_FALSE(recognise_vics("MD5,SHA1"));
}

TEST(RecogniseVics, KnowsNistsKnownSoftware) {
    const std::string head =
        R"({"odata.metadata":"http://github.com/ICMEC/ProjectVic/DataModels/1.2.xml#Media","value":[{"MD5":"0","Category":)";
    EXPECT_TRUE(recognise_vics(head + "8}")->nist_known_software);
    EXPECT_TRUE(recognise_vics(head + "\"8\"}")->nist_known_software);
    EXPECT_FALSE(recognise_vics(head + "1}")->nist_known_software);
    EXPECT_FALSE(recognise_vics(head + "80}")->nist_known_software);
    EXPECT_FALSE(recognise_vics(head + "8,\"PhotoDNA\":\"x\"}")->nist_known_software);
}

}  // namespace
}  // namespace cairn::hashlist
