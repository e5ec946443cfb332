#include "codec/sampler.h"

#include <algorithm>
#include <cstring>

namespace cairn::codec {
namespace {

/// Source index of each output index along one axis.
std::vector<std::uint32_t> source_indexes(std::uint32_t size, bool whole) {
    std::vector<std::uint32_t> indexes(whole ? size : kSampleSide);
    for (std::uint32_t k = 0; k < indexes.size(); ++k) {
        indexes[k] = whole ? k : static_cast<std::uint32_t>(std::uint64_t{k} * size / kSampleSide);
    }
    return indexes;
}

template <std::size_t N>
void pick_fixed(
    const std::uint8_t* row, const std::vector<std::uint32_t>& columns, std::uint8_t* out
) {
    for (const std::uint32_t column : columns) {
        std::memcpy(out, row + std::size_t{column} * N, N);
        out += N;
    }
}

/// As pick_fixed<3>, but moves four bytes where that stays within the row and the output: faster.
/// The fourth is overwritten by the next pixel. `columns` ascend.
void pick_rgb(
    const std::uint8_t* row,
    const std::vector<std::uint32_t>& columns,
    std::uint32_t width,
    std::uint8_t* out
) {
    const auto first_at_end = std::lower_bound(columns.begin(), columns.end(), width - 1);
    const std::size_t safe = static_cast<std::size_t>(first_at_end - columns.begin());
    const std::size_t fast = std::min(safe, columns.size() - 1);
    for (std::size_t k = 0; k < fast; ++k) {
        std::memcpy(out + 3 * k, row + std::size_t{3} * columns[k], 4);
    }
    for (std::size_t k = fast; k < columns.size(); ++k) {
        std::memcpy(out + 3 * k, row + std::size_t{3} * columns[k], 3);
    }
}

/// A pixel of four channels (grey has one) as 8-bit values; colour not multiplied with alpha.
struct Pixel {
    std::array<std::uint32_t, 4> colour{};
    std::uint32_t alpha = 255;
};

std::uint32_t rounded_product(std::uint32_t a, std::uint32_t b) {
    return (a * b + 127) / 255;
}

class PixelReader {
public:
    explicit PixelReader(const PixelLayout& layout)
        : layout_(layout), channels_(layout.colour_channels()) {}

    Pixel read(const std::uint8_t* bytes) const {
        Pixel pixel;
        for (std::size_t c = 0; c < channels_; ++c) pixel.colour[c] = sample(bytes, c);
        if (layout_.alpha) pixel.alpha = sample(bytes, channels_);
        if (layout_.premultiplied && pixel.alpha > 0) {
            for (std::size_t c = 0; c < channels_; ++c) {
                const std::uint32_t full = pixel.colour[c] * 255 + pixel.alpha / 2;
                pixel.colour[c] = std::min<std::uint32_t>(255, full / pixel.alpha);
            }
        }
        if (layout_.colour == PixelLayout::Colour::cmyk) {
            for (std::uint32_t& ink : pixel.colour) ink = 255 - ink;
        }
        if (channels_ == 4) {
            for (std::size_t c = 0; c < 3; ++c) {
                pixel.colour[c] = rounded_product(pixel.colour[c], pixel.colour[3]);
            }
        }
        return pixel;
    }

private:
    std::uint32_t sample(const std::uint8_t* bytes, std::size_t channel) const {
        if (!layout_.wide) return bytes[channel];
        std::uint16_t value = 0;
        std::memcpy(&value, bytes + 2 * channel, sizeof value);
        const std::uint32_t maximum = layout_.sample_max;
        return (std::min<std::uint32_t>(value, maximum) * 255 + maximum / 2) / maximum;
    }

