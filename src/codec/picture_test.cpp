#include "codec/picture.h"

#include <cstdlib>
#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "base/fd.h"
#include "codec/limits.h"

namespace cairn::codec {
namespace {

const std::string kPictures = std::string(CAIRN_SOURCE_DIR) + "/tests/golden/pictures/";

/// A raster with its own copy of the pixels.
struct Pixels {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint32_t channels = 3;
    ByteVector bytes;

    int at(std::size_t x, std::size_t y, std::size_t channel) const {
        return bytes.at((y * width + x) * channels + channel);
    }
};

struct TestFrame {
    Frame frame;
    std::vector<Pixels> rasters;

    const Pixels& find(Rendering rendering, Order order) const {
        for (std::size_t i = 0; i < rasters.size(); ++i) {
            const Raster& raster = frame.rasters[i];
            if (raster.rendering == rendering && raster.order == order) return rasters[i];
        }
        ADD_FAILURE() << "raster missing";
        return rasters.at(0);
    }
};

struct Decoded {
    Summary summary;
    std::vector<TestFrame> frames;

    const Pixels& record() const { return frames.at(0).rasters.at(0); }
};

Format format_of(const std::string& name) {
    static const std::map<std::string, Format> kFormats = {
        {"jpg", Format::jpeg},
        {"png", Format::png},
        {"gif", Format::gif},
        {"bmp", Format::bmp},
        {"webp", Format::webp},
        {"tif", Format::tiff},
        {"heic", Format::heif},
        {"avif", Format::avif},
        {"jxl", Format::jpeg_xl},
    };
    return kFormats.at(name.substr(name.rfind('.') + 1));
}

Result<Decoded> decode_input(const Input& input, Format format, const Options& options) {
    ByteVector store(kStoreBytesMin);
    Decoded out;
    out.summary = CAIRN_TRY(decode_picture(
        input, format, options, store, {.take = [&](const Frame& frame) -> Status {
            TestFrame& copy = out.frames.emplace_back();
            copy.frame = frame;
            const std::size_t size = std::size_t{frame.width} * frame.height * frame.channels;
            for (const Raster& raster : frame.rasters) {
                const Bytes bytes = Bytes(store).subspan(raster.offset, size);
                copy.rasters.push_back(
                    {frame.width, frame.height, frame.channels, {bytes.begin(), bytes.end()}}
                );
            }
            return ok();
        }}
    ));
    return out;
}

Result<Decoded> try_decode(const std::string& name, const Options& options = {}) {
    const Fd fd = CAIRN_TRY(open_for_reading(kPictures + name));
    const ByteVector bytes = CAIRN_TRY(read_file(kPictures + name, 1U << 20U));
    return decode_input(Input(fd.get(), bytes.size()), format_of(name), options);
}

Decoded decode(const std::string& name, const Options& options = {}) {
    auto decoded = try_decode(name, options);
    EXPECT_TRUE(decoded) << name << ": " << decoded.error().message;
    if (!decoded) return {};
    EXPECT_FALSE(decoded->frames.empty()) << name;
    return std::move(*decoded);
}

Errc error_of(const std::string& name) {
    const auto decoded = try_decode(name);
    EXPECT_FALSE(decoded) << name;
    return decoded ? Errc::internal : decoded.error().code;
}

/// The pixels that most of the pictures were made from.
const Pixels& base() {
    static const Pixels kBase = [] {
        std::ifstream in(kPictures + "base.ppm", std::ios::binary);
        std::string magic;
        int maximum = 0;
        Pixels out;
        in >> magic >> out.width >> out.height >> maximum;
        in.get();
        out.bytes.assign(std::istreambuf_iterator<char>(in), {});
        EXPECT_EQ(out.bytes.size(), 14400U);
        return out;
    }();
    return kBase;
}

double mean_difference(const Pixels& a, const Pixels& b) {
    if (a.bytes.size() != b.bytes.size() || a.bytes.empty()) return 255;
    double sum = 0;
    for (std::size_t i = 0; i < a.bytes.size(); ++i) sum += std::abs(a.bytes[i] - b.bytes[i]);
    return sum / static_cast<double>(a.bytes.size());
}

TEST(DecodePicture, LosslessFormatsGiveTheSamePixels) {
    for (const char* name :
         {"base.png",
          "interlaced.png",
          "lossless.webp",
          "strips.tif",
          "tiles.tif",
          "planes.tif",
          "rgb.bmp",
          "top_down.bmp",
          "os2.bmp",
          "lossless.jxl"}) {
        const Decoded decoded = decode(name);
        EXPECT_EQ(decoded.summary.width, 80U) << name;
        EXPECT_EQ(decoded.summary.height, 60U) << name;
        EXPECT_EQ(decoded.record().channels, 3U) << name;
        EXPECT_EQ(decoded.record().bytes, base().bytes) << name;
        EXPECT_EQ(decoded.frames.size(), 1U) << name;
        EXPECT_FALSE(decoded.summary.partial) << name;
        EXPECT_FALSE(decoded.summary.decoder.empty()) << name;
    }
}

TEST(DecodePicture, LossyFormatsGiveNearlyThem) {
    for (const char* name :
         {"rgb.jpg",
          "progressive.jpg",
          "cmyk_adobe.jpg",
          "cmyk_plain.jpg",
          "lossy.webp",
          "jpeg.tif",
          "cmyk.tif",
          "base.heic",
          "base.avif",
          "lossy.jxl",
          "still.gif",
          "palette.png",
          "palette.tif",
          "palette.bmp",
          "run_length.bmp",
          "rgb565.bmp",
          "orientation_1.jpg"}) {
        const Decoded decoded = decode(name);
        EXPECT_EQ(decoded.record().channels, 3U) << name;
        EXPECT_LT(mean_difference(decoded.record(), base()), 8) << name;
        EXPECT_FALSE(decoded.summary.partial) << name;
    }
}

TEST(DecodePicture, RunLengthsGiveThePlainPicture) {
    EXPECT_EQ(decode("run_length.bmp").record().bytes, decode("palette.bmp").record().bytes);
    // The TIFF's colour map has 16-bit entries that end in a zero byte: one less at times.
    EXPECT_LT(mean_difference(decode("palette.tif").record(), decode("palette.bmp").record()), 1);
}

TEST(DecodePicture, GreyStaysOneChannel) {
    for (const char* name : {"grey.png", "grey.jpg", "grey16.png", "grey16.tif"}) {
        const Decoded decoded = decode(name);
        ASSERT_EQ(decoded.record().channels, 1U) << name;
        EXPECT_NEAR(decoded.record().at(40, 20, 0), base().at(40, 20, 1), 3) << name;
    }
    for (const char* name : {"bilevel.png", "bilevel.tif"}) {
        const Decoded decoded = decode(name);
        ASSERT_EQ(decoded.record().channels, 1U) << name;
        EXPECT_EQ(decoded.record().at(40, 20, 0), base().at(40, 20, 1) > 128 ? 255 : 0) << name;
        EXPECT_EQ(decoded.record().at(2, 40, 0), base().at(2, 40, 1) > 128 ? 255 : 0) << name;
    }
}

TEST(DecodePicture, SixteenBitsAreRounded) {
    // 0x01C0 is 1.74 of 255.
    EXPECT_EQ(decode("rgb16.png").record().at(0, 0, 0), 2);
    EXPECT_EQ(decode("grey16.png").record().at(0, 0, 0), 2);
    EXPECT_EQ(decode("grey16.tif").record().at(0, 0, 0), 2);
    EXPECT_EQ(decode("rgb16.png").record().at(40, 30, 0), base().at(40, 30, 0));
}

TEST(DecodePicture, TransparencyIsRenderedThreeWays) {
    for (const char* name : {"alpha.png", "alpha.webp", "alpha.tif", "alpha.jxl", "alpha.avif"}) {
        SCOPED_TRACE(name);
        const bool lossy = std::string(name) == "alpha.avif";
        const Decoded decoded = decode(name);
        const TestFrame& frame = decoded.frames.at(0);
        ASSERT_EQ(frame.rasters.size(), 3U);
        const Pixels& white = frame.find(Rendering::record, Order::as_is);
        const Pixels& dropped = frame.find(Rendering::alpha_dropped, Order::as_is);
        const Pixels& black = frame.find(Rendering::over_black, Order::as_is);
        for (const std::size_t x : {0U, 20U, 50U, 79U}) {
            const int alpha = static_cast<int>(255.0 / 79 * static_cast<double>(x));
            const int colour = base().at(x, 10, 0);
            const int tolerance = lossy ? 24 : 1;
            EXPECT_NEAR(
                white.at(x, 10, 0), (colour * alpha + 255 * (255 - alpha)) / 255, tolerance
            );
            EXPECT_NEAR(black.at(x, 10, 0), colour * alpha / 255, tolerance);
            EXPECT_NEAR(dropped.at(x, 10, 0), colour, lossy ? 255 : 0);
        }
    }
    EXPECT_EQ(decode("alpha.bmp").frames.at(0).rasters.size(), 3U);
    EXPECT_EQ(decode("palette_alpha.png").frames.at(0).rasters.size(), 3U);
    const Decoded grey = decode("grey_alpha.png");
    EXPECT_EQ(grey.frames.at(0).rasters.size(), 3U);
    EXPECT_EQ(grey.record().channels, 1U);
    EXPECT_EQ(grey.record().at(0, 0, 0), 255);
}

TEST(DecodePicture, OrientationIsReportedAndThePixelsAreLeftAsStored) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
        const std::string name = "orientation_" + std::to_string(orientation) + ".jpg";
        const Decoded decoded = decode(name);
        EXPECT_EQ(decoded.summary.orientation, orientation);
        EXPECT_EQ(decoded.frames.at(0).frame.orientation, orientation);
        EXPECT_EQ(decoded.summary.width, orientation >= 5 ? 60U : 80U) << name;
    }
    for (const char* name : {"orientation_6.png", "orientation_6.jxl"}) {
        EXPECT_EQ(decode(name).summary.orientation, 6) << name;
        EXPECT_EQ(decode(name).summary.width, 60U) << name;
    }
    EXPECT_EQ(decode("orientation_8.webp").summary.orientation, 8);
    const Decoded tiff = decode("orientation_3.tif");
    EXPECT_EQ(tiff.summary.orientation, 3);
    EXPECT_EQ(tiff.record().at(79, 59, 0), base().at(0, 0, 0));
}

