#include "robustness/geometry.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>
#include <utility>
#include <vector>

namespace cairn::robustness {
namespace {

constexpr std::size_t kChannels = Raster::kChannels;

std::uint32_t whole(double value) {
    return static_cast<std::uint32_t>(std::max(0.0, std::round(value)));
}

std::uint8_t byte_of(float value) {
    return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0F, 255.0F)));
}

/// The source pixels that one output pixel covers, and their shares, which add up to 1.
struct Cover {
    std::uint32_t first = 0;
    std::vector<float> shares;
};

std::vector<Cover> covers_of(std::uint32_t source, std::uint32_t wanted) {
    std::vector<Cover> covers(wanted);
    const double step = static_cast<double>(source) / wanted;
    for (std::uint32_t i = 0; i < wanted; ++i) {
        const double begin = i * step;
        const double end = std::min<double>(source, (i + 1) * step);
        covers[i].first = std::min(static_cast<std::uint32_t>(begin), source - 1);
        for (std::uint32_t x = covers[i].first; x < source && x < end; ++x) {
            const double part = std::min<double>(end, x + 1) - std::max<double>(begin, x);
            covers[i].shares.push_back(static_cast<float>(part / (end - begin)));
        }
    }
    return covers;
}

std::vector<float> row_scaled(const std::uint8_t* row, const std::vector<Cover>& covers) {
    std::vector<float> out(covers.size() * kChannels);
    for (std::size_t i = 0; i < covers.size(); ++i) {
        const std::uint8_t* pixel = row + kChannels * covers[i].first;
        for (const float share : covers[i].shares) {
            for (std::size_t c = 0; c < kChannels; ++c) {
                out[kChannels * i + c] += share * static_cast<float>(pixel[c]);
            }
            pixel += kChannels;
        }
    }
    return out;
}

/// A side after `before` and `behind` were cut off: where it begins, and its length.
std::pair<std::uint32_t, std::uint32_t> rest_of(std::uint32_t side, double before, double behind) {
    const std::uint32_t begin = std::min(whole(side * before), side - 1);
    const std::uint32_t cut = std::min(whole(side * behind), side - begin - 1);
    return {begin, side - begin - cut};
}

/// The colour at a place between pixel centres; black outside.
void put_between(const Raster& picture, double x, double y, std::uint8_t* out) {
    const double left = std::floor(x);
    const double top = std::floor(y);
    std::array<double, kChannels> sums{};
    for (const int down : {0, 1}) {
        for (const int across : {0, 1}) {
            const double px = left + across;
            const double py = top + down;
            if (px < 0 || py < 0 || px >= picture.width || py >= picture.height) continue;
            const double share = (1 - std::abs(x - px)) * (1 - std::abs(y - py));
            const std::uint8_t* pixel =
                picture.at(static_cast<std::uint32_t>(px), static_cast<std::uint32_t>(py));
            for (std::size_t c = 0; c < kChannels; ++c) sums[c] += share * pixel[c];
        }
    }
    for (std::size_t c = 0; c < kChannels; ++c) out[c] = byte_of(static_cast<float>(sums[c]));
}

}  // namespace

Raster scaled(const Raster& picture, std::uint32_t width, std::uint32_t height) {
    if (width == picture.width && height == picture.height) return picture;
    const std::vector<Cover> across = covers_of(picture.width, width);
    const std::vector<Cover> down = covers_of(picture.height, height);
    Raster out = Raster::black(width, height);
    std::vector<float> sums(out.row_bytes());
    std::vector<float> row;
    std::uint32_t row_number = picture.height;
    for (std::uint32_t y = 0; y < height; ++y) {
        std::fill(sums.begin(), sums.end(), 0.0F);
        for (std::uint32_t i = 0; i < down[y].shares.size(); ++i) {
            // The row at the border of two output rows is part of both.
            if (row_number != down[y].first + i) {
                row_number = down[y].first + i;
                row = row_scaled(picture.at(0, row_number), across);
            }
            const float share = down[y].shares[i];
            for (std::size_t x = 0; x < sums.size(); ++x) sums[x] += share * row[x];
        }
        std::transform(sums.begin(), sums.end(), out.at(0, y), byte_of);
    }
    return out;
}

