// Each test alters a made-up picture and asks for it: some variant must reach the original.
#include "fingerprint/query_variants.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "fingerprint/border.h"
#include "fingerprint/scene_test.h"

namespace cairn::fingerprint {
namespace {

using test::draw;
using test::OraclePixels;
using test::Scene;
using Kind = VariantId::Kind;

constexpr std::uint32_t kWidth = 480;
constexpr std::uint32_t kHeight = 400;

OraclePixels original_of(const Scene& scene) {
    return draw(kWidth, kHeight, [&scene](double x, double y) { return scene.at(x, y); });
}

std::vector<QueryVariant> wide_of(const OraclePixels& copy) {
    return query_variants({copy.bytes, {copy.width}, {copy.height}}, QuerySet::wide);
}

/// The distance of the nearest variant of a kind, at the same sides.
int nearest(
    const std::vector<QueryVariant>& variants, const PdqHash& original, const VariantId& like
) {
    int least = 256;
    for (const QueryVariant& variant : variants) {
        if (variant.id.kind != like.kind || variant.id.sides != like.sides) continue;
        least = std::min(least, distance(variant.hash.code, original.code));
    }
    return least;
}

TEST(QueryVariants, SetsHaveTheirMembersOnce) {
    const OraclePixels picture = original_of(Scene(1));
    const GreyPicture grey{picture.bytes, {kWidth}, {kHeight}};
    EXPECT_TRUE(query_variants(grey, QuerySet::upright).empty());
    EXPECT_EQ(query_variants(grey, QuerySet::turns).size(), 7U);
    const auto wide = query_variants(grey, QuerySet::wide);
    EXPECT_GE(wide.size(), 35U);
    EXPECT_LE(wide.size(), 44U);
    std::set<std::uint32_t> ids;
    for (const QueryVariant& variant : wide) EXPECT_TRUE(ids.insert(variant.id.packed()).second);
}

TEST(QueryVariants, PicturesTooSmallToHashHaveNone) {
    const ByteVector cells(400, 9);
    EXPECT_TRUE(query_variants({cells, {4}, {100}}, QuerySet::wide).empty());
    EXPECT_TRUE(query_variants({cells, {100}, {4}}, QuerySet::wide).empty());
    EXPECT_FALSE(query_variants({cells, {80}, {5}}, QuerySet::wide).empty());
}

TEST(QueryVariants, TurnsFindTurnedCopies) {
    for (unsigned seed = 0; seed < 6; ++seed) {
        const OraclePixels picture = original_of(Scene(seed));
        const auto exact = pdq_true_turns(picture.view());
        const auto turns = query_variants({picture.bytes, {kWidth}, {kHeight}}, QuerySet::turns);
        for (const QueryVariant& variant : turns) {
            const PdqHash& wanted = exact[static_cast<std::size_t>(variant.id.amount)];
            EXPECT_LE(distance(variant.hash.code, wanted.code), 16) << text_of(variant.id);
            EXPECT_NEAR(variant.hash.quality, wanted.quality, 5);
        }
    }
}

TEST(QueryVariants, PaddingFindsCroppedCopies) {
    // What was cut off is not known again, so that some copies stay just outside the radius.
    int found = 0;
    int found_plain = 0;
    for (unsigned seed = 0; seed < 8; ++seed) {
        const Scene scene(seed);
        const PdqHash original = pdq_hash(original_of(scene).view());
        const auto look = [&](const OraclePixels& copy, std::uint8_t sides) {
            found += nearest(wide_of(copy), original, {Kind::pad, 0, sides}) <= kPdqRadius ? 1 : 0;
            const PdqHash plain = pdq_hash(copy.view());
            found_plain += distance(plain.code, original.code) <= kPdqRadius ? 1 : 0;
        };
        look(
            draw(
                456,
                380,
                [&](double x, double y) { return scene.at(0.025 + 0.95 * x, 0.025 + 0.95 * y); }
            ),
            std::uint8_t{0}
        );
        look(
            draw(480, 384, [&](double x, double y) { return scene.at(x, 0.04 + 0.96 * y); }),
            VariantId::kTop
        );
        look(
            draw(480, 384, [&](double x, double y) { return scene.at(x, 0.96 * y); }),
            VariantId::kBottom
        );
        look(
            draw(461, 400, [&](double x, double y) { return scene.at(0.04 + 0.96 * x, y); }),
            VariantId::kLeft
        );
        look(
            draw(461, 400, [&](double x, double y) { return scene.at(0.96 * x, y); }),
            VariantId::kRight
        );
    }
    EXPECT_GE(found, 34) << "of 40";
    EXPECT_LE(found_plain, 8) << "of 40";
}

TEST(QueryVariants, TrimmingFindsFramedCopies) {
    for (unsigned seed = 0; seed < 6; ++seed) {
        const Scene scene(seed);
        const PdqHash original = pdq_hash(original_of(scene).view());
        const OraclePixels framed = draw(528, 440, [&scene](double x, double y) {
            const double in_x = (x - 1.0 / 22) * 1.1;
            const double in_y = (y - 1.0 / 22) * 1.1;
            if (in_x < 0 || in_x > 1 || in_y < 0 || in_y > 1) return 250.0;
            return scene.at(in_x, in_y);
        });
        EXPECT_LE(nearest(wide_of(framed), original, {Kind::trim}), kPdqRadius) << seed;
        const OraclePixels letterbox = draw(480, 600, [&scene](double x, double y) {
            const double in_y = (y - 1.0 / 6) * 1.5;
            return in_y < 0 || in_y > 1 ? 4.0 : scene.at(x, in_y);
        });
        EXPECT_LE(nearest(wide_of(letterbox), original, {Kind::trim}), kPdqRadius) << seed;
    }
}

TEST(QueryVariants, CroppingFindsCopiesWithSomethingAround) {
    const Scene scene(4);
    const PdqHash original = pdq_hash(original_of(scene).view());
    // A frame that is not even: noise of both shades.
    const OraclePixels framed = draw(504, 420, [&scene](double x, double y) {
        const double in_x = (x - 0.025) / 0.95;
        const double in_y = (y - 0.025) / 0.95;
        if (in_x >= 0 && in_x <= 1 && in_y >= 0 && in_y <= 1) return scene.at(in_x, in_y);
        return std::fmod(x * 504 + y * 420, 7) < 3 ? 30.0 : 220.0;
    });
    EXPECT_LE(nearest(wide_of(framed), original, {Kind::crop}), kPdqRadius);
}

TEST(QueryVariants, TiltsFindCopiesTurnedALittle) {
    for (const double degrees : {-3.0, -1.2, 1.2, 3.0}) {
        const double angle = degrees * std::numbers::pi / 180;
        const Scene scene(2);
        const PdqHash original = pdq_hash(original_of(scene).view());
        const OraclePixels turned = draw(kWidth, kHeight, [&](double x, double y) {
            const double across = (x - 0.5) * kWidth;
            const double down = (y - 0.5) * kHeight;
            return scene.at(
                0.5 + (std::cos(angle) * across + std::sin(angle) * down) / kWidth,
                0.5 + (std::cos(angle) * down - std::sin(angle) * across) / kHeight
            );
        });
        // Clockwise copies are found by tilting back.
        const auto variants = wide_of(turned);
        const auto tilted = std::find_if(variants.begin(), variants.end(), [&](const auto& v) {
            return v.id.kind == Kind::tilt && v.id.amount == std::lround(-10 * degrees);
        });
        ASSERT_NE(tilted, variants.end()) << degrees;
        EXPECT_LE(distance(tilted->hash.code, original.code), kPdqRadius) << degrees;
    }
}

TEST(FindBorder, FindsNoneInPicturesWithoutOne) {
    const OraclePixels picture = original_of(Scene(3));
    EXPECT_FALSE(find_border({picture.bytes, {kWidth}, {kHeight}}));
    const ByteVector flat(100 * 100, 7);
    EXPECT_FALSE(find_border({flat, {100}, {100}}));
}

TEST(FindBorder, PeelsEachSideAndOneMore) {
    OraclePixels picture = draw(100, 80, [](double x, double y) {
        const bool checks = static_cast<int>(x * 20) % 2 == static_cast<int>(y * 16) % 2;
        if (x < 0.05 || x > 0.9) return 40.0;
        if (y < 0.1) return 200.0;
        return checks ? 0.0 : 255.0;
    });
    const auto inside = find_border({picture.bytes, {100}, {80}});
    ASSERT_TRUE(inside);
    EXPECT_DOUBLE_EQ(inside->across.before, -6.0 / 100);
    EXPECT_DOUBLE_EQ(inside->across.behind, -11.0 / 100);
    EXPECT_DOUBLE_EQ(inside->down.before, -9.0 / 80);
    EXPECT_DOUBLE_EQ(inside->down.behind, 0);
}

TEST(FindBorder, RefusesWhenLittleWouldRemain) {
    const OraclePixels picture = draw(100, 100, [](double x, double y) {
        const bool checks = static_cast<int>(x * 50) % 2 == static_cast<int>(y * 50) % 2;
        return y > 0.4 && y < 0.6 && checks ? 255.0 : 0.0;
    });
    EXPECT_FALSE(find_border({picture.bytes, {100}, {100}}));
}

TEST(LumaOf, RoundsAndKeepsGrey) {
    const ByteVector rgb = {255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9};
    EXPECT_EQ(luma_of({rgb, 3, 2, 3}), (ByteVector{255, 0, 76, 150, 29, 9}));
    const ByteVector grey = {1, 2, 3};
    EXPECT_EQ(luma_of({grey, 3, 1, 1}), grey);
}

}  // namespace
}  // namespace cairn::fingerprint