TEST(DecodePicture, LargePicturesAreSampledAsPdqShrinks) {
    const Decoded whole = decode("large.png", {.turns = true});
    EXPECT_EQ(whole.summary.width, 600U);
    const TestFrame& frame = whole.frames.at(0);
    ASSERT_EQ(frame.rasters.size(), 4U);
    EXPECT_EQ(frame.frame.width, 512U);
    EXPECT_EQ(frame.frame.height, 512U);
    // The scene's red channel is x * 255 / 600 where nothing is drawn: along the top edge.
    for (const std::uint32_t k : {0U, 1U, 100U, 511U}) {
        const std::uint32_t plain = k * 600 / 512;
        const std::uint32_t mirrored = 599 - plain;
        EXPECT_EQ(frame.find(Rendering::record, Order::as_is).at(k, 0, 0), plain * 255 / 600);
        EXPECT_EQ(
            frame.find(Rendering::record, Order::mirrored_across).at(k, 0, 0), mirrored * 255 / 600
        );
        EXPECT_EQ(
            frame.find(Rendering::record, Order::mirrored_down).at(k, 511, 0), plain * 255 / 600
        );
        EXPECT_EQ(
            frame.find(Rendering::record, Order::mirrored_both).at(k, 511, 0), mirrored * 255 / 600
        );
    }
    EXPECT_EQ(decode("large.png").frames.at(0).rasters.size(), 1U);
}