Raster scaled_by(const Raster& picture, double share) {
    return scaled(
        picture,
        std::max(1U, whole(picture.width * share)),
        std::max(1U, whole(picture.height * share))
    );
}

Raster scaled_to_long_side(const Raster& picture, std::uint32_t pixels) {
    return scaled_by(
        picture, static_cast<double>(pixels) / std::max(picture.width, picture.height)
    );
}

Raster cropped(const Raster& picture, const Box& box) {
    Raster out = Raster::black(box.width, box.height);
    for (std::uint32_t y = 0; y < box.height; ++y) {
        std::memcpy(out.at(0, y), picture.at(box.left, box.top + y), out.row_bytes());
    }
    return out;
}

Raster cropped_by(const Raster& picture, const Margins& margins) {
    const auto [left, width] = rest_of(picture.width, margins.left, margins.right);
    const auto [top, height] = rest_of(picture.height, margins.top, margins.bottom);
    return cropped(picture, {left, top, width, height});
}

Raster cropped_evenly(const Raster& picture, double share) {
    const double half = share / 2;
    return cropped_by(picture, {half, half, half, half});
}

Raster mirrored(const Raster& picture) {
    Raster out = Raster::black(picture.width, picture.height);
    for (std::uint32_t y = 0; y < picture.height; ++y) {
        for (std::uint32_t x = 0; x < picture.width; ++x) {
            std::memcpy(out.at(picture.width - 1 - x, y), picture.at(x, y), kChannels);
        }
    }
    return out;
}

Raster transposed(const Raster& picture) {
    Raster out = Raster::black(picture.height, picture.width);
    for (std::uint32_t y = 0; y < picture.height; ++y) {
        for (std::uint32_t x = 0; x < picture.width; ++x) {
            std::memcpy(out.at(y, x), picture.at(x, y), kChannels);
        }
    }
    return out;
}

Raster quarter_turned(const Raster& picture, unsigned quarters) {
    Raster out = picture;
    for (unsigned i = 0; i < quarters % 4; ++i) out = transposed(mirrored(out));
    return out;
}

Raster upright(Raster picture, unsigned orientation) {
    switch (orientation) {
        case 2:
            return mirrored(picture);
        case 3:
            return quarter_turned(picture, 2);
        case 4:
            return quarter_turned(mirrored(picture), 2);
        case 5:
            return transposed(picture);
        case 6:
            return quarter_turned(picture, 3);
        case 7:
            return quarter_turned(transposed(picture), 2);
        case 8:
            return quarter_turned(picture, 1);
        default:
            return picture;
    }
}

Raster tilted(const Raster& picture, double degrees) {
    const double angle = degrees * std::numbers::pi / 180;
    const double sine = std::sin(angle);
    const double cosine = std::cos(angle);
    const double width = picture.width;
    const double height = picture.height;
    Raster out = Raster::black(
        whole(std::ceil(width * std::abs(cosine) + height * std::abs(sine) - 1e-9)),
        whole(std::ceil(width * std::abs(sine) + height * std::abs(cosine) - 1e-9))
    );
    for (std::uint32_t y = 0; y < out.height; ++y) {
        for (std::uint32_t x = 0; x < out.width; ++x) {
            const double right = x + 0.5 - out.width / 2.0;
            const double below = y + 0.5 - out.height / 2.0;
            put_between(
                picture,
                cosine * right - sine * below + width / 2 - 0.5,
                sine * right + cosine * below + height / 2 - 0.5,
                out.at(x, y)
            );
        }
    }
    return out;
}

}  // namespace cairn::robustness
