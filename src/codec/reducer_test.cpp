#include "codec/reducer.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace cairn::codec {
namespace {

struct Source {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint32_t channels = 1;
    ByteVector bytes;

    double luma(std::size_t x, std::size_t y) const {
        const std::uint8_t* pixel = &bytes[(y * width + x) * channels];
        if (channels == 1) return pixel[0];
        return 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
    }

    double mean(std::uint32_t x, std::uint32_t y, const SmallPicture& small) const {
        const std::uint32_t end_x = std::min((x + 1) * small.cell_width, width);
        const std::uint32_t end_y = std::min((y + 1) * small.cell_height, height);
        double sum = 0;
        int count = 0;
        for (std::uint32_t i = y * small.cell_height; i < end_y; ++i) {
            for (std::uint32_t j = x * small.cell_width; j < end_x; ++j, ++count) sum += luma(j, i);
        }
        return sum / count;
    }
};

Source random_source(std::uint32_t width, std::uint32_t height, std::uint32_t channels) {
    std::mt19937 random(width * 7 + height);
    Source source{width, height, channels, ByteVector(std::size_t{width} * height * channels)};
    for (std::uint8_t& byte : source.bytes) byte = static_cast<std::uint8_t>(random());
    return source;
}

void expect_means(const Source& source) {
    SCOPED_TRACE(std::to_string(source.width) + "x" + std::to_string(source.height));
    ByteVector out(std::size_t{kSmallSideMax} * kSmallSideMax);
    Reducer reducer(source.width, source.height, source.channels, out.data());
    for (std::size_t y = 0; y < source.height; ++y) {
        reducer.push_row(&source.bytes[y * source.width * source.channels]);
    }
    const SmallPicture small = reducer.finish();
    const std::uint32_t columns = (source.width - 1) / small.cell_width + 1;
    const std::uint32_t rows = (source.height - 1) / small.cell_height + 1;
    EXPECT_LE(columns, kSmallSideMax);
    EXPECT_LE(rows, kSmallSideMax);
    EXPECT_GE(columns, std::min(source.width, 256U));
    EXPECT_GE(rows, std::min(source.height, 256U));
    for (std::uint32_t y = 0; y < rows; ++y) {
        for (std::uint32_t x = 0; x < columns; ++x) {
            ASSERT_NEAR(out[std::size_t{y} * columns + x], source.mean(x, y, small), 0.51)
                << x << ' ' << y;
        }
    }
}

TEST(Reducer, GivesTheMeansOfCells) {
    expect_means(random_source(513, 5, 3));
    expect_means(random_source(511, 512, 3));
    expect_means(random_source(767, 769, 1));
    expect_means(random_source(1301, 777, 3));
    // More rows in a cell than its 16-bit sums hold.
    expect_means(random_source(3, 80'001, 3));
    expect_means(random_source(90'000, 2, 1));
}

TEST(Reducer, TakesMissingRowsAsPixelsAfterLuma) {
    ByteVector out(std::size_t{kSmallSideMax} * kSmallSideMax);
    Reducer reducer(512, 600, 3, out.data());
    const ByteVector luma(512, 40);
    const ByteVector grey(512 * 3, 128);
    for (int y = 0; y < 301; ++y) reducer.push_luma(luma.data());
    for (int y = 301; y < 600; ++y) reducer.push_row(grey.data());
    const SmallPicture small = reducer.finish();
    EXPECT_EQ(small.cell_height, 2U);
    EXPECT_EQ(out[149 * 256], 40);
    EXPECT_EQ(out[150 * 256], 84);
    EXPECT_EQ(out[151 * 256 + 255], 128);
}

}  // namespace
}  // namespace cairn::codec
