#pragma once

// PDQ written down as plainly as its description (docs/formats.md), step by step and whole
// matrix by whole matrix. Slow on purpose: the tests compare the library with it, float for
// float, and the benchmarks measure against it.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <numbers>
#include <vector>

#include "fingerprint/pdq.h"

namespace cairn::test {

using fingerprint::PdqCode;
using fingerprint::PdqHash;
using fingerprint::PixelView;

using Matrix64 = std::array<std::array<float, 64>, 64>;
using Matrix16 = std::array<std::array<float, 16>, 16>;

struct OraclePixels {
    std::vector<std::uint8_t> bytes;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint32_t channels = 3;

    PixelView view() const { return {bytes, width, height, channels}; }
};

/// Nearest neighbour to exactly 512x512 when a side exceeds 512.
inline OraclePixels oracle_shrink(const PixelView& in) {
    OraclePixels out{{in.pixels.begin(), in.pixels.end()}, in.width, in.height, in.channels};
    if (in.width <= 512 && in.height <= 512) return out;
    out.width = 512;
    out.height = 512;
    out.bytes.clear();
    for (int y = 0; y < 512; ++y) {
        const auto from_y = static_cast<std::size_t>(y * static_cast<double>(in.height) / 512);
        for (int x = 0; x < 512; ++x) {
            const auto from_x = static_cast<std::size_t>(x * static_cast<double>(in.width) / 512);
            for (std::size_t c = 0; c < in.channels; ++c) {
                out.bytes.push_back(in.pixels[(from_y * in.width + from_x) * in.channels + c]);
            }
        }
    }
    return out;
}

inline std::vector<float> oracle_luma(const PixelView& in) {
    const std::size_t count = std::size_t{in.width} * in.height;
    std::vector<float> luma(count);
    for (std::size_t i = 0; i < count; ++i) {
        if (in.channels == 1) {
            luma[i] = static_cast<float>(in.pixels[i]);
            continue;
        }
        const auto red = static_cast<float>(in.pixels[3 * i]);
        const auto green = static_cast<float>(in.pixels[3 * i + 1]);
        const auto blue = static_cast<float>(in.pixels[3 * i + 2]);
        luma[i] = 0.299F * red + 0.587F * green + 0.114F * blue;
    }
    return luma;
}

/// Box filter of one line of `n` values that lie `stride` apart.
inline void oracle_box(
    const float* in, float* out, std::size_t n, std::size_t stride, std::size_t window
) {
    const std::size_t half = (window + 2) / 2;
    std::size_t left = 0;
    std::size_t right = 0;
    std::size_t target = 0;
    float sum = 0.0F;
    float count = 0.0F;
    for (std::size_t i = 0; i + 1 < half; ++i) {
        sum += in[stride * right++];
        count += 1.0F;
    }
    for (std::size_t i = 0; i < window - half + 1; ++i) {
        sum += in[stride * right++];
        count += 1.0F;
        out[stride * target++] = sum / count;
    }
    for (std::size_t i = 0; i < n - window; ++i) {
        sum += in[stride * right++];
        sum -= in[stride * left++];
        out[stride * target++] = sum / count;
    }
    for (std::size_t i = 0; i + 1 < half; ++i) {
        sum -= in[stride * left++];
        count -= 1.0F;
        out[stride * target++] = sum / count;
    }
}

inline Matrix64 oracle_filter(std::vector<float> luma, std::size_t rows, std::size_t columns) {
    std::vector<float> other(luma.size());
    const std::size_t window_across = (columns + 127) / 128;
    const std::size_t window_down = (rows + 127) / 128;
    for (int round = 0; round < 2; ++round) {
        for (std::size_t i = 0; i < rows; ++i) {
            oracle_box(&luma[i * columns], &other[i * columns], columns, 1, window_across);
        }
        for (std::size_t j = 0; j < columns; ++j) {
            oracle_box(&other[j], &luma[j], rows, columns, window_down);
        }
    }
    Matrix64 out{};
    for (std::size_t i = 0; i < 64; ++i) {
        const auto y = static_cast<std::size_t>(
            (static_cast<double>(i) + 0.5) * static_cast<double>(rows) / 64
        );
        for (std::size_t j = 0; j < 64; ++j) {
            const auto x = static_cast<std::size_t>(
                (static_cast<double>(j) + 0.5) * static_cast<double>(columns) / 64
            );
            out[i][j] = luma[y * columns + x];
        }
    }
    return out;
}

inline int oracle_quality(const Matrix64& a) {
    int sum = 0;
    for (std::size_t i = 0; i < 64; ++i) {
        for (std::size_t j = 0; j < 64; ++j) {
            if (i + 1 < 64) sum += std::abs(static_cast<int>((a[i][j] - a[i + 1][j]) * 100 / 255));
            if (j + 1 < 64) sum += std::abs(static_cast<int>((a[i][j] - a[i][j + 1]) * 100 / 255));
        }
    }
    return std::min(100, sum / 90);
}

inline Matrix16 oracle_dct(const Matrix64& a) {
    std::array<std::array<float, 64>, 16> d{};
    const auto scale = static_cast<double>(static_cast<float>(std::sqrt(2.0 / 64.0)));
    for (int i = 0; i < 16; ++i) {
        for (int j = 0; j < 64; ++j) {
            const double angle = std::numbers::pi / 2 / 64 * (i + 1) * (2 * j + 1);
            d[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] =
                static_cast<float>(scale * std::cos(angle));
        }
    }
    std::array<std::array<float, 64>, 16> t{};
    for (std::size_t i = 0; i < 16; ++i) {
        for (std::size_t j = 0; j < 64; ++j) {
            for (std::size_t k = 0; k < 64; ++k) t[i][j] += d[i][k] * a[k][j];
        }
    }
    Matrix16 b{};
    for (std::size_t i = 0; i < 16; ++i) {
        for (std::size_t j = 0; j < 16; ++j) {
            for (std::size_t k = 0; k < 64; ++k) b[i][j] += t[i][k] * d[j][k];
        }
    }
    return b;
}

inline PdqCode oracle_bits(const Matrix16& b) {
    std::vector<float> sorted;
    for (const auto& row : b) sorted.insert(sorted.end(), row.begin(), row.end());
    std::sort(sorted.begin(), sorted.end());
    const float median = sorted[127];
    PdqCode code;
    for (std::size_t bit = 0; bit < 256; ++bit) {
        if (b[bit / 16][bit % 16] > median) code.words[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
    return code;
}

/// The 64x64 matrix before the cosine transform; `shortcut` as the plain hash takes it.
inline Matrix64 oracle_matrix(const PixelView& picture, bool shortcut) {
    const OraclePixels pixels = oracle_shrink(picture);
    std::vector<float> luma = oracle_luma(pixels.view());
    if (shortcut && pixels.width == 64 && pixels.height == 64) {
        Matrix64 out{};
        for (std::size_t i = 0; i < 4096; ++i) out[i / 64][i % 64] = luma[i];
        return out;
    }
    return oracle_filter(std::move(luma), pixels.height, pixels.width);
}

inline PdqHash oracle_hash(const PixelView& picture) {
    if (picture.width < 5 || picture.height < 5) return {};
    const Matrix64 a = oracle_matrix(picture, true);
    return {oracle_bits(oracle_dct(a)), oracle_quality(a)};
}

/// The picture's pixels in another order: mirrored and then, if wanted, transposed.
inline OraclePixels oracle_turn(
    const PixelView& in, bool mirror_across, bool mirror_down, bool transpose
) {
    OraclePixels out{{}, in.width, in.height, in.channels};
    if (transpose) std::swap(out.width, out.height);
    for (std::uint32_t y = 0; y < out.height; ++y) {
        for (std::uint32_t x = 0; x < out.width; ++x) {
            std::uint32_t from_x = transpose ? y : x;
            std::uint32_t from_y = transpose ? x : y;
            if (mirror_across) from_x = in.width - 1 - from_x;
            if (mirror_down) from_y = in.height - 1 - from_y;
            const std::size_t from = (std::size_t{from_y} * in.width + from_x) * in.channels;
            for (std::size_t c = 0; c < in.channels; ++c) out.bytes.push_back(in.pixels[from + c]);
        }
    }
    return out;
}

}  // namespace cairn::test
