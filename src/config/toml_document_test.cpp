#include "config/toml_document.h"

#include <gtest/gtest.h>

namespace cairn::config {
namespace {

const Member* find(const Node& table, std::string_view key) {
    for (const Member& member : table.members) {
        if (member.key == key) return &member;
    }
    return nullptr;
}

TEST(ParseDocument, KeepsValuesAndTheirPlaces) {
    const Document document = parse_document("a = \"x\"\n[s]\n  n = 7\nl = [1.5, true]\n");
    ASSERT_TRUE(document.problems.empty());
    EXPECT_EQ(find(document.root, "a")->value.text, "x");
    EXPECT_EQ(find(document.root, "a")->place, (Place{1, 1}));
    const Node& section = find(document.root, "s")->value;
    EXPECT_EQ(find(section, "n")->value.number, 7);
    EXPECT_EQ(find(section, "n")->place, (Place{3, 3}));
    const Node& list = find(section, "l")->value;
    ASSERT_EQ(list.elements.size(), 2U);
    EXPECT_EQ(list.elements[0].kind, Node::Kind::decimal);
    EXPECT_EQ(list.elements[1].kind, Node::Kind::truth);
    EXPECT_EQ(list.elements[1].place, (Place{4, 11}));
}

TEST(ParseDocument, FindsEveryUnreadableLineAndReadsTheRest) {
    const Document document =
        parse_document("a = 1\na = 2\nb = = 3\nc = 4\n[s\nlost = 1\n[t]\nd = nonsense\ne = 5\n");
    ASSERT_EQ(document.problems.size(), 4U);
    EXPECT_EQ(document.problems[0].place.line, 2U);
    EXPECT_NE(document.problems[0].reason.find("redefine"), std::string::npos);
    EXPECT_EQ(document.problems[1].place.line, 3U);
    EXPECT_EQ(document.problems[2].place.line, 5U);
    EXPECT_EQ(document.problems[3].place.line, 8U);
    EXPECT_NE(find(document.root, "c"), nullptr);
    EXPECT_EQ(find(document.root, "lost"), nullptr) << "goes with the head of its section";
    EXPECT_NE(find(find(document.root, "t")->value, "e"), nullptr);
}

TEST(ParseDocument, EndsAtAnOpenQuotation) {
    const Document document = parse_document("a = 1\nb = \"\"\"never closed\nc = 2\n");
    ASSERT_EQ(document.problems.size(), 1U);
    EXPECT_TRUE(document.root.members.empty());
}

TEST(ParseDocument, RefusesBytesThatAreNotUtf8LineByLine) {
    const Document document = parse_document("a = 1\nb = \"\xFF\"\n# \xC3\nc = 2\n");
    ASSERT_EQ(document.problems.size(), 2U);
    EXPECT_EQ(document.problems[0].place, (Place{2, 1}));
    EXPECT_EQ(document.problems[1].place, (Place{3, 1}));
    EXPECT_EQ(document.root.members.size(), 2U);
}

TEST(ParseDocument, RefusesLargeFiles) {
    const std::string fits(kDocumentBytesMax, '\n');
    EXPECT_TRUE(parse_document(fits).problems.empty());
    const Document document = parse_document(fits + "\n");
    ASSERT_EQ(document.problems.size(), 1U);
    EXPECT_NE(document.problems[0].reason.find("1 MiB"), std::string::npos);
}

TEST(ParseDocument, RefusesDeepNesting) {
    std::string dotted = "a";
    for (int i = 0; i < 400'000; ++i) dotted += ".a";
    EXPECT_EQ(parse_document(dotted + " = 1\n").problems.size(), 1U);
    EXPECT_EQ(parse_document("[" + dotted + "]\n").problems.size(), 1U);
    const std::string brackets(500'000, '[');
    EXPECT_EQ(parse_document("a = " + brackets).problems.size(), 1U);
    EXPECT_EQ(parse_document("a = " + std::string(300, '[')).problems.size(), 1U);
    // What is allowed is read, and kept no deeper than anybody looks.
    std::string deep = "a";
    for (int i = 0; i < 900; ++i) deep += ".a";
    const Document document = parse_document(deep + " = 1\n");
    EXPECT_TRUE(document.problems.empty());
    int levels = 0;
    for (const Node* node = &document.root; !node->members.empty(); ++levels) {
        node = &node->members.front().value;
    }
    EXPECT_EQ(levels, kDepthMax);
}

TEST(ParseDocument, TakesLongComments) {
    const std::string comment = "# " + std::string(5000, '.') + "\na = 1\n";
    EXPECT_TRUE(parse_document(comment).problems.empty());
}

TEST(ParseDocument, EndsAfterManyProblems) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "= 1\n";
    EXPECT_EQ(parse_document(text).problems.size(), kSyntaxProblemsMax);
}

TEST(ParseDocument, TakesNothing) {
    EXPECT_TRUE(parse_document("").problems.empty());
    EXPECT_EQ(parse_document(std::string_view("\0", 1)).problems.size(), 1U);
}

}  // namespace
}  // namespace cairn::config