/// Luma of the large test picture at a place, from its pixels.
double mean_luma(const Pixels& pixels, std::size_t x, std::size_t y, std::size_t cell) {
    double sum = 0;
    for (std::size_t i = y * cell; i < (y + 1) * cell; ++i) {
        for (std::size_t j = x * cell; j < (x + 1) * cell; ++j) {
            sum += 0.299 * pixels.at(j, i, 0) + 0.587 * pixels.at(j, i, 1) +
                   0.114 * pixels.at(j, i, 2);
        }
    }
    return sum / static_cast<double>(cell * cell);
}

TEST(DecodePicture, HandsOverWholePicturesOnRequest) {
    const ByteVector bytes = *read_file(kPictures + "large.png", 1U << 20U);
    ByteVector store(std::size_t{600} * 540 * 3);
    std::uint32_t width = 0;
    const FrameSink sink{.take = [&](const Frame& frame) {
        width = frame.width;
        EXPECT_EQ(frame.height, 540U);
        EXPECT_EQ(frame.rasters.size(), 1U);
        return ok();
    }};
    ASSERT_TRUE(decode_picture(Input(bytes), Format::png, {.whole = true}, store, sink));
    EXPECT_EQ(width, 600U);
    const auto too_small = decode_picture(
        Input(bytes), Format::png, {.whole = true}, MutableBytes(store).first(9), sink
    );
    ASSERT_FALSE(too_small);
    EXPECT_EQ(too_small.error().code, Errc::limit_exceeded);
}

