#include "fingerprint/pdq_filter.h"

#include <algorithm>
#include <bit>
#include <cstring>

// The recipe filters a picture with two rounds of a horizontal and a vertical box, each box a
// running sum. A running sum is a chain of dependent additions whose rounding is part of the
// result, so one chain cannot be made faster. But chains of different rows, or of different
// columns, are independent: here kLanes rows (or a whole row of columns) advance together, which
// compilers turn into vector code. Rows stream through in blocks that stay in the first-level
// cache, and the last two passes finish only what the decimation will pick.

namespace cairn::fingerprint {
namespace {

constexpr std::size_t kSide = 64;
constexpr std::size_t kWidthMax = kPdqSideMax;
constexpr std::size_t kLanes = 16;
/// Rows kept for the running sums to drop: at least a block and the largest window, 4.
constexpr std::size_t kRingRows = 32;
static_assert(kRingRows >= kLanes + (kPdqSideMax + 127) / 128);

/// A box filter's plan for a line of `length` values.
struct Box {
    explicit Box(std::size_t line) : length(line), window((line + 127) / 128) {}
    std::size_t length;
    std::size_t window;
    /// Inputs taken before the first output, less one.
    std::size_t lead() const { return (window + 2) / 2 - 1; }
};

/// out = sums / count. A power of two divides exactly as its reciprocal multiplies.
inline void emit_means(const float* sums, std::size_t count, float* __restrict out, std::size_t n) {
    const auto divisor = static_cast<float>(count);
    const bool power_of_two = (count & (count - 1)) == 0;
    if (power_of_two) {
        const float factor = 1.0F / divisor;
        for (std::size_t i = 0; i < n; ++i) out[i] = sums[i] * factor;
    } else {
        for (std::size_t i = 0; i < n; ++i) out[i] = sums[i] / divisor;
    }
}

inline void add(float* __restrict sums, const float* __restrict values, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) sums[i] += values[i];
}

inline void subtract(float* __restrict sums, const float* __restrict values, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) sums[i] -= values[i];
}

/// Advances n sums by one step of the steady state: first adds, then subtracts, never merged.
inline void slide(
    float* __restrict sums,
    const float* __restrict next,
    const float* __restrict oldest,
    std::size_t n
) {
    for (std::size_t i = 0; i < n; ++i) sums[i] = (sums[i] + next[i]) - oldest[i];
}

/// Which of a line's positions the decimation picks, ascending; short lines repeat positions.
std::array<std::uint32_t, kSide> picked_positions(std::size_t length) {
    std::array<std::uint32_t, kSide> picked{};
    for (std::size_t i = 0; i < kSide; ++i) {
        const double centre = (static_cast<double>(i) + 0.5) * static_cast<double>(length);
        picked[i] = static_cast<std::uint32_t>(centre / kSide);
    }
    return picked;
}

/// One box along lines of which kLanes lie side by side: in[x * kLanes + lane]. Calls
/// `take(x, means)` for each output position x, in order.
template <typename Take>
void box_along(const Box& box, const float* in, const Take& take) {
    alignas(64) std::array<float, kLanes> sums{};
    alignas(64) std::array<float, kLanes> means{};
    std::size_t x_out = 0;
    const auto emit = [&](std::size_t count) {
        emit_means(sums.data(), count, means.data(), kLanes);
        take(x_out++, means.data());
    };
    std::size_t x = 0;
    for (; x < box.lead(); ++x) add(sums.data(), in + x * kLanes, kLanes);
    for (; x < box.window; ++x) {
        add(sums.data(), in + x * kLanes, kLanes);
        emit(x + 1);
    }
    for (; x < box.length; ++x) {
        slide(sums.data(), in + x * kLanes, in + (x - box.window) * kLanes, kLanes);
        emit(box.window);
    }
    for (std::size_t left = box.lead(); left > 0; --left) {
        const std::size_t count = box.window - 1 - (box.lead() - left);
        subtract(sums.data(), in + (box.length - 1 - count) * kLanes, kLanes);
        emit(count);
    }
}

/// Four floats that move together; GCC and clang know the attribute on every machine.
using Four = float __attribute__((vector_size(16)));

inline Four load_four(const float* from) {
    Four value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

inline void store_four(Four value, float* to) {
    std::memcpy(to, &value, sizeof value);
}

/// out[c * out_stride + r] = in[r * in_stride + c] for r, c in 0..3.
inline void transpose_four(
    const float* in, std::size_t in_stride, float* out, std::size_t out_stride
) {
    const Four a = load_four(in);
    const Four b = load_four(in + in_stride);
    const Four c = load_four(in + 2 * in_stride);
    const Four d = load_four(in + 3 * in_stride);
    const Four ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const Four ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const Four cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const Four cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    store_four(__builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5), out);
    store_four(__builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7), out + out_stride);
    store_four(__builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5), out + 2 * out_stride);
    store_four(__builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7), out + 3 * out_stride);
}

