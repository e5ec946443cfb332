#include "audit/entry.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

#include "audit/canonical_json.h"
#include "base/hex.h"
#include "base/text.h"

namespace cairn::audit {
namespace {

Entry minimal() {
    Entry entry;
    entry.time = UtcTime(std::chrono::microseconds(1'790'000'000'123'456));
    entry.actor = "user:1";
    entry.operation = "cases.open";
    entry.writer = "w1";
    entry.writer_sequence = 7;
    return entry;
}

std::string json_of(const Entry& entry) {
    const auto bytes = encode_entry(entry);
    return bytes ? std::string(as_text(*bytes)) : "refused: " + bytes.error().message;
}

Result<Entry> parse(std::string_view json) {
    return parse_entry(as_bytes(json));
}

constexpr std::string_view kMinimal =
    R"({"actor":"user:1","op":"cases.open","result":"ok","t":1790000000123456,"v":1,"writer":"w1",)"
    R"("wseq":7})";

TEST(Entry, LeavesOutWhatIsEmpty) {
    EXPECT_EQ(json_of(minimal()), kMinimal);
    EXPECT_EQ(*parse(kMinimal), minimal());
}

TEST(Entry, HasItsMembersInOrder) {
    Entry entry = minimal();
    entry.agency = "agency:north";
    entry.role = "analyst";
    entry.session = "5e55";
    entry.client = "2001:db8::7";
    entry.request = "r1";
    entry.purpose = "investigation";
    entry.authority = "warrant:9";
    entry.case_id = "case:3";
    entry.objects = std::vector<std::string>{"item:2", "item:1"};
    entry.outcome = Outcome::refused;
    entry.reason = "no_purpose";
    entry.approval = "approval:4";
    EXPECT_EQ(
        json_of(entry),
        R"({"actor":"user:1","agency":"agency:north","approval":"approval:4","authority":"warrant:9",)"
        R"("case":"case:3","client":"2001:db8::7","objects":["item:2","item:1"],"op":"cases.open",)"
        R"("purpose":"investigation","reason":"no_purpose","request":"r1","result":"refused",)"
        R"("role":"analyst","session":"5e55","t":1790000000123456,"v":1,"writer":"w1","wseq":7})"
    );
    EXPECT_EQ(*parse(json_of(entry)), entry);
}

// RFC 8785 3.2.2.2.
TEST(Entry, EscapesOnlyWhatCanonicalJsonEscapes) {
    Entry entry = minimal();
    entry.purpose = std::string("\b\t\n\f\r\"\\/\x01\x1f\x7f\xE2\x82\xAC", 14);
    const std::string json = json_of(entry);
    EXPECT_NE(
        json.find("\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0001\\u001f\x7f\xE2\x82\xAC\""), std::string::npos
    ) << json;
    EXPECT_EQ(*parse(json), entry);
}

TEST(Entry, CountsAndDigestsMoreThan64Objects) {
    std::vector<std::string> ids;
    for (int i = 0; i < 64; ++i) ids.push_back("item:" + std::to_string(i));
    Entry entry = minimal();
    entry.objects = objects_of(ids);
    EXPECT_TRUE(std::holds_alternative<std::vector<std::string>>(entry.objects));
    EXPECT_EQ(*parse(json_of(entry)), entry);
    ids.push_back("item:64");
    entry.objects = ids;
    EXPECT_EQ(encode_entry(entry).error().code, Errc::invalid_argument);
    entry.objects = objects_of(ids);
    std::string listed;
    for (const std::string& id : ids) listed += id + "\n";
    const std::string digest = hex_encode(crypto::sha256(as_bytes(listed)));
    const std::string json = json_of(entry);
    EXPECT_NE(json.find(R"("objects":{"count":65,"sha256":")" + digest), std::string::npos) << json;
    EXPECT_EQ(*parse(json), entry);
}

TEST(EncodeEntry, NamesTheFieldThatBreaksARule) {
    const auto refused = [](auto change) {
        Entry entry = minimal();
        change(entry);
        const auto bytes = encode_entry(entry);
        return bytes ? std::string() : bytes.error().message;
    };
    const auto names = [&](std::string_view field, auto change) {
        const std::string message = refused(change);
        EXPECT_NE(message.find(field), std::string::npos) << field << ": " << message;
    };
    names("actor", [](Entry& entry) { entry.actor.clear(); });
    names("op", [](Entry& entry) { entry.operation.clear(); });
    names("writer", [](Entry& entry) { entry.writer.clear(); });
    names("role", [](Entry& entry) { entry.role = "\xFF"; });
    names("role", [](Entry& entry) { entry.role = "\xED\xA0\x80"; });
    names("t", [](Entry& entry) { entry.time = UtcTime(std::chrono::microseconds(-1)); });
    names("wseq", [](Entry& entry) { entry.writer_sequence = kIntegerMax + 1; });
    names("reason", [](Entry& entry) { entry.reason = "why"; });
    names("reason", [](Entry& entry) { entry.outcome = Outcome::refused; });
    names("objects", [](Entry& entry) { entry.objects = std::vector<std::string>{"no type"}; });
    names("objects", [](Entry& entry) { entry.objects = ObjectsDigest{64, {}}; });
    names("65535", [](Entry& entry) { entry.purpose.assign(65'535, 'p'); });
}

TEST(EncodeEntry, FillsTheLimitExactly) {
    Entry entry = minimal();
    entry.purpose = "p";
    entry.purpose.append(kEntryBytesMax - json_of(entry).size(), 'p');
    const auto bytes = encode_entry(entry);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(bytes->size(), kEntryBytesMax);
    EXPECT_EQ(*parse_entry(*bytes), entry);
    entry.purpose += 'p';
    EXPECT_EQ(encode_entry(entry).error().code, Errc::limit_exceeded);
}

TEST(ParseEntry, RefusesOtherSpellings) {
    const std::string good(kMinimal);
    ASSERT_TRUE(parse(good));
    const auto replaced = [&](std::string_view from, std::string_view to) {
        std::string json = good;
        json.replace(json.find(from), from.size(), to);
        return json;
    };
    for (const std::string& json : std::vector<std::string>{
             "",
             "{}",
             "[]",
             "null",
             good + "\n",
             " " + good,
             good + good,
             replaced(",", ", "),
             replaced(":", ": "),
             replaced("}", ",}"),
             replaced("}", ""),
             replaced("ok", "fine"),
             replaced("ok", "refused"),
             replaced("\"v\":1", "\"v\":2"),
             replaced("\"v\":1", "\"v\":1.0"),
             replaced("\"v\":1", "\"v\":\"1\""),
             replaced("\"v\":1", "\"v\":01"),
             replaced("\"v\":1,", ""),
             replaced("\"wseq\":7", "\"wseq\":-7"),
             replaced("\"wseq\":7", "\"wseq\":7e0"),
             replaced("\"wseq\":7", "\"wseq\":9007199254740992"),
             replaced("\"wseq\":7", "\"wseq\":18446744073709551616"),
             replaced("\"wseq\":7", "\"wseq\":7,\"wseq\":7"),
             replaced("\"wseq\":7", "\"wseq\":7,\"x\":1"),
             replaced("\"actor\":", "\"aactor\":"),
             replaced("\"user:1\"", "1"),
             replaced("\"user:1\"", "\"\""),
             replaced("\"user:1\"", "null"),
             replaced("\"user:1\"", "\"user\\/1\""),
             replaced("\"user:1\"", "\"user\\u0031\""),
             replaced("\"user:1\"", "\"user\\u000a\""),
             replaced("\"user:1\"", "\"user\\u001F\""),
             replaced("\"user:1\"", "\"user\\u0020\""),
             replaced("\"user:1\"", "\"user\\x\""),
             replaced("\"user:1\"", "\"user\\\""),
             replaced("\"user:1\"", "\"user\n\""),
             replaced("\"user:1\"", "\"user\xFF\""),
             replaced("\"op\":\"cases.open\",", "\"objects\":[],\"op\":\"x\","),
             replaced("\"op\":", "\"objects\":[\"x\"],\"op\":"),
             replaced("\"op\":", "\"objects\":[\"x:1\",],\"op\":"),
             replaced("\"op\":", "\"objects\":[1],\"op\":"),
             replaced("\"op\":", "\"objects\":\"x:1\",\"op\":"),
             replaced("\"op\":", "\"objects\":{\"count\":65},\"op\":"),
             replaced("\"op\":", "\"objects\":{\"count\":65,\"sha256\":\"00\"},\"op\":"),
             replaced("\"op\":", "\"objects\":{},\"op\":"),
             replaced("\"op\":", "\"reason\":\"x\",\"op\":"),
             replaced("\"result\":", "\"reason\":\"x\",\"result\":")}) {
        EXPECT_FALSE(parse(json)) << json;
        EXPECT_FALSE(read_marks(as_bytes(json))) << json;
    }
    EXPECT_TRUE(parse(replaced("\"op\":", "\"objects\":[\"x:1\"],\"op\":")));
    EXPECT_EQ(parse(replaced("\"v\":1", "\"v\":2")).error().code, Errc::unsupported);
    EXPECT_NE(
        parse(replaced("\"wseq\":7", "\"x\":1")).error().message.find("unknown member"),
        std::string::npos
    );
}

TEST(ParseEntry, RefusesEveryCutText) {
    for (std::size_t size = 0; size < kMinimal.size(); ++size) {
        EXPECT_FALSE(parse(kMinimal.substr(0, size)));
    }
}

rc::Gen<std::string> any_text() {
    return rc::gen::map(
        rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127)),
        [](std::string text) { return text + (text.size() % 3 == 0 ? "\xC3\xBC" : ""); }
    );
}

RC_GTEST_PROP(Entry, ParseInvertsEncodeAndAnyParserReadsIt, ()) {
    Entry entry = minimal();
    entry.actor = *any_text() + "a";
    entry.agency = *any_text();
    entry.session = *any_text();
    entry.purpose = *any_text();
    entry.case_id = *any_text();
    entry.writer = *any_text() + "w";
    entry.outcome = *rc::gen::element(Outcome::ok, Outcome::refused, Outcome::error);
    if (entry.outcome != Outcome::ok) entry.reason = "why";
    entry.writer_sequence = *rc::gen::inRange<std::uint64_t>(0, kIntegerMax);
    const auto bytes = encode_entry(entry);
    RC_ASSERT(bytes.has_value());
    RC_ASSERT(*parse_entry(*bytes) == entry);
    const auto json = nlohmann::json::parse(as_text(*bytes));
    RC_ASSERT(json["actor"].get<std::string>() == entry.actor);
    RC_ASSERT(json["writer"].get<std::string>() == entry.writer);
    // Its dump is compact, sorted by bytes and escapes the same, but DEL.
    if (as_text(*bytes).find('\x7f') == std::string_view::npos) {
        RC_ASSERT(json.dump() == as_text(*bytes));
    }
    const auto marks = read_marks(*bytes);
    RC_ASSERT(marks.has_value());
    RC_ASSERT(unescaped(marks->writer) == entry.writer);
    RC_ASSERT(marks->writer_sequence == entry.writer_sequence);
    RC_ASSERT(marks->time == entry.time);
}

}  // namespace
}  // namespace cairn::audit