TEST(DecodePicture, BringsASmallPictureBesideSamples) {
    const ByteVector bytes = *read_file(kPictures + "large.png", 1U << 20U);
    ByteVector whole(std::size_t{600} * 540 * 3);
    const FrameSink ignore{.take = [](const Frame&) { return ok(); }};
    ASSERT_TRUE(decode_picture(Input(bytes), Format::png, {.whole = true}, whole, ignore));
    const Pixels pixels{600, 540, 3, whole};
    ByteVector store(kStoreBytesMin);
    std::optional<SmallPicture> small;
    const FrameSink sink{.take = [&](const Frame& frame) {
        small = frame.small;
        return ok();
    }};
    ASSERT_TRUE(decode_picture(Input(bytes), Format::png, {.small = true}, store, sink));
    ASSERT_TRUE(small);
    EXPECT_EQ(small->source_width, 600U);
    EXPECT_EQ(small->cell_width, 2U);
    EXPECT_EQ(small->cell_height, 2U);
    for (const std::size_t x : {0U, 150U, 299U}) {
        for (const std::size_t y : {0U, 100U, 269U}) {
            EXPECT_NEAR(store[small->offset + y * 300 + x], mean_luma(pixels, x, y, 2), 0.51);
        }
    }
    // A picture that comes whole brings none.
    const ByteVector base_bytes = *read_file(kPictures + "base.png", 1U << 20U);
    ASSERT_TRUE(decode_picture(Input(base_bytes), Format::png, {.small = true}, store, sink));
    EXPECT_FALSE(small);
}

TEST(DecodePicture, AnOrientedLargePictureBringsTheOrderItNeeds) {
    const TestFrame frame = decode("large_orientation_6.jpg").frames.at(0);
    ASSERT_EQ(frame.frame.rasters.size(), 2U);
    EXPECT_EQ(frame.frame.rasters[1].order, Order::mirrored_down);
}

TEST(DecodePicture, TruncatedPicturesShowGreyBelow) {
    for (const char* name : {"truncated.jpg", "truncated.png", "truncated.webp"}) {
        const Decoded decoded = decode(name);
        EXPECT_TRUE(decoded.summary.partial) << name;
        const Pixels& pixels = decoded.record();
        EXPECT_NEAR(pixels.at(3, pixels.height - 2, 0), 128, 1) << name;
        EXPECT_NEAR(pixels.at(3, pixels.height - 2, 2), 128, 1) << name;
        EXPECT_NEAR(pixels.at(3, 0, 2), 96, 12) << name;
    }
    // Rows from the bottom: the top is missing.
    const Decoded bmp = decode("truncated.bmp");
    EXPECT_TRUE(bmp.summary.partial);
    EXPECT_EQ(bmp.record().at(3, 2, 0), 128);
    EXPECT_EQ(bmp.record().at(3, 58, 0), base().at(3, 58, 0));
}

TEST(DecodePicture, TruncatedPicturesThatShowNothingAreErrors) {
    EXPECT_EQ(error_of("truncated.heic"), Errc::corrupt_data);
    for (const std::size_t size : {0U, 2U, 40U}) {
        for (const Format format :
             {Format::jpeg,
              Format::png,
              Format::gif,
              Format::webp,
              Format::tiff,
              Format::bmp,
              Format::heif,
              Format::jpeg_xl}) {
            const ByteVector bytes(size, 0x42);
            const auto decoded = decode_input(Input(bytes), format, {});
            ASSERT_FALSE(decoded);
            EXPECT_TRUE(
                decoded.error().code == Errc::corrupt_data ||
                decoded.error().code == Errc::unsupported
            ) << static_cast<int>(format)
              << ": " << decoded.error().message;
        }
    }
}

TEST(DecodePicture, ATruncatedJpegXlIsPartialOrAnError) {
    const auto decoded = try_decode("truncated.jxl");
    if (decoded) {
        EXPECT_TRUE(decoded->summary.partial);
    } else {
        EXPECT_EQ(decoded.error().code, Errc::corrupt_data);
    }
}

TEST(DecodePicture, RefusesTooManyPixelsByTheHeader) {
    EXPECT_EQ(error_of("bomb.png"), Errc::limit_exceeded);
}