/// lanes[x * kLanes + r] = rows[r * stride + x] for four rows. Moves whole fours: up to three
/// columns beyond the width, which nobody reads.
void rows_to_lanes(const float* rows, std::size_t stride, std::size_t width, float* lanes) {
    for (std::size_t x = 0; x < width; x += 4) {
        transpose_four(rows + x, stride, lanes + x * kLanes, kLanes);
    }
}

/// The reverse, for all lanes.
void lanes_to_rows(const float* lanes, std::size_t width, float* rows, std::size_t stride) {
    for (std::size_t r = 0; r < kLanes; r += 4) {
        for (std::size_t x = 0; x < width; x += 4) {
            transpose_four(lanes + x * kLanes + r, kLanes, rows + r * stride + x, stride);
        }
    }
}

/// The filter on its way down the picture. Everything lies inside: no allocation, about 200 KiB.
class Cascade {
public:
    explicit Cascade(const PixelView& picture)
        : picture_(picture),
          across_(picture.width),
          down_(picture.height),
          picked_x_(picked_positions(picture.width)),
          picked_y_(picked_positions(picture.height)) {
        std::fill_n(first_sums_.begin(), across_.length, 0.0F);
        second_sums_.fill(0.0F);
    }

    PdqMatrix run() {
        for (std::size_t y = 0; y < down_.length; y += kLanes) {
            const std::size_t count = std::min(kLanes, down_.length - y);
            first_across(y, count);
            for (std::size_t r = 0; r < count; ++r) first_down(y + r);
        }
        for (std::size_t i = 0; i < down_.lead(); ++i) first_down(down_.length + i);
        second_across();
        for (std::size_t i = 0; i < down_.lead(); ++i) second_down(down_.length + i);
        return matrix_;
    }

private:
    void load_lanes(std::size_t y, std::size_t count);
    void first_across(std::size_t y, std::size_t count);
    void first_down(std::size_t y);
    void second_across();
    void second_down(std::size_t y);

    float* first_row(std::size_t y) { return &first_rows_[(y % kRingRows) * kWidthMax]; }
    float* second_row(std::size_t y) { return &second_rows_[(y % kRingRows) * kSide]; }

    PixelView picture_;
    Box across_;
    Box down_;
    std::array<std::uint32_t, kSide> picked_x_;
    std::array<std::uint32_t, kSide> picked_y_;

    // Left uninitialised where each element is written before it is read.
    alignas(64) std::array<float, kWidthMax * kLanes> lanes_;
    alignas(64) std::array<float, kWidthMax * kLanes> means_;
    alignas(64) std::array<float, kWidthMax * kLanes> block_;
    alignas(64) std::array<float, kWidthMax * kRingRows> first_rows_;
    alignas(64) std::array<float, kWidthMax> first_sums_;
    alignas(64) std::array<float, kSide * kRingRows> second_rows_;
    alignas(64) std::array<float, kSide> second_sums_;
    std::size_t block_count_ = 0;   ///< rows waiting in block_
    std::size_t second_count_ = 0;  ///< rows that reached the second vertical pass
    std::size_t out_row_ = 0;       ///< next output row of the second vertical pass
    std::size_t next_pick_ = 0;
    PdqMatrix matrix_;
};

void luma_of_grey(const std::uint8_t* pixels, std::size_t n, float* __restrict out) {
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<float>(pixels[i]);
}

/// Red, green and blue in the low 24 bits of each word, from the lowest. What stands above them
/// is left to the caller.
void load_words(const std::uint8_t* pixels, std::size_t n, std::uint32_t* __restrict words) {
    std::size_t i = 0;
    if constexpr (std::endian::native == std::endian::little) {
        // Four bytes at once, so all but the last pixel: behind it the picture may end.
        for (; i + 1 < n; ++i) std::memcpy(&words[i], pixels + 3 * i, sizeof(words[i]));
    }
    for (; i < n; ++i) {
        const std::uint8_t* pixel = pixels + 3 * i;
        words[i] = pixel[0] | std::uint32_t{pixel[1]} << 8U | std::uint32_t{pixel[2]} << 16U;
    }
}