    PixelLayout layout_;
    std::size_t channels_;
};

}  // namespace

std::uint32_t PixelLayout::colour_channels() const {
    switch (colour) {
        case Colour::grey:
            return 1;
        case Colour::rgb:
            return 3;
        case Colour::cmyk:
        case Colour::cmyk_inverted:
            return 4;
    }
    return 3;
}

std::size_t PixelLayout::pixel_bytes() const {
    return (colour_channels() + (alpha ? 1U : 0U)) * (wide ? 2U : 1U);
}

Sampler::Sampler(std::uint32_t width, std::uint32_t height, std::size_t pixel_bytes, Extent extent)
    : source_width_(width),
      source_height_(height),
      pixel_bytes_(pixel_bytes),
      whole_(extent == Extent::whole || (width <= kSampleSide && height <= kSampleSide)),
      columns_(source_indexes(width, whole_)),
      mirrored_columns_(columns_),
      rows_(source_indexes(height, whole_)) {
    for (std::uint32_t& column : mirrored_columns_) column = source_width_ - 1 - column;
}

void Sampler::add(Order order, std::uint8_t* out) {
    const bool across = order == Order::mirrored_across || order == Order::mirrored_both;
    const bool down = order == Order::mirrored_down || order == Order::mirrored_both;
    targets_.push_back({across, down, out});
    any_down_ = any_down_ || down;
}

Sampler::Range Sampler::range_of(std::uint32_t y) const {
    const auto [first, last] = std::equal_range(rows_.begin(), rows_.end(), y);
    return {
        static_cast<std::uint32_t>(first - rows_.begin()),
        static_cast<std::uint32_t>(last - rows_.begin())};
}

bool Sampler::wants(std::uint32_t y) const {
    const auto picked = [this](std::uint32_t row) {
        return std::binary_search(rows_.begin(), rows_.end(), row);
    };
    return picked(y) || (any_down_ && picked(source_height_ - 1 - y));
}

bool Sampler::wants_next() const {
    return next_row_ < source_height_ && wants(next_row_);
}

std::uint32_t Sampler::unwanted_ahead() const {
    std::uint32_t y = next_row_;
    while (y < source_height_ && !wants(y)) ++y;
    return y - next_row_;
}

void Sampler::push_row(const std::uint8_t* row) {
    push_row([this, row](bool mirrored, std::uint8_t* out) { pick(row, columns(mirrored), out); });
}

void Sampler::push_row(const PickRow& pick_row) {
    if (next_row_ >= source_height_) return;
    const std::uint32_t y = next_row_++;
    const std::size_t row_bytes = columns_.size() * pixel_bytes_;
    for (const Target& target : targets_) {
        // A mirrored picture's row k is the row that lies as far from the end.
        const Range range = range_of(target.down ? source_height_ - 1 - y : y);
        if (range.first == range.last) continue;
        std::uint8_t* first = target.out + range.first * row_bytes;
        pick_row(target.across, first);
        for (std::uint32_t k = range.first + 1; k < range.last; ++k) {
            std::memcpy(target.out + k * row_bytes, first, row_bytes);
        }
    }
}

void Sampler::pick(
    const std::uint8_t* row, const std::vector<std::uint32_t>& columns, std::uint8_t* out
) const {
    if (whole_ && &columns == &columns_) {
        std::memcpy(out, row, columns.size() * pixel_bytes_);
        return;
    }
    if (pixel_bytes_ == 3 && &columns == &columns_) {
        return pick_rgb(row, columns, source_width_, out);
    }
    switch (pixel_bytes_) {
        case 1:
            return pick_fixed<1>(row, columns, out);
        case 2:
            return pick_fixed<2>(row, columns, out);
        case 3:
            return pick_fixed<3>(row, columns, out);
        case 4:
            return pick_fixed<4>(row, columns, out);
        case 6:
            return pick_fixed<6>(row, columns, out);
        case 8:
            return pick_fixed<8>(row, columns, out);
        default:
            break;
    }
    for (const std::uint32_t column : columns) {
        std::memcpy(out, row + column * pixel_bytes_, pixel_bytes_);
        out += pixel_bytes_;
    }
}

ByteVector grey_pixels(const PixelLayout& layout, std::size_t count) {
    constexpr std::uint32_t kMissingGrey = 128;
    const std::size_t sample_bytes = layout.wide ? 2 : 1;
    const std::size_t pixel_bytes = layout.pixel_bytes();
    const std::size_t alpha_at = layout.colour_channels() * sample_bytes;
    const std::uint32_t half = (layout.sample_max * kMissingGrey + 127) / 255;
    ByteVector pixels(count * pixel_bytes);
    for (std::size_t at = 0; at < pixels.size(); at += sample_bytes) {
        const std::uint32_t value = at % pixel_bytes >= alpha_at ? layout.sample_max : half;
        const auto sample = static_cast<std::uint16_t>(value);
        if (layout.wide) {
            std::memcpy(&pixels[at], &sample, sizeof sample);
        } else {
            pixels[at] = static_cast<std::uint8_t>(sample);
        }
    }
    return pixels;
}

bool render(
    const PixelLayout& layout,
    const std::uint8_t* pixels,
    std::size_t count,
    Rendering rendering,
    std::uint8_t* out
) {
    const PixelReader reader(layout);
    const std::size_t pixel_bytes = layout.pixel_bytes();
    const std::size_t channels = layout.colour == PixelLayout::Colour::grey ? 1 : 3;
    const std::uint32_t background = rendering == Rendering::record ? 255 : 0;
    bool transparent = false;
    for (std::size_t i = 0; i < count; ++i) {
        const Pixel pixel = reader.read(pixels + i * pixel_bytes);
        transparent = transparent || pixel.alpha != 255;
        for (std::size_t c = 0; c < channels; ++c) {
            std::uint32_t value = pixel.colour[c];
            if (rendering != Rendering::alpha_dropped && pixel.alpha != 255) {
                const std::uint32_t rest = background * (255 - pixel.alpha);
                value = (value * pixel.alpha + rest + 127) / 255;
            }
            *out++ = static_cast<std::uint8_t>(value);
        }
    }
    return transparent;
}

}  // namespace cairn::codec