TEST(DecodePicture, ComposesAnimationsAndDropsEqualFrames) {
    for (const char* name : {"animated.gif", "animated.jxl"}) {
        SCOPED_TRACE(name);
        const Decoded decoded = decode(name);
        EXPECT_EQ(decoded.summary.frames_total, 5U);
        // The fourth repaints what the third left; the fifth changes nothing.
        ASSERT_EQ(decoded.frames.size(), 4U);
        // The second frame's square goes again ...
        EXPECT_EQ(decoded.frames[1].rasters[0].at(6, 6, 0), 220);
        EXPECT_EQ(decoded.frames[2].rasters[0].at(6, 6, 0), decoded.record().at(6, 6, 0));
        // ... the third one's leaves a transparent hole, white in the record.
        EXPECT_EQ(decoded.frames[2].rasters[0].at(21, 11, 0), 220);
        EXPECT_EQ(decoded.frames[2].rasters[0].at(25, 15, 0), decoded.record().at(25, 15, 0));
        EXPECT_EQ(decoded.frames[3].rasters[0].at(21, 11, 0), 255);
        EXPECT_EQ(decoded.frames[3].rasters.size(), 3U);
    }
    const Decoded webp = decode("animated.webp");
    EXPECT_EQ(webp.summary.frames_total, 3U);
    ASSERT_EQ(webp.frames.size(), 3U);
    EXPECT_EQ(webp.record().bytes, base().bytes);
    EXPECT_EQ(webp.frames[1].rasters[0].at(12, 0, 0), base().at(0, 0, 0));
}

TEST(DecodePicture, OfAnAnimatedPngShowsTheFirstFrame) {
    const Decoded decoded = decode("animated.png");
    EXPECT_EQ(decoded.summary.frames_total, 3U);
    EXPECT_EQ(decoded.frames.size(), 1U);
    EXPECT_EQ(decoded.record().bytes, base().bytes);
}

TEST(DecodePicture, OfManyFramesChooses64Evenly) {
    const Decoded decoded = decode("hundred_frames.gif");
    EXPECT_EQ(decoded.summary.frames_total, 100U);
    ASSERT_EQ(decoded.frames.size(), kFramesMax);
    EXPECT_EQ(decoded.frames[0].frame.index, 0U);
    EXPECT_EQ(decoded.frames[1].frame.index, 1U);
    EXPECT_EQ(decoded.frames[2].frame.index, 3U);
    EXPECT_EQ(decoded.frames[63].frame.index, 98U);
}

TEST(DecodePicture, HandsOverThePagesOfATiff) {
    const Decoded decoded = decode("pages.tif");
    EXPECT_EQ(decoded.summary.frames_total, 3U);
    ASSERT_EQ(decoded.frames.size(), 3U);
    EXPECT_EQ(decoded.frames[2].frame.kind, FrameKind::page);
    EXPECT_EQ(decoded.frames[2].frame.index, 2U);
    EXPECT_EQ(decoded.frames[1].rasters[0].at(12, 0, 0), base().at(0, 0, 0));
}

TEST(DecodePicture, HandsOverAThumbnailOnRequest) {
    EXPECT_EQ(decode("thumbnail.jpg").frames.size(), 1U);
    const Decoded decoded = decode("thumbnail.jpg", {.thumbnails = true});
    ASSERT_EQ(decoded.frames.size(), 2U);
    EXPECT_EQ(decoded.frames[1].frame.kind, FrameKind::thumbnail);
    EXPECT_EQ(decoded.frames[1].frame.width, 40U);
    EXPECT_EQ(decoded.summary.width, 80U);
}

TEST(DecodePicture, EndsWhenTheSinkFails) {
    const ByteVector bytes = *read_file(kPictures + "animated.gif", 1U << 20U);
    ByteVector store(kStoreBytesMin);
    int calls = 0;
    const auto decoded =
        decode_picture(Input(bytes), Format::gif, {}, store, {.take = [&](const Frame&) -> Status {
                           ++calls;
                           return fail(Errc::unavailable, "enough");
                       }});
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, Errc::unavailable);
    EXPECT_EQ(calls, 1);
}

TEST(DecodePicture, SurvivesDamageAnywhere) {
    // Each byte of small files flipped in turn: decoded, partial or an error, never worse.
    for (const char* name :
         {"rgb.jpg",
          "base.png",
          "lossless.webp",
          "animated.gif",
          "planes.tif",
          "palette.bmp",
          "lossless.jxl",
          "base.avif"}) {
        ByteVector bytes = *read_file(kPictures + name, 1U << 20U);
        const std::size_t step = std::max<std::size_t>(1, bytes.size() / 60);
        for (std::size_t i = 0; i < bytes.size(); i += step) {
            bytes[i] ^= 0x55U;
            const auto decoded = decode_input(Input(bytes), format_of(name), {.thumbnails = true});
            EXPECT_TRUE(!decoded || !decoded->frames.empty()) << name << " byte " << i;
            bytes[i] ^= 0x55U;
        }
    }
}

}  // namespace
}  // namespace cairn::codec