void luma_of_rgb(const std::uint8_t* pixels, std::size_t n, float* __restrict out) {
    std::array<std::uint32_t, kWidthMax> words;  // written before it is read
    load_words(pixels, n, words.data());
    for (std::size_t i = 0; i < n; ++i) {
        // Signed: there is no vector instruction for unsigned ones in the oldest x86-64.
        const auto channel = [&](unsigned shift) {
            return static_cast<float>(static_cast<std::int32_t>((words[i] >> shift) & 0xFFU));
        };
        out[i] = (0.299F * channel(0) + 0.587F * channel(8)) + 0.114F * channel(16);
    }
}

void luma_row(const PixelView& picture, std::size_t y, float* out) {
    const std::size_t row_bytes = std::size_t{picture.width} * picture.channels;
    const std::uint8_t* row = picture.pixels.data() + y * row_bytes;
    if (picture.channels == 1) {
        luma_of_grey(row, picture.width, out);
    } else {
        luma_of_rgb(row, picture.width, out);
    }
}

void Cascade::load_lanes(std::size_t y, std::size_t count) {
    std::array<float, 4 * kWidthMax> rows;  // what is read of it was written
    for (std::size_t r = 0; r < kLanes; r += 4) {
        for (std::size_t i = 0; i < 4; ++i) {
            float* row = &rows[i * kWidthMax];
            if (r + i < count) {
                luma_row(picture_, y + r + i, row);
            } else {
                std::fill_n(row, across_.length, 0.0F);
            }
        }
        rows_to_lanes(rows.data(), kWidthMax, across_.length, lanes_.data() + r);
    }
}

void Cascade::first_across(std::size_t y, std::size_t count) {
    load_lanes(y, count);
    float* means = means_.data();
    box_along(across_, lanes_.data(), [means](std::size_t x, const float* values) {
        std::copy_n(values, kLanes, means + x * kLanes);
    });
    // y is a multiple of kLanes, so the block lies unbroken in the ring.
    lanes_to_rows(means, across_.length, first_row(y), kWidthMax);
}

void Cascade::first_down(std::size_t y) {
    const std::size_t n = across_.length;
    std::size_t count = std::min(y + 1, down_.window);
    if (y < down_.window) {
        add(first_sums_.data(), first_row(y), n);
        if (y < down_.lead()) return;
    } else if (y < down_.length) {
        slide(first_sums_.data(), first_row(y), first_row(y - down_.window), n);
    } else {
        count = down_.window - 1 - (y - down_.length);
        subtract(first_sums_.data(), first_row(down_.length - 1 - count), n);
    }
    emit_means(first_sums_.data(), count, &block_[block_count_ * kWidthMax], n);
    if (++block_count_ == kLanes) second_across();
}

void Cascade::second_across() {
    for (std::size_t r = block_count_; r < kLanes; ++r) {
        std::fill_n(&block_[r * kWidthMax], across_.length, 0.0F);
    }
    for (std::size_t r = 0; r < kLanes; r += 4) {
        rows_to_lanes(&block_[r * kWidthMax], kWidthMax, across_.length, lanes_.data() + r);
    }
    float* means = means_.data();
    std::size_t next = 0;
    box_along(across_, lanes_.data(), [&, means](std::size_t x, const float* values) {
        for (; next < kSide && picked_x_[next] == x; ++next) {
            std::copy_n(values, kLanes, means + next * kLanes);
        }
    });
    lanes_to_rows(means, kSide, second_row(second_count_), kSide);
    for (std::size_t r = 0; r < block_count_; ++r) second_down(second_count_++);
    block_count_ = 0;
}

void Cascade::second_down(std::size_t y) {
    std::size_t count = std::min(y + 1, down_.window);
    if (y < down_.window) {
        add(second_sums_.data(), second_row(y), kSide);
        if (y < down_.lead()) return;
    } else if (y < down_.length) {
        slide(second_sums_.data(), second_row(y), second_row(y - down_.window), kSide);
    } else {
        count = down_.window - 1 - (y - down_.length);
        subtract(second_sums_.data(), second_row(down_.length - 1 - count), kSide);
    }
    for (; next_pick_ < kSide && picked_y_[next_pick_] == out_row_; ++next_pick_) {
        emit_means(second_sums_.data(), count, &matrix_[next_pick_ * kSide], kSide);
    }
    ++out_row_;
}

}  // namespace

PdqMatrix pdq_luma_matrix(const PixelView& picture) {
    PdqMatrix out{};
    for (std::size_t y = 0; y < kSide; ++y) luma_row(picture, y, &out[y * kSide]);
    return out;
}

PdqMatrix pdq_filter(const PixelView& picture) {
    return Cascade(picture).run();
}

}  // namespace cairn::fingerprint
