#include "robustness/alterations.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "fingerprint/file_type.h"
#include "fingerprint/pdq.h"
#include "robustness/geometry.h"
#include "robustness/overlays.h"
#include "robustness/tones.h"

namespace cairn::robustness {
namespace {

using Size = std::pair<std::uint32_t, std::uint32_t>;

Size size_of(const Raster& picture) {
    return {picture.width, picture.height};
}

Raster sample() {
    return generated(200, 120, 7);
}

Raster altered(std::string_view name, std::uint64_t seed = 1) {
    for (const Alteration& alteration : alterations()) {
        if (alteration.name == name) return alteration.make(sample(), seed);
    }
    ADD_FAILURE() << "no alteration " << name;
    return {};
}

/// The largest difference between two values at the same place.
int difference(const Raster& one, const Raster& other) {
    EXPECT_EQ(size_of(one), size_of(other));
    int largest = 0;
    for (std::size_t i = 0; i < std::min(one.pixels.size(), other.pixels.size()); ++i) {
        largest = std::max(largest, std::abs(one.pixels[i] - other.pixels[i]));
    }
    return largest;
}

TEST(Alterations, HaveDistinctNamesAndGiveWholePictures) {
    std::set<std::string_view> names;
    for (const Alteration& alteration : alterations()) {
        EXPECT_TRUE(names.insert(alteration.name).second) << alteration.name;
        const Raster copy = alteration.make(sample(), 1);
        EXPECT_EQ(copy.pixels.size(), std::size_t{3} * copy.width * copy.height);
        EXPECT_GT(copy.width * copy.height, 0U) << alteration.name;
    }
}

TEST(Alterations, AreTheSameInEveryRun) {
    for (const Alteration& alteration : alterations()) {
        EXPECT_EQ(alteration.make(sample(), 5), alteration.make(sample(), 5)) << alteration.name;
    }
    EXPECT_NE(altered("noise", 1), altered("noise", 2));
}

TEST(Alterations, GiveTheSizesTheyName) {
    EXPECT_EQ(size_of(altered("size_50")), Size(100, 60));
    EXPECT_EQ(size_of(altered("size_25")), Size(50, 30));
    EXPECT_EQ(size_of(altered("size_64px")), Size(64, 38));
    EXPECT_EQ(size_of(altered("aspect_70")), Size(140, 120));
    EXPECT_EQ(size_of(altered("crop_10")), Size(180, 108));
    EXPECT_EQ(size_of(altered("crop_20")), Size(160, 96));
    EXPECT_EQ(size_of(altered("crop_top_10")), Size(200, 108));
    EXPECT_EQ(size_of(altered("border_5")), Size(212, 132));
    EXPECT_EQ(size_of(altered("letterbox")), Size(200, 150));
    EXPECT_EQ(size_of(altered("turn_90")), Size(120, 200));
    EXPECT_EQ(size_of(altered("collage")), Size(400, 120));
}

TEST(Alterations, SurviveTheSmallestPictures) {
    for (const Size& size : {Size(1, 1), Size(2, 9), Size(9, 2)}) {
        const Raster small = generated(size.first, size.second, 3);
        for (const Alteration& alteration : alterations()) {
            const Raster copy = alteration.make(small, 1);
            EXPECT_EQ(copy.pixels.size(), std::size_t{3} * copy.width * copy.height);
        }
    }
}

TEST(Alterations, AreWrittenInTheFormatTheyName) {
    for (const Alteration& alteration : alterations()) {
        const auto file = encode(sample(), alteration.encoding);
        ASSERT_TRUE(file) << file.error().message;
        const auto type = fingerprint::sniff(*file);
        const auto wanted = alteration.name == "png"    ? fingerprint::FileType::png
                            : alteration.name == "webp" ? fingerprint::FileType::webp
                                                        : fingerprint::FileType::jpeg;
        EXPECT_EQ(type, wanted) << alteration.name;
    }
    const auto rough = encode(sample(), {FileFormat::jpeg, 10});
    const auto fine = encode(sample(), {FileFormat::jpeg, 90});
    ASSERT_TRUE(rough && fine);
    EXPECT_LT(rough->size(), fine->size());
}

TEST(Encode, RefusesWhatAFormatCannotHold) {
    EXPECT_FALSE(encode(Raster::black(70'000, 1), {FileFormat::jpeg, 90}));
    EXPECT_FALSE(encode(Raster::black(17'000, 1), {FileFormat::webp, 75}));
}

TEST(Geometry, MirroringTwiceChangesNothing) {
    EXPECT_NE(mirrored(sample()), sample());
    EXPECT_EQ(mirrored(mirrored(sample())), sample());
}

TEST(Geometry, FourQuarterTurnsChangeNothing) {
    Raster picture = sample();
    for (int i = 0; i < 4; ++i) picture = quarter_turned(picture, 1);
    EXPECT_EQ(picture, sample());
    EXPECT_EQ(quarter_turned(sample(), 3), quarter_turned(quarter_turned(sample(), 2), 1));
    // Counter-clockwise: the top right corner comes to the top left.
    const Raster turned = quarter_turned(sample(), 1);
    EXPECT_TRUE(std::equal(turned.at(0, 0), turned.at(1, 0), sample().at(199, 0)));
}

TEST(Geometry, TurnsAreThoseThatPdqNames) {
    const Raster picture = generated(96, 64, 11);
    const auto view = [](const Raster& r) {
        return fingerprint::PixelView{r.pixels, r.width, r.height};
    };
    const auto turns = fingerprint::pdq_true_turns(view(picture));
    EXPECT_EQ(fingerprint::pdq_hash(view(quarter_turned(picture, 1))), turns[1]);
    EXPECT_EQ(fingerprint::pdq_hash(view(quarter_turned(picture, 2))), turns[2]);
    EXPECT_EQ(fingerprint::pdq_hash(view(mirrored(picture))), turns[5]);
    EXPECT_EQ(fingerprint::pdq_hash(view(transposed(picture))), turns[6]);
}

TEST(Geometry, OrientationsAreUndone) {
    const Raster picture = sample();
    // What a camera stores for each orientation, made by the turn that undoes it.
    EXPECT_EQ(upright(picture, 1), picture);
    EXPECT_EQ(upright(mirrored(picture), 2), picture);
    EXPECT_EQ(upright(quarter_turned(picture, 2), 3), picture);
    EXPECT_EQ(upright(mirrored(quarter_turned(picture, 2)), 4), picture);
    EXPECT_EQ(upright(transposed(picture), 5), picture);
    EXPECT_EQ(upright(quarter_turned(picture, 1), 6), picture);
    EXPECT_EQ(upright(transposed(quarter_turned(picture, 2)), 7), picture);
    EXPECT_EQ(upright(quarter_turned(picture, 3), 8), picture);
}

TEST(Geometry, TiltingByNothingChangesNothing) {
    EXPECT_EQ(tilted(sample(), 0), sample());
}

TEST(Geometry, TiltingKeepsAllAndBlackensTheCorners) {
    const Raster picture = toned(sample(), [](double) { return 200; });
    const Raster turned = tilted(picture, 3);
    EXPECT_EQ(size_of(turned), Size(207, 131));
    EXPECT_EQ(turned.at(0, 0)[0], 0);
    EXPECT_EQ(turned.at(turned.width / 2, turned.height / 2)[0], 200);
    double sum = 0;
    for (const std::uint8_t value : turned.pixels) sum += value;
    EXPECT_NEAR(sum / (3.0 * 200 * 200 * 120), 1, 0.01);
    // A right angle is a quarter turn.
    EXPECT_LE(difference(tilted(sample(), 90), quarter_turned(sample(), 1)), 1);
}

TEST(Geometry, ScalingAveragesAreas) {
    Raster picture = Raster::black(4, 2);
    for (std::uint32_t x = 0; x < 4; ++x) {
        for (std::uint32_t y = 0; y < 2; ++y)
            picture.at(x, y)[0] = static_cast<std::uint8_t>(x * 40);
    }
    const Raster half = scaled(picture, 2, 1);
    EXPECT_EQ(half.at(0, 0)[0], 20);
    EXPECT_EQ(half.at(1, 0)[0], 100);
    // Pixels that lie in two areas count in both by their share.
    const Raster third = scaled(picture, 3, 2);
    EXPECT_EQ(third.at(0, 1)[0], 10);
    EXPECT_EQ(third.at(1, 1)[0], 60);
    EXPECT_EQ(third.at(2, 1)[0], 110);
    EXPECT_EQ(scaled(picture, 4, 2), picture);
    EXPECT_EQ(size_of(scaled_by(picture, 0.01)), Size(1, 1));
    EXPECT_EQ(size_of(scaled_to_long_side(sample(), 50)), Size(50, 30));
}

TEST(Geometry, CroppingTakesThePartNamed) {
    const Raster picture = sample();
    EXPECT_EQ(cropped_evenly(picture, 0), picture);
    const Raster part = cropped_by(picture, {.left = 0.1, .top = 0.2});
    EXPECT_EQ(size_of(part), Size(180, 96));
    EXPECT_TRUE(std::equal(part.at(0, 0), part.at(1, 0), picture.at(20, 24)));
}

TEST(Tones, AreCutToTheRangeAndRounded) {
    Raster picture = Raster::black(1, 1);
    picture.pixels = {10, 100, 250};
    EXPECT_EQ(toned(picture, [](double v) { return v * 1.2; }).pixels, (ByteVector{12, 120, 255}));
    EXPECT_EQ(toned(picture, [](double v) { return v - 20; }).pixels, (ByteVector{0, 80, 230}));
    EXPECT_EQ(grey(picture).pixels, (ByteVector{90, 90, 90}));
    EXPECT_EQ(altered("invert").pixels[0], 255 - sample().pixels[0]);
}

TEST(Tones, NoiseHasTheSpreadAsked) {
    const Raster picture = toned(sample(), [](double) { return 128; });
    const Raster spread = noisy(picture, 15, 9);
    double sum = 0;
    double squares = 0;
    for (const std::uint8_t value : spread.pixels) {
        sum += value - 128;
        squares += (value - 128) * (value - 128);
    }
    const auto count = static_cast<double>(spread.pixels.size());
    EXPECT_NEAR(sum / count, 0, 0.3);
    EXPECT_NEAR(squares / count, 225, 8);
}

TEST(Tones, BlurKeepsTheSumAndTheEvenParts) {
    const Raster even = toned(sample(), [](double) { return 77; });
    EXPECT_EQ(blurred(even, 5), even);
    Raster dot = Raster::black(41, 41);
    std::fill_n(dot.at(20, 20), 3, std::uint8_t{255});
    const Raster spread = blurred(dot, 1);
    // The middle of a two-dimensional Gaussian of deviation 1: 255 / (2 pi).
    EXPECT_NEAR(spread.at(20, 20)[0], 40.6, 1);
    EXPECT_EQ(spread.at(19, 20)[1], spread.at(20, 21)[1]);
    EXPECT_EQ(spread.at(0, 0)[2], 0);
}

TEST(Overlays, LeaveTheRestAsItWas) {
    const Raster picture = sample();
    const Raster logo = with_logo(picture, 0.25);
    EXPECT_TRUE(std::equal(picture.at(0, 0), picture.at(0, 80), logo.at(0, 0)));
    EXPECT_NE(logo, picture);
    EXPECT_EQ(cropped(with_border(picture, 0.05), {6, 6, 200, 120}), picture);
    EXPECT_EQ(cropped(letterboxed(picture), {0, 15, 200, 120}), picture);
    EXPECT_EQ(cropped(with_caption(picture, 1), {0, 18, 200, 120}), picture);
    EXPECT_EQ(cropped(in_collage(picture, 1), {0, 0, 200, 120}), picture);
    EXPECT_EQ(cropped(in_window(picture), {24, 8, 200, 120}), picture);
    const Raster band = with_text_band(picture, 1);
    EXPECT_TRUE(std::equal(picture.at(0, 0), picture.at(0, 96), band.at(0, 0)));
}

}  // namespace
}  // namespace cairn::robustness
