#include "api/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/actor.h"

namespace cairn::api {
namespace {

using nlohmann::json;
using testing::ElementsAre;

std::vector<std::string> lines_of(const std::vector<FieldProblem>& problems) {
    std::vector<std::string> lines;
    for (const FieldProblem& one : problems) lines.push_back(one.name + " " + one.detail);
    return lines;
}

TEST(ObjectReader, ReadsWhatIsThere) {
    const json object = json::parse(R"({
        "name": "Agency A", "count": 7, "sure": true, "roles": ["auditor", "analyst"],
        "starts": "2026-11-22T03:11:00Z", "user": "000102030405060708090a0b0c0d0e0f",
        "scope": [{"kind": "area"}, {"kind": "list"}]})");
    std::vector<FieldProblem> problems;
    ObjectReader reader(object, "", problems);
    EXPECT_EQ(reader.text("name"), "Agency A");
    EXPECT_EQ(reader.integer("count", 1, 9), 7);
    EXPECT_TRUE(reader.boolean("sure", false));
    EXPECT_FALSE(reader.boolean("absent", false));
    EXPECT_EQ(
        (reader.names_in<access::Roles>("roles", access::parse_role)),
        (access::Roles{access::Role::auditor, access::Role::analyst})
    );
    EXPECT_EQ(format_utc(reader.time("starts")), "2026-11-22T03:11:00Z");
    EXPECT_EQ(
        reader.optional_id<access::UserId>("user")->text(), "000102030405060708090a0b0c0d0e0f"
    );
    auto scope = reader.objects("scope", 5);
    ASSERT_EQ(scope.size(), 2U);
    EXPECT_EQ(scope[1].text("kind"), "list");
    scope[0].text("kind");
    for (ObjectReader& one : scope) one.finish();
    reader.finish();
    EXPECT_THAT(lines_of(problems), ElementsAre());
}

TEST(ObjectReader, NotesEverythingThatIsWrongWithItsPlace) {
    const json object = json::parse(R"({
        "name": 7, "long": "abcdef", "count": 10, "half": 1.5, "sure": "yes",
        "roles": ["auditor", "king", "auditor", 3], "starts": "2026-11-22T03:11:00",
        "user": "0001", "scope": [{"kind": "area", "more": 1}], "evil": 1, "line": "a\u001b[31m"})"
    );
    std::vector<FieldProblem> problems;
    ObjectReader reader(object, "", problems);
    reader.text("name");
    reader.text("missing");
    reader.text("long", {.min = 1, .max = 5});
    reader.integer("count", 1, 9);
    reader.integer("half", 1, 9);
    reader.boolean("sure", false);
    reader.names_in<access::Roles>("roles", access::parse_role);
    reader.time("starts");
    reader.optional_id<access::UserId>("user");
    reader.text("line");
    auto scope = reader.objects("scope", 5);
    scope[0].text("kind");
    scope[0].finish();
    reader.finish();
    std::vector<std::string> places;
    for (const FieldProblem& one : problems) places.push_back(one.name);
    EXPECT_THAT(
        places,
        ElementsAre(
            "/name",
            "/missing",
            "/long",
            "/count",
            "/half",
            "/sure",
            "/roles/3",
            "/roles/1",
            "/roles/2",
            "/starts",
            "/user",
            "/line",
            "/scope/0/more",
            "/evil"
        )
    );
}

TEST(ObjectReader, TakesNullForWhatIsLeftOut) {
    const json object = json::parse(R"({"a": null, "b": null})");
    std::vector<FieldProblem> problems;
    ObjectReader reader(object, "", problems);
    EXPECT_EQ(reader.optional_text("a"), std::nullopt);
    EXPECT_EQ(reader.text("b"), "");
    reader.finish();
    EXPECT_THAT(lines_of(problems), ElementsAre("/b must be given"));
}

TEST(ObjectReader, TakesNoNumberBeyondWhatItsTypeHolds) {
    const json object = json::parse(R"({"a": 18446744073709551615, "b": 1e3})");
    std::vector<FieldProblem> problems;
    ObjectReader reader(object, "", problems);
    reader.integer("a", 0, INT64_MAX);
    reader.integer("b", 0, INT64_MAX);
    EXPECT_EQ(problems.size(), 2U);
}

}  // namespace
}  // namespace cairn::api
