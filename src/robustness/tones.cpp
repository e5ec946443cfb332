#include "robustness/tones.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

namespace cairn::robustness {
namespace {

constexpr std::size_t kChannels = Raster::kChannels;

std::uint8_t byte_of(double value) {
    return static_cast<std::uint8_t>(std::clamp(std::round(value), 0.0, 255.0));
}

/// Shares of the neighbours at distance -radius..radius.
std::vector<float> gaussian(double sigma) {
    const auto radius = static_cast<int>(std::ceil(3 * sigma));
    std::vector<float> shares;
    float sum = 0;
    for (int i = -radius; i <= radius; ++i) {
        shares.push_back(static_cast<float>(std::exp(-0.5 * i * i / (sigma * sigma))));
        sum += shares.back();
    }
    for (float& share : shares) share /= sum;
    return shares;
}

/// Blurs one line of `count` steps of `width` values each, which lie `stride` apart.
void blur_steps(
    const std::vector<float>& in,
    std::size_t count,
    std::size_t width,
    const std::vector<float>& shares,
    std::vector<float>& out
) {
    const auto radius = static_cast<std::ptrdiff_t>(shares.size() / 2);
    const auto last = static_cast<std::ptrdiff_t>(count) - 1;
    std::fill(out.begin(), out.end(), 0.0F);
    for (std::ptrdiff_t step = 0; step <= last; ++step) {
        float* sums = out.data() + static_cast<std::size_t>(step) * width;
        for (std::ptrdiff_t i = -radius; i <= radius; ++i) {
            const auto from =
                static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(step + i, 0, last));
            const float share = shares[static_cast<std::size_t>(i + radius)];
            const float* values = in.data() + from * width;
            for (std::size_t x = 0; x < width; ++x) sums[x] += share * values[x];
        }
    }
}

}  // namespace

Raster toned(Raster picture, const std::function<double(double)>& function) {
    std::array<std::uint8_t, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        table[i] = byte_of(function(static_cast<double>(i)));
    }
    for (std::uint8_t& value : picture.pixels) value = table[value];
    return picture;
}

Raster grey(Raster picture) {
    for (std::size_t i = 0; i < picture.pixels.size(); i += kChannels) {
        std::uint8_t* pixel = picture.pixels.data() + i;
        const double luma = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
        std::fill_n(pixel, kChannels, byte_of(luma));
    }
    return picture;
}

Raster noisy(Raster picture, double sigma, std::uint64_t seed) {
    // The engine is the same everywhere, the library's normal distribution is not: the sum of
    // four even ones comes near it.
    std::mt19937_64 engine(seed);
    constexpr double kMean = 2 * 65535.0;
    const double deviation = 65536 / std::sqrt(3.0);
    for (std::uint8_t& value : picture.pixels) {
        std::uint64_t bits = engine();
        double sum = 0;
        for (int i = 0; i < 4; ++i) {
            sum += static_cast<double>(bits & 0xFFFFU);
            bits >>= 16U;
        }
        value = byte_of(value + sigma * (sum - kMean) / deviation);
    }
    return picture;
}

Raster blurred(const Raster& picture, double sigma) {
    const std::vector<float> shares = gaussian(sigma);
    std::vector<float> values(picture.pixels.begin(), picture.pixels.end());
    std::vector<float> sums(values.size());
    blur_steps(values, picture.height, picture.row_bytes(), shares, sums);
    std::vector<float> row(picture.row_bytes());
    std::vector<float> blurred_row(row.size());
    Raster out = Raster::black(picture.width, picture.height);
    for (std::uint32_t y = 0; y < picture.height; ++y) {
        const auto begin = sums.begin() + static_cast<std::ptrdiff_t>(y * row.size());
        row.assign(begin, begin + static_cast<std::ptrdiff_t>(row.size()));
        blur_steps(row, picture.width, kChannels, shares, blurred_row);
        std::transform(blurred_row.begin(), blurred_row.end(), out.at(0, y), byte_of);
    }
    return out;
}

}  // namespace cairn::robustness
