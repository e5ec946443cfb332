// Every format through the confined decoder: what its libraries need must pass the filter.
#include "fingerprint/picture_reader.h"

#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fd.h"

namespace cairn::fingerprint {
namespace {

const std::string kPictures = std::string(CAIRN_SOURCE_DIR) + "/tests/golden/pictures/";

std::unique_ptr<PictureReader> make_reader(PictureReader::Options options = {}) {
    options.decoder_program = std::string(CAIRN_BIN_DIR) + "/cairn-decoder";
    auto reader = PictureReader::create(options);
    EXPECT_TRUE(reader) << reader.error().message;
    return std::move(*reader);
}

Result<PictureFingerprint> try_read(PictureReader& reader, const std::string& name) {
    const Fd fd = CAIRN_TRY(open_for_reading(kPictures + name));
    const ByteVector bytes = CAIRN_TRY(read_file(kPictures + name, 1U << 20U));
    auto picture = reader.read(fd.get(), bytes.size(), sniff(bytes));
    // The decoder reads by position: ours has not moved.
    EXPECT_EQ(::lseek(fd.get(), 0, SEEK_CUR), 0);
    return picture;
}

PictureFingerprint read(PictureReader& reader, const std::string& name) {
    auto picture = try_read(reader, name);
    EXPECT_TRUE(picture) << name << ": " << picture.error().message;
    if (!picture) return {.decoder = {}, .frames = {Frame()}};
    return std::move(*picture);
}

TEST(PictureReader, ReadsEveryFormatConfined) {
    const auto reader = make_reader();
    const PdqHash base = read(*reader, "base.png").frames[0].record;
    EXPECT_EQ(base.quality, 100);
    for (const char* name :
         {"rgb.jpg",       "progressive.jpg", "cmyk_adobe.jpg", "cmyk_plain.jpg", "palette.png",
          "rgb16.png",     "interlaced.png",  "still.gif",      "lossy.webp",     "lossless.webp",
          "animated.webp", "strips.tif",      "tiles.tif",      "planes.tif",     "jpeg.tif",
          "cmyk.tif",      "palette.tif",     "rgb.bmp",        "run_length.bmp", "base.heic",
          "base.avif",     "lossy.jxl",       "lossless.jxl",   "pages.tif",      "animated.png"}) {
        const PictureFingerprint picture = read(*reader, name);
        EXPECT_LE(distance(picture.frames[0].record.code, base.code), 12) << name;
        EXPECT_FALSE(picture.decoder.empty()) << name;
        EXPECT_EQ(picture.width, 80U) << name;
        EXPECT_FALSE(picture.frames[0].oriented) << name;
        EXPECT_FALSE(picture.frames[0].turns) << name;
    }
}

TEST(PictureReader, HashesThePictureTurnedAsItsTagSays) {
    const auto reader = make_reader();
    const PdqHash base = read(*reader, "base.png").frames[0].record;
    for (int orientation = 2; orientation <= 8; ++orientation) {
        const std::string name = "orientation_" + std::to_string(orientation) + ".jpg";
        const PictureFingerprint picture = read(*reader, name);
        EXPECT_EQ(picture.orientation, orientation);
        ASSERT_TRUE(picture.frames[0].oriented) << name;
        EXPECT_LE(distance(picture.frames[0].oriented->code, base.code), 12) << name;
        EXPECT_GT(distance(picture.frames[0].record.code, base.code), kPdqRadius) << name;
    }
    for (const char* name :
         {"orientation_6.png", "orientation_6.jxl", "orientation_8.webp", "orientation_3.tif"}) {
        const PictureFingerprint picture = read(*reader, name);
        ASSERT_TRUE(picture.frames[0].oriented) << name;
        EXPECT_LE(distance(picture.frames[0].oriented->code, base.code), 12) << name;
    }
    const PdqHash large = read(*reader, "large.png").frames[0].record;
    const PictureFingerprint turned = read(*reader, "large_orientation_6.jpg");
    ASSERT_TRUE(turned.frames[0].oriented);
    EXPECT_LE(distance(turned.frames[0].oriented->code, large.code), 12);
}

TEST(PictureReader, AddsTheEightTurnsOnRequest) {
    const auto reader = make_reader({.decoder_program = {}, .turns = true});
    for (const char* name : {"base.png", "large_444.jpg"}) {
        const PictureFingerprint picture = read(*reader, name);
        ASSERT_TRUE(picture.frames[0].turns) << name;
        EXPECT_EQ(picture.frames[0].turns->at(0), picture.frames[0].record) << name;
    }
    const PictureFingerprint base = read(*reader, "base.png");
    const PictureFingerprint mirrored = read(*reader, "orientation_2.jpg");
    const auto flip_y = static_cast<std::size_t>(Turn::flip_y);
    EXPECT_LE(distance(base.frames[0].turns->at(flip_y).code, mirrored.frames[0].record.code), 12);
}

TEST(PictureReader, AddsTheVariantsOfItsQuerySet) {
    const auto upright = make_reader();
    EXPECT_TRUE(read(*upright, "large.png").frames[0].variants.empty());
    const auto turns = make_reader({.decoder_program = {}, .query_set = QuerySet::turns});
    const auto exact = make_reader({.decoder_program = {}, .turns = true});
    // Small pictures, large ones with and without planes, grey ones, 16 bits, CMYK.
    for (const char* name : {"base.png", "large.png", "large_444.jpg", "rgb16.png"}) {
        const Frame frame = read(*turns, name).frames[0];
        ASSERT_EQ(frame.variants.size(), kTurnCount - 1) << name;
        EXPECT_FALSE(frame.turns);
        const Frame wanted = read(*exact, name).frames[0];
        for (const QueryVariant& variant : frame.variants) {
            ASSERT_EQ(variant.id.kind, VariantId::Kind::turn);
            const PdqHash& turn = wanted.turns->at(static_cast<std::size_t>(variant.id.amount));
            EXPECT_LE(distance(variant.hash.code, turn.code), 20)
                << name << ' ' << text_of(variant.id);
        }
    }
    const auto wide = make_reader({.decoder_program = {}, .query_set = QuerySet::wide});
    EXPECT_GE(read(*wide, "large.png").frames[0].variants.size(), 35U);
    const PictureFingerprint with_thumbnail = read(*wide, "thumbnail.jpg");
    EXPECT_TRUE(with_thumbnail.frames.at(1).variants.empty());
    EXPECT_FALSE(read(*wide, "animated.gif").frames.at(3).variants.empty());
}

TEST(PictureReader, KeepsRenderingsOfTransparencyThatDiffer) {
    const auto reader = make_reader();
    const PdqHash base = read(*reader, "base.png").frames[0].record;
    const Frame frame = read(*reader, "alpha.png").frames[0];
    ASSERT_FALSE(frame.renderings.empty());
    // Alpha dropped shows the hidden picture.
    EXPECT_EQ(frame.renderings[0].code, base.code);
    EXPECT_TRUE(read(*reader, "base.png").frames[0].renderings.empty());
}

TEST(PictureReader, ReportsFramesPagesAndThumbnails) {
    const auto reader = make_reader();
    const PictureFingerprint gif = read(*reader, "animated.gif");
    EXPECT_EQ(gif.frames_total, 5U);
    EXPECT_EQ(gif.frames.size(), 4U);
    const PictureFingerprint tiff = read(*reader, "pages.tif");
    ASSERT_EQ(tiff.frames.size(), 3U);
    EXPECT_EQ(tiff.frames[1].kind, Frame::Kind::page);
    EXPECT_EQ(tiff.frames[1].index, 1U);
    const PictureFingerprint jpeg = read(*reader, "thumbnail.jpg");
    ASSERT_EQ(jpeg.frames.size(), 2U);
    EXPECT_EQ(jpeg.frames[1].kind, Frame::Kind::thumbnail);
    EXPECT_GT(distance(jpeg.frames[0].record.code, jpeg.frames[1].record.code), kPdqRadius);
    const auto without = make_reader({.decoder_program = {}, .thumbnails = false});
    EXPECT_EQ(read(*without, "thumbnail.jpg").frames.size(), 1U);
}

TEST(PictureReader, SaysWhyAPictureCannotBeRead) {
    const auto reader = make_reader();
    const auto code_of = [&](const std::string& name) {
        const auto picture = try_read(*reader, name);
        EXPECT_FALSE(picture) << name;
        return picture ? Errc::internal : picture.error().code;
    };
    EXPECT_EQ(code_of("bomb.png"), Errc::limit_exceeded);
    EXPECT_EQ(code_of("truncated.heic"), Errc::corrupt_data);
    EXPECT_EQ(code_of("base.ppm"), Errc::unsupported);
    EXPECT_TRUE(read(*reader, "truncated.jpg").partial);
}

TEST(PictureReader, ServesManyThreadsWithFewDecoders) {
    const auto reader = make_reader();
    const PdqHash wanted = read(*reader, "rgb.jpg").frames[0].record;
    std::vector<std::thread> threads;
    std::atomic<int> right = 0;
    for (int i = 0; i < 6; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 10; ++n) {
                right += read(*reader, "rgb.jpg").frames[0].record == wanted ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(right, 60);
}

}  // namespace
}  // namespace cairn::fingerprint
