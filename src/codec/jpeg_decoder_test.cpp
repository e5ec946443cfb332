// The decoder passes over rows that no sample needs, and makes the pixels of large pictures from
// their planes itself: libjpeg must give the same bytes.
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>

#include <gtest/gtest.h>
#include <jpeglib.h>

#include "codec/picture.h"

namespace cairn::codec {
namespace {

struct Shape {
    JDIMENSION width = 0;
    JDIMENSION height = 0;
    int channels = 3;
    int across = 1;  ///< luma samples per chroma sample
    int down = 1;
    bool progressive = false;
    unsigned restart_rows = 0;
};

/// A JPEG of random blocks.
ByteVector encode(const Shape& shape, std::mt19937& random) {
    jpeg_compress_struct info{};
    jpeg_error_mgr errors{};
    info.err = ::jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    ::jpeg_mem_dest(&info, &bytes, &size);
    info.image_width = shape.width;
    info.image_height = shape.height;
    info.input_components = shape.channels;
    info.in_color_space = shape.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    ::jpeg_set_defaults(&info);
    info.comp_info[0].h_samp_factor = shape.across;
    info.comp_info[0].v_samp_factor = shape.down;
    if (shape.progressive) ::jpeg_simple_progression(&info);
    info.restart_in_rows = static_cast<int>(shape.restart_rows);
    ::jpeg_start_compress(&info, TRUE);
    std::vector<JSAMPLE> row(shape.width * static_cast<JDIMENSION>(shape.channels));
    while (info.next_scanline < info.image_height) {
        for (JSAMPLE& sample : row) {
            if (random() % 4 == 0) sample = static_cast<JSAMPLE>(random() & 0xFFU);
        }
        JSAMPROW pointer = row.data();
        ::jpeg_write_scanlines(&info, &pointer, 1);
    }
    ::jpeg_finish_compress(&info);
    ByteVector out(bytes, bytes + size);
    std::free(bytes);
    ::jpeg_destroy_compress(&info);
    return out;
}

/// Every row, one after the other.
ByteVector decode_whole(const ByteVector& file) {
    jpeg_decompress_struct info{};
    jpeg_error_mgr errors{};
    info.err = ::jpeg_std_error(&errors);
    jpeg_create_decompress(&info);
    ::jpeg_mem_src(&info, file.data(), file.size());
    ::jpeg_read_header(&info, TRUE);
    ::jpeg_start_decompress(&info);
    const std::size_t row_bytes =
        std::size_t{info.output_width} * static_cast<std::size_t>(info.output_components);
    ByteVector out(row_bytes * info.output_height);
    while (info.output_scanline < info.output_height) {
        JSAMPROW row = &out[info.output_scanline * row_bytes];
        ::jpeg_read_scanlines(&info, &row, 1);
    }
    ::jpeg_destroy_decompress(&info);
    return out;
}

/// Position in the source of output index k along an axis, perhaps mirrored.
std::size_t source_of(std::size_t k, std::size_t size, bool mirrored) {
    const std::size_t plain = k * size / 512;
    return mirrored ? size - 1 - plain : plain;
}

void expect_same_samples(const Shape& shape, const ByteVector& file, bool turns) {
    const ByteVector whole = decode_whole(file);
    const auto channels = static_cast<std::size_t>(shape.channels);
    ByteVector store(kStoreBytesMin);
    const auto decoded = decode_picture(
        Input(file),
        Format::jpeg,
        {.turns = turns},
        store,
        {.take = [&](const Frame& frame) -> Status {
            EXPECT_EQ(frame.rasters.size(), turns ? 4U : 1U);
            for (const Raster& raster : frame.rasters) {
                const auto order = static_cast<int>(raster.order);
                std::size_t wrong = 0;
                for (std::size_t i = 0; i < std::size_t{512} * 512; ++i) {
                    const std::size_t y = source_of(i / 512, shape.height, (order & 2) != 0);
                    const std::size_t x = source_of(i % 512, shape.width, (order & 1) != 0);
                    const std::uint8_t* got = &store[raster.offset + i * channels];
                    const std::uint8_t* wanted = &whole[(y * shape.width + x) * channels];
                    wrong += std::equal(got, got + channels, wanted) ? 0U : 1U;
                }
                EXPECT_EQ(wrong, 0U) << "order " << order;
            }
            return ok();
        }}
    );
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_FALSE(decoded->partial);
}

TEST(DecodeJpeg, PassingOverRowsDoesNotChangeTheOthers) {
    std::mt19937 random(7);
    const auto pick = [&random](JDIMENSION low, JDIMENSION high) {
        return std::uniform_int_distribution<JDIMENSION>(low, high)(random);
    };
    for (int i = 0; i < 40; ++i) {
        Shape shape;
        // From a little above the limit, where single rows are left out, to many rows at once.
        shape.height = i % 4 == 0 ? pick(5000, 20000) : pick(513, 2500);
        shape.width = pick(1, 40);
        shape.channels = i % 9 == 8 ? 1 : 3;
        if (shape.channels == 3) {
            shape.across = static_cast<int>(pick(1, 2));
            shape.down = static_cast<int>(pick(1, 2));
        }
        shape.progressive = i % 5 == 4;
        shape.restart_rows = i % 7 == 6 ? 3 : 0;
        SCOPED_TRACE(
            std::to_string(shape.width) + "x" + std::to_string(shape.height) + ", " +
            std::to_string(shape.across) + "x" + std::to_string(shape.down) +
            (shape.progressive ? ", progressive" : "")
        );
        expect_same_samples(shape, encode(shape, random), i % 3 == 0);
    }
}

TEST(DecodeJpeg, PixelsMadeFromPlanesAreLibjpegs) {
    std::mt19937 random(9);
    const auto pick = [&random](JDIMENSION low, JDIMENSION high) {
        return std::uniform_int_distribution<JDIMENSION>(low, high)(random);
    };
    for (int i = 0; i < 24; ++i) {
        Shape shape;
        shape.width = pick(750, 900);
        shape.height = pick(550, 650);
        shape.across = i % 2 + 1;
        shape.down = i / 2 % 2 + 1;
        shape.progressive = i % 7 == 6;
        shape.restart_rows = i % 5 == 4 ? 2 : 0;
        SCOPED_TRACE(
            std::to_string(shape.width) + "x" + std::to_string(shape.height) + ", " +
            std::to_string(shape.across) + "x" + std::to_string(shape.down)
        );
        expect_same_samples(shape, encode(shape, random), i % 4 == 0);
    }
}

TEST(DecodeJpeg, PlanesEndWellInNarrowAndLowPictures) {
    std::mt19937 random(10);
    for (int i = 0; i < 8; ++i) {
        const bool narrow = i % 2 == 0;
        const JDIMENSION shorter = 30 + static_cast<JDIMENSION>(i);
        const Shape shape{
            .width = narrow ? shorter : 14'000U,
            .height = narrow ? 14'000U : shorter,
            .across = i / 2 % 2 + 1,
            .down = i / 4 % 2 + 1,
        };
        SCOPED_TRACE(i);
        expect_same_samples(shape, encode(shape, random), true);
    }
}

/// A decoded picture, all of its bytes.
struct Whole {
    Frame frame;
    ByteVector pixels;
    bool partial = false;
};

std::optional<Whole> decode_with(const ByteVector& file, const Options& options) {
    ByteVector store(kStoreBytesMin);
    Whole out;
    const auto decoded = decode_picture(
        Input(file), Format::jpeg, options, store, {.take = [&](const Frame& frame) -> Status {
            out.frame = frame;
            const std::size_t size = std::size_t{frame.width} * frame.height * frame.channels;
            out.pixels.assign(store.begin(), store.begin() + static_cast<std::ptrdiff_t>(size));
            return ok();
        }}
    );
    if (!decoded) return std::nullopt;
    out.partial = decoded->partial;
    return out;
}

/// The samples among the pixels of a picture handed over whole, which libjpeg made.
ByteVector samples_of(const Whole& whole) {
    ByteVector out;
    for (std::size_t y = 0; y < 512; ++y) {
        for (std::size_t x = 0; x < 512; ++x) {
            const std::size_t from =
                (y * whole.frame.height / 512 * whole.frame.width + x * whole.frame.width / 512) *
                3;
            for (std::size_t c = 0; c < 3; ++c) out.push_back(whole.pixels[from + c]);
        }
    }
    return out;
}

TEST(DecodeJpeg, DamagedFilesGiveTheSameFromPlanes) {
    std::mt19937 random(11);
    int partial = 0;
    for (int i = 0; i < 40; ++i) {
        const Shape shape{
            .width = 800,
            .height = 600,
            .across = i % 2 + 1,
            .down = i / 2 % 2 + 1,
            .progressive = i % 5 == 4,
        };
        ByteVector file = encode(shape, random);
        if (i % 4 == 3) {
            for (int n = 0; n < 3; ++n) file[600 + random() % (file.size() - 600)] ^= 0x55U;
        } else {
            file.resize(700 + random() % (file.size() - 700));
        }
        const auto planes = decode_with(file, {});
        const auto pixels = decode_with(file, {.whole = true});
        ASSERT_EQ(planes.has_value(), pixels.has_value()) << i;
        if (!planes) continue;
        EXPECT_EQ(planes->partial, pixels->partial) << i;
        EXPECT_TRUE(planes->pixels == samples_of(*pixels)) << i;
        partial += planes->partial ? 1 : 0;
    }
    EXPECT_GT(partial, 20);
}

TEST(DecodeJpeg, TheSmallPictureIsTheMeanLuma) {
    std::mt19937 random(12);
    for (const int across : {1, 2}) {
        const Shape shape{.width = 1301, .height = 777, .across = across, .down = across};
        const ByteVector file = encode(shape, random);
        const ByteVector whole = decode_whole(file);
        ByteVector store(kStoreBytesMin);
        SmallPicture small;
        const auto decoded = decode_picture(
            Input(file),
            Format::jpeg,
            {.small = true},
            store,
            {.take =
                 [&](const Frame& frame) {
                     small = frame.small.value();
                     return ok();
                 }}
        );
        ASSERT_TRUE(decoded) << decoded.error().message;
        EXPECT_EQ(small.cell_width, 5U);
        EXPECT_EQ(small.cell_height, 3U);
        const std::size_t columns = (1301 + 4) / 5;
        for (const auto& [x, y] : {std::pair{0U, 0U}, {17U, 200U}, {260U, 258U}, {259U, 7U}}) {
            double sum = 0;
            int count = 0;
            for (std::size_t i = y * 3; i < std::min(y * 3 + 3, 777U); ++i) {
                for (std::size_t j = x * 5; j < std::min(x * 5 + 5, 1301U); ++j, ++count) {
                    const std::uint8_t* p = &whole[(i * 1301 + j) * 3];
                    sum += 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
                }
            }
            // Conversion clips what luma does not.
            EXPECT_NEAR(store[small.offset + y * columns + x], sum / count, 12) << x << ' ' << y;
        }
    }
}

TEST(DecodeJpeg, WideLowPicturesRepeatRows) {
    std::mt19937 random(8);
    for (const JDIMENSION height : {5U, 17U, 300U}) {
        const Shape shape{.width = 700, .height = height, .across = 2, .down = 2};
        expect_same_samples(shape, encode(shape, random), true);
    }
}

}  // namespace
}  // namespace cairn::codec
