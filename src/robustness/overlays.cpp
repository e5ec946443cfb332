#include "robustness/overlays.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

namespace cairn::robustness {
namespace {

constexpr std::size_t kChannels = Raster::kChannels;

std::uint32_t part(std::uint32_t side, double share) {
    return static_cast<std::uint32_t>(std::lround(side * share));
}

void put(Raster& picture, std::uint32_t x, std::uint32_t y, Colour colour) {
    std::uint8_t* pixel = picture.at(x, y);
    pixel[0] = colour.red;
    pixel[1] = colour.green;
    pixel[2] = colour.blue;
}

/// Fills what of the box lies within the picture.
void fill(Raster& picture, const Box& box, Colour colour) {
    const std::uint32_t right = std::min(picture.width, box.left + box.width);
    const std::uint32_t bottom = std::min(picture.height, box.top + box.height);
    for (std::uint32_t y = box.top; y < bottom; ++y) {
        for (std::uint32_t x = box.left; x < right; ++x) put(picture, x, y, colour);
    }
}

void paste(Raster& canvas, const Raster& picture, std::uint32_t left, std::uint32_t top) {
    for (std::uint32_t y = 0; y < picture.height; ++y) {
        std::memcpy(canvas.at(left, top + y), picture.at(0, y), picture.row_bytes());
    }
}

/// The picture on a larger canvas of one colour.
Raster framed(
    const Raster& picture,
    std::uint32_t side,
    std::uint32_t above,
    std::uint32_t below,
    Colour colour
) {
    Raster canvas = Raster::black(picture.width + 2 * side, picture.height + above + below);
    fill(canvas, {0, 0, canvas.width, canvas.height}, colour);
    paste(canvas, picture, side, above);
    return canvas;
}

/// Upright strokes of uneven width and distance in the middle half of the box.
void write_strokes(Raster& picture, const Box& box, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    const std::uint32_t unit = std::max(1U, box.height / 12);
    std::uint32_t x = box.left + 2 * unit;
    while (x + 4 * unit < box.left + box.width) {
        const std::uint32_t width = unit * (1 + static_cast<std::uint32_t>(engine() % 3));
        const std::uint32_t height =
            box.height / 4 * (1 + static_cast<std::uint32_t>(engine() % 2));
        const std::uint32_t top = box.top + box.height * 3 / 4 - height;
        fill(picture, {x, top, width, height}, {30, 30, 30});
        x += width + unit * (1 + static_cast<std::uint32_t>(engine() % 3));
    }
}

/// Between two values, smoothly: 0 gives the first, 1 the second.
double blend(double first, double second, double place) {
    const double eased = place * place * (3 - 2 * place);
    return first + (second - first) * eased;
}

}  // namespace

Raster with_logo(Raster picture, double share) {
    const std::uint32_t shorter = std::min(picture.width, picture.height);
    const std::uint32_t side = part(shorter, share);
    const std::uint32_t margin = part(shorter, 0.02);
    const std::uint32_t left = picture.width - side - margin;
    const std::uint32_t top = picture.height - side - margin;
    fill(picture, {left, top, side, side}, {128, 128, 128});
    const double outer = side / 3.0;
    const double inner = outer - std::max(1.0, side / 20.0);
    for (std::uint32_t y = 0; y < side; ++y) {
        for (std::uint32_t x = 0; x < side; ++x) {
            const double radius = std::hypot(x + 0.5 - side / 2.0, y + 0.5 - side / 2.0);
            if (radius <= outer && radius >= inner) {
                put(picture, left + x, top + y, {160, 160, 160});
            }
        }
    }
    return picture;
}

Raster with_border(const Raster& picture, double share) {
    const std::uint32_t width = part(std::min(picture.width, picture.height), share);
    return framed(picture, width, width, width, {250, 250, 250});
}

Raster letterboxed(const Raster& picture) {
    const std::uint32_t bar = picture.height / 8;
    return framed(picture, 0, bar, bar, {});
}

Raster with_text_band(Raster picture, std::uint64_t seed) {
    const std::uint32_t top = std::min(part(picture.height, 0.8), picture.height - 1);
    const std::uint32_t height = std::clamp(part(picture.height, 0.12), 1U, picture.height - top);
    const Box band{0, top, picture.width, height};
    for (std::uint32_t y = band.top; y < band.top + band.height; ++y) {
        std::uint8_t* row = picture.at(0, y);
        std::transform(row, row + picture.row_bytes(), row, [](std::uint8_t value) {
            return static_cast<std::uint8_t>((value + 255) / 2);
        });
    }
    write_strokes(picture, band, seed);
    return picture;
}

Raster with_caption(const Raster& picture, std::uint64_t seed) {
    const std::uint32_t bar = std::max(1U, part(picture.height, 0.15));
    Raster out = framed(picture, 0, bar, 0, {255, 255, 255});
    write_strokes(out, {0, 0, out.width, bar}, seed);
    return out;
}

Raster in_window(const Raster& picture) {
    const std::uint32_t title = std::max(4U, part(picture.height, 0.07));
    const std::uint32_t status = std::max(2U, part(picture.height, 0.04));
    const std::uint32_t panel = part(picture.width, 0.12);
    Raster canvas = Raster::black(picture.width + panel, picture.height + title + status);
    fill(canvas, {0, 0, canvas.width, canvas.height}, {244, 244, 246});
    fill(canvas, {0, 0, canvas.width, title}, {48, 52, 60});
    for (std::uint32_t i = 0; i < 8; ++i) {
        const std::uint32_t line = picture.height / 10;
        fill(
            canvas,
            {panel / 8, title + line / 2 + i * line, panel * 3 / 4, line / 3},
            {180, 184, 190}
        );
    }
    paste(canvas, picture, panel, title);
    return canvas;
}

Raster in_collage(const Raster& picture, std::uint64_t seed) {
    Raster canvas = Raster::black(2 * picture.width, picture.height);
    paste(canvas, picture, 0, 0);
    paste(canvas, generated(picture.width, picture.height, seed), picture.width, 0);
    return canvas;
}

Raster generated(std::uint32_t width, std::uint32_t height, std::uint64_t seed) {
    constexpr std::uint32_t kAcross = 17;
    constexpr std::uint32_t kDown = 13;
    Raster knots = Raster::black(kAcross, kDown);
    std::mt19937_64 engine(seed);
    for (std::uint8_t& value : knots.pixels) value = static_cast<std::uint8_t>(engine());
    Raster out = Raster::black(width, height);
    for (std::uint32_t y = 0; y < height; ++y) {
        const double down = (y + 0.5) / height * (kDown - 1);
        const auto row = static_cast<std::uint32_t>(down);
        for (std::uint32_t x = 0; x < width; ++x) {
            const double across = (x + 0.5) / width * (kAcross - 1);
            const auto column = static_cast<std::uint32_t>(across);
            const std::uint8_t* above = knots.at(column, row);
            const std::uint8_t* below = knots.at(column, row + 1);
            for (std::size_t c = 0; c < kChannels; ++c) {
                const double first = blend(above[c], above[kChannels + c], across - column);
                const double second = blend(below[c], below[kChannels + c], across - column);
                out.at(x, y)[c] = static_cast<std::uint8_t>(blend(first, second, down - row));
            }
        }
    }
    return out;
}

}  // namespace cairn::robustness
