#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "codec/picture.h"

namespace cairn::codec {

/// How a decoder's rows hold their pixels: interleaved samples of 8 bits, or of 16 in the
/// machine's byte order.
struct PixelLayout {
    enum class Colour : std::uint8_t { grey, rgb, cmyk, cmyk_inverted };
    Colour colour = Colour::rgb;
    bool alpha = false;
    bool premultiplied = false;
    bool wide = false;               ///< 16-bit samples
    std::uint32_t sample_max = 255;  ///< full intensity, e.g. 1023 for 10-bit samples

    std::uint32_t colour_channels() const;
    std::size_t pixel_bytes() const;
};

/// Writes the sampled pixels of one source row, in the order of the columns or mirrored.
using PickRow = std::function<void(bool mirrored, std::uint8_t* out)>;

/// Picks from rows, pushed top to bottom, the pixels that PDQ's shrink picks, in one or more
/// orders.
class Sampler {
public:
    enum class Extent : std::uint8_t { as_needed, whole };

    /// Samples pictures with a side above kSampleSide, unless the extent is whole.
    Sampler(
        std::uint32_t width,
        std::uint32_t height,
        std::size_t pixel_bytes,
        Extent extent = Extent::as_needed
    );

    /// The size of what comes out.
    std::uint32_t width() const { return static_cast<std::uint32_t>(columns_.size()); }
    std::uint32_t height() const { return static_cast<std::uint32_t>(rows_.size()); }
    bool whole() const { return whole_; }
    std::size_t raster_bytes() const { return columns_.size() * rows_.size() * pixel_bytes_; }

    /// Adds an order; `out` has raster_bytes() and outlives the sampler's use.
    void add(Order order, std::uint8_t* out);

    /// True when some order picks pixels of the next row. If not, its bytes are not looked at.
    bool wants_next() const;
    /// How many of the next rows no order wants.
    std::uint32_t unwanted_ahead() const;
    /// Takes the next row.
    void push_row(const std::uint8_t* row);
    /// Takes the next row from somebody who has the pixels in another form.
    void push_row(const PickRow& pick_row);
    /// The source column of each output column.
    const std::vector<std::uint32_t>& columns(bool mirrored) const {
        return mirrored ? mirrored_columns_ : columns_;
    }
    /// Passes over rows that are not wanted.
    void skip_rows(std::uint32_t count) { next_row_ += count; }
    std::uint32_t rows_pushed() const { return next_row_; }

private:
    struct Target {
        bool across;
        bool down;
        std::uint8_t* out;
    };

    /// Output rows [first, last) that show source row y.
    struct Range {
        std::uint32_t first;
        std::uint32_t last;
    };
    Range range_of(std::uint32_t y) const;
    bool wants(std::uint32_t y) const;

    void pick(const std::uint8_t* row, const std::vector<std::uint32_t>& columns, std::uint8_t* out)
        const;

    std::uint32_t source_width_;
    std::uint32_t source_height_;
    std::size_t pixel_bytes_;
    bool whole_;
    std::uint32_t next_row_ = 0;
    std::vector<std::uint32_t> columns_;  ///< source column of each output column
    std::vector<std::uint32_t> mirrored_columns_;
    std::vector<std::uint32_t> rows_;
    std::vector<Target> targets_;
    bool any_down_ = false;
};

/// `count` opaque pixels of half intensity: what stands for missing ones.
ByteVector grey_pixels(const PixelLayout& layout, std::size_t count);

/// Converts `count` pixels to 8 bits a channel without alpha, into `out` (colour channels per
/// pixel, 3 for CMYK). 16-bit samples are scaled with rounding. Returns false, and the rendering
/// is that of an opaque picture, when no pixel is transparent.
bool render(
    const PixelLayout& layout,
    const std::uint8_t* pixels,
    std::size_t count,
    Rendering rendering,
    std::uint8_t* out
);

}  // namespace cairn::codec
