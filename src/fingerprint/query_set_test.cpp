#include "fingerprint/query_set.h"

#include <set>

#include <gtest/gtest.h>

namespace cairn::fingerprint {
namespace {

using Kind = VariantId::Kind;

TEST(QuerySet, NamesComeBack) {
    for (const QuerySet set : {QuerySet::upright, QuerySet::turns, QuerySet::wide}) {
        EXPECT_EQ(query_set_from(name_of(set)), set);
    }
    EXPECT_FALSE(query_set_from("narrow"));
    EXPECT_FALSE(query_set_from(""));
}

constexpr std::uint8_t kLeft = VariantId::kLeft;
constexpr std::uint8_t kTop = VariantId::kTop;

TEST(VariantId, HasWordsFitForAReport) {
    EXPECT_EQ(text_of({}), "record");
    EXPECT_EQ(text_of({Kind::oriented}), "oriented");
    EXPECT_EQ(text_of({Kind::complement}), "complement");
    EXPECT_EQ(text_of({Kind::turn, static_cast<std::int16_t>(Turn::rotate90)}), "rotate90");
    EXPECT_EQ(text_of({Kind::pad, 50}), "padded 5 %");
    EXPECT_EQ(text_of({Kind::pad, 25, kLeft}), "padded left 2.5 %");
    EXPECT_EQ(text_of({Kind::pad, 35, kTop | kLeft}), "padded left and top 3.5 %");
    EXPECT_EQ(text_of({Kind::crop, 75, VariantId::kBottom}), "cropped bottom 7.5 %");
    EXPECT_EQ(text_of({Kind::crop, 20}), "cropped 2 %");
    EXPECT_EQ(text_of({Kind::trim}), "border trimmed");
    EXPECT_EQ(text_of({Kind::tilt, -10}), "tilted -1 degrees");
    EXPECT_EQ(text_of({Kind::tilt, -5}), "tilted -0.5 degrees");
    EXPECT_EQ(text_of({Kind::tilt, 15}), "tilted 1.5 degrees");
}

TEST(VariantId, ComesBackFromItsStoredForm) {
    std::set<std::uint32_t> seen;
    for (int kind = 0; kind <= static_cast<int>(Kind::tilt); ++kind) {
        for (const int amount : {0, 7, 25, -20, 32'767, -32'768}) {
            VariantId id{static_cast<Kind>(kind), static_cast<std::int16_t>(amount)};
            if (id.kind == Kind::pad || id.kind == Kind::crop) id.sides = kTop;
            if (id.kind == Kind::turn && (amount < 0 || amount > 7)) continue;
            EXPECT_EQ(VariantId::from_packed(id.packed()), id);
            EXPECT_FALSE(text_of(id).empty());
            EXPECT_TRUE(seen.insert(id.packed()).second);
        }
    }
}

TEST(VariantId, RefusesNumbersThatWereNeverStored) {
    EXPECT_FALSE(VariantId::from_packed(9));
    EXPECT_FALSE(VariantId::from_packed(0xFF));
    EXPECT_FALSE(VariantId::from_packed(VariantId{Kind::record, 0, kTop}.packed()));
    EXPECT_TRUE(VariantId::from_packed(VariantId{Kind::pad, 10, 14}.packed()));
    EXPECT_FALSE(VariantId::from_packed(VariantId{Kind::pad, 10, 15}.packed()));
    EXPECT_FALSE(VariantId::from_packed(VariantId{Kind::pad, 10, 16}.packed()));
    EXPECT_TRUE(VariantId::from_packed(VariantId{Kind::turn, 7}.packed()));
    EXPECT_FALSE(VariantId::from_packed(VariantId{Kind::turn, 8}.packed()));
    EXPECT_FALSE(VariantId::from_packed(VariantId{Kind::turn, -1}.packed()));
}

}  // namespace
}  // namespace cairn::fingerprint
