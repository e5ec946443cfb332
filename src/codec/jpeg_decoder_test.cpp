// The decoder passes over rows that no sample needs; libjpeg must give the same for the others.
#include <cstdio>
#include <cstdlib>
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

TEST(DecodeJpeg, WideLowPicturesRepeatRows) {
    std::mt19937 random(8);
    for (const JDIMENSION height : {5U, 17U, 300U}) {
        const Shape shape{.width = 700, .height = height, .across = 2, .down = 2};
        expect_same_samples(shape, encode(shape, random), true);
    }
}

}  // namespace
}  // namespace cairn::codec
