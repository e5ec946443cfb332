#include "evidence/evidence_path.h"

#include <algorithm>
#include <tuple>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/hex.h"
#include "base/text.h"

namespace cairn::evidence {
namespace {

Step source(std::string name) {
    return {.kind = Step::Kind::source, .format = {}, .ordinal = 0, .name = std::move(name)};
}
Step file(std::string name) {
    return {.kind = Step::Kind::file, .format = {}, .ordinal = 0, .name = std::move(name)};
}
Step member(std::string format, std::uint64_t ordinal, std::string name) {
    return {
        .kind = Step::Kind::member,
        .format = std::move(format),
        .ordinal = ordinal,
        .name = std::move(name)};
}

rc::Gen<Step> any_step() {
    return rc::gen::build<Step>(
        rc::gen::set(
            &Step::kind,
            rc::gen::element(
                Step::Kind::source,
                Step::Kind::file,
                Step::Kind::member,
                Step::Kind::decoded,
                Step::Kind::frame
            )
        ),
        rc::gen::set(&Step::format, rc::gen::string<std::string>()),
        rc::gen::set(&Step::ordinal, rc::gen::arbitrary<std::uint64_t>()),
        rc::gen::set(&Step::name, rc::gen::string<std::string>())
    );
}

EvidencePath any_path() {
    return EvidencePath(*rc::gen::container<std::vector<Step>>(any_step()));
}

TEST(EvidencePath, CanonicalFormIsNameOrdinalTagFormat) {
    const EvidencePath path({source("/e"), file("a.zip"), member("zip", 300, "b")});
    EXPECT_EQ(
        hex_encode(path.canonical()),
        "2f650001000100"
        "612e7a69700001000200"
        "62000102012c03037a6970"
    );
}

TEST(EvidencePath, ItemIdIsPinned) {
    // First 16 bytes of SHA-256 of the bytes in the test above, computed with sha256sum.
    const EvidencePath path({source("/e"), file("a.zip"), member("zip", 300, "b")});
    EXPECT_EQ(hex_encode(path.item_id()), "57549a252bb9492791dbb1cfbdfb3033");
}

TEST(EvidencePath, TextJoinsSourceAndFileAndMarksContainers) {
    const EvidencePath path({source("/exhibit"), file("pics/a.zip"), member("zip", 3, "b/c.jpg")});
    EXPECT_EQ(path.text(), "/exhibit/pics/a.zip \u203a b/c.jpg");
}

TEST(EvidencePath, TextNamesWhatHasNoName) {
    const Step decoded{.kind = Step::Kind::decoded, .format = "gzip", .ordinal = 0, .name = {}};
    const Step frame{.kind = Step::Kind::frame, .format = {}, .ordinal = 2, .name = {}};
    const EvidencePath path({source("/a.gz"), file(""), decoded, member("tar", 7, ""), frame});
    EXPECT_EQ(path.text(), "/a.gz \u203a (gzip content) \u203a (member 7) \u203a (frame 2)");
}

TEST(EvidencePath, TextOfARootSourceHasOneSlash) {
    EXPECT_EQ(EvidencePath({source("/"), file("a")}).text(), "/a");
}

TEST(EvidencePath, TextEscapesWhatWouldDisturbALine) {
    const EvidencePath path({source("/e"), file("a\nb\xFF \u203a \u202Egpj")});
    EXPECT_EQ(path.text(), "/e/a\\nb\\xff \\u{203a} \\u{202e}gpj");
}

TEST(EvidencePath, NameIsTheLastStepsBytes) {
    EXPECT_EQ(EvidencePath({source("/e"), file("x\xFF")}).name(), "x\xFF");
    EXPECT_EQ(EvidencePath().name(), "");
}

TEST(EvidencePath, ChildLeavesTheParentAlone) {
    const EvidencePath parent({source("/e")});
    const EvidencePath child = parent.child(file("a"));
    EXPECT_EQ(parent.steps().size(), 1U);
    EXPECT_EQ(child.steps().size(), 2U);
    EXPECT_LT(parent, child);
}

TEST(EvidencePath, FromCanonicalRefusesMalformedBytes) {
    for (const std::string_view hex :
         {"0001000000",                         // tag 0
          "0001000600",                         // unknown tag
          "61",                                 // name without end
          "6100",                               // cut in the end of the name
          "610002000100",                       // unknown mark after a zero byte
          "61000100",                           // no tag
          "6100010001",                         // no format
          "61000100010361",                     // format longer than the rest
          "6100010200050100",                   // padded ordinal
          "610001090102030405060708090100",     // ordinal over 64 bits
          "6100010001ffffffffffffffffff01"}) {  // format length of 2^64 - 1
        const auto bytes = hex_decode(hex);
        ASSERT_TRUE(bytes) << hex;
        const auto path = EvidencePath::from_canonical(*bytes);
        ASSERT_FALSE(path) << hex;
        EXPECT_EQ(path.error().code, Errc::corrupt_data);
    }
}

RC_GTEST_PROP(EvidencePath, FromCanonicalInvertsCanonical, ()) {
    const EvidencePath path = any_path();
    const auto back = EvidencePath::from_canonical(path.canonical());
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == path);
}

RC_GTEST_PROP(EvidencePath, CanonicalFormSortsByNamesThenOrdinals, ()) {
    const EvidencePath one = any_path();
    const EvidencePath other = any_path();
    const auto apart = std::ranges::mismatch(one.steps(), other.steps());
    const bool one_ends = apart.in1 == one.steps().end();
    const bool other_ends = apart.in2 == other.steps().end();
    if (one_ends || other_ends) {
        RC_ASSERT((one.canonical() < other.canonical()) == (one_ends && !other_ends));
        return;
    }
    const auto key = [](const Step& step) { return std::tie(step.name, step.ordinal); };
    // Steps of one name and number, but of other kinds, are in the order of their kinds.
    RC_PRE(key(*apart.in1) != key(*apart.in2));
    RC_ASSERT((one.canonical() < other.canonical()) == (key(*apart.in1) < key(*apart.in2)));
}

RC_GTEST_PROP(EvidencePath, CanonicalFormAndItemIdAreInjective, ()) {
    const EvidencePath one = any_path();
    const EvidencePath other = any_path();
    RC_ASSERT((one == other) == (one.canonical() == other.canonical()));
    RC_ASSERT((one == other) == (one.item_id() == other.item_id()));
}

RC_GTEST_PROP(EvidencePath, MovingABoundaryChangesTheId, (std::string left, std::string right)) {
    RC_PRE(!right.empty());
    const EvidencePath one({source(left), file(right)});
    const EvidencePath other({source(left + right.front()), file(right.substr(1))});
    RC_ASSERT(one.item_id() != other.item_id());
}

RC_GTEST_PROP(EvidencePath, TextIsOneLineOfUtf8, ()) {
    const std::string text = any_path().text();
    RC_ASSERT(is_utf8(text));
    RC_ASSERT(std::none_of(text.begin(), text.end(), [](char c) {
        return (c >= 0 && c < 0x20) || c == 0x7F;
    }));
}

RC_GTEST_PROP(EvidencePath, TextTellsMembersApart, (const std::string& a, const std::string& b)) {
    RC_PRE(a != b && !a.empty() && !b.empty());
    const EvidencePath parent({source("/e"), file("a.zip")});
    RC_ASSERT(parent.child(member("zip", 1, a)).text() != parent.child(member("zip", 1, b)).text());
}

}  // namespace
}  // namespace cairn::evidence
