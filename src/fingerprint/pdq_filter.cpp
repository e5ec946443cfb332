#include "fingerprint/pdq_filter.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "fingerprint/vectors.h"

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

/// Divides sums by a count. A power of two divides exactly as its reciprocal multiplies.
struct Divisor {
    explicit Divisor(std::size_t count)
        : value(static_cast<float>(count)),
          reciprocal(1.0F / value),
          exact((count & (count - 1)) == 0) {}
    float value;
    float reciprocal;
    bool exact;
};

[[gnu::always_inline]] inline void add(
    float* __restrict sums, const float* __restrict values, std::size_t n
) {
    for (std::size_t i = 0; i < n; ++i) sums[i] += values[i];
}

[[gnu::always_inline]] inline void subtract(
    float* __restrict sums, const float* __restrict values, std::size_t n
) {
    for (std::size_t i = 0; i < n; ++i) sums[i] -= values[i];
}

[[gnu::always_inline]] inline void emit_means(
    const float* sums, std::size_t count, float* __restrict out, std::size_t n
) {
    const Divisor divisor(count);
    if (divisor.exact) {
        for (std::size_t i = 0; i < n; ++i) out[i] = sums[i] * divisor.reciprocal;
    } else {
        for (std::size_t i = 0; i < n; ++i) out[i] = sums[i] / divisor.value;
    }
}

/// Advances n sums by one step of the steady state: first adds, then subtracts, never merged.
[[gnu::always_inline]] inline void slide(
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

/// Running sums of kLanes lines, held in registers.
template <typename Vector>
class LaneSums {
public:
    [[gnu::always_inline]] void add(const float* values) {
        for (std::size_t i = 0; i < kCount; ++i) {
            Vector value;
            load(value, values + i * kFloatsOf<Vector>);
            sums_[i] += value;
        }
    }

    [[gnu::always_inline]] void subtract(const float* values) {
        for (std::size_t i = 0; i < kCount; ++i) {
            Vector value;
            load(value, values + i * kFloatsOf<Vector>);
            sums_[i] -= value;
        }
    }

    [[gnu::always_inline]] void emit(const Divisor& divisor, float* out) const {
        for (std::size_t i = 0; i < kCount; ++i) {
            const Vector mean =
                divisor.exact ? sums_[i] * divisor.reciprocal : sums_[i] / divisor.value;
            store(mean, out + i * kFloatsOf<Vector>);
        }
    }

private:
    static constexpr std::size_t kCount = kLanes / kFloatsOf<Vector>;
    Vector sums_[kCount] = {};
};

/// One box along lines of which kLanes lie side by side: in[x * kLanes + lane]. For each output
/// position x, in order, `place(x)` says where its means go, or nullptr to leave them out.
template <typename Vector, typename Place>
[[gnu::always_inline]] inline void box_along(const Box& box, const float* in, const Place& place) {
    LaneSums<Vector> sums;
    std::size_t x_out = 0;
    std::size_t x = 0;
    for (; x < box.lead(); ++x) sums.add(in + x * kLanes);
    for (; x < box.window; ++x) {
        sums.add(in + x * kLanes);
        if (float* out = place(x_out++)) sums.emit(Divisor(x + 1), out);
    }
    const Divisor steady(box.window);
    for (; x < box.length; ++x) {
        sums.add(in + x * kLanes);
        sums.subtract(in + (x - box.window) * kLanes);
        if (float* out = place(x_out++)) sums.emit(steady, out);
    }
    for (std::size_t left = box.lead(); left > 0; --left) {
        const std::size_t count = box.window - 1 - (box.lead() - left);
        sums.subtract(in + (box.length - 1 - count) * kLanes);
        if (float* out = place(x_out++)) sums.emit(Divisor(count), out);
    }
}

/// lanes[x * kLanes + r] = rows[r * stride + x] for four rows. Moves whole fours: up to three
/// columns beyond the width, which nobody reads.
[[gnu::always_inline]] inline void rows_to_lanes(
    const float* rows, std::size_t stride, std::size_t width, float* lanes
) {
    for (std::size_t x = 0; x < width; x += 4) {
        transpose_four(rows + x, stride, lanes + x * kLanes, kLanes);
    }
}

/// The reverse, for all lanes.
[[gnu::always_inline]] inline void lanes_to_rows(
    const float* lanes, std::size_t width, float* rows, std::size_t stride
) {
    for (std::size_t r = 0; r < kLanes; r += 4) {
        for (std::size_t x = 0; x < width; x += 4) {
            transpose_four(lanes + x * kLanes + r, kLanes, rows + r * stride + x, stride);
        }
    }
}

/// The filter on its way down the picture. Everything lies inside: no allocation, about 200 KiB.
template <typename Vector>
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

    [[gnu::always_inline]] PdqMatrix run() {
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
    [[gnu::always_inline]] void load_lanes(std::size_t y, std::size_t count);
    [[gnu::always_inline]] void first_across(std::size_t y, std::size_t count);
    [[gnu::always_inline]] void first_down(std::size_t y);
    [[gnu::always_inline]] void second_across();
    [[gnu::always_inline]] void second_down(std::size_t y);

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

[[gnu::always_inline]] inline void luma_of_grey(
    const std::uint8_t* pixels, std::size_t n, float* __restrict out
) {
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<float>(pixels[i]);
}

/// Red, green and blue in the low 24 bits of each word, from the lowest. What stands above them
/// is left to the caller.
template <typename Vector>
[[gnu::always_inline]] inline void load_words(
    const std::uint8_t* pixels, std::size_t n, std::uint32_t* __restrict words
) {
    std::size_t i = 0;
    if constexpr (std::endian::native == std::endian::little) {
        if constexpr (kFloatsOf<Vector> == kFloatsOf<Eight>) {
            // Four pixels by one shuffle, which AVX2 has; 16 bytes are read for 12.
            using Sixteen = std::uint8_t __attribute__((vector_size(16)));
            for (; 3 * i + 16 <= 3 * n; i += 4) {
                Sixteen bytes;
                std::memcpy(&bytes, pixels + 3 * i, sizeof bytes);
                bytes = __builtin_shufflevector(
                    bytes, bytes, 0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11
                );
                std::memcpy(words + i, &bytes, sizeof bytes);
            }
        }
        // Four bytes at once, so all but the last pixel: behind it the picture may end.
        for (; i + 1 < n; ++i) std::memcpy(&words[i], pixels + 3 * i, sizeof(words[i]));
    }
    for (; i < n; ++i) {
        const std::uint8_t* pixel = pixels + 3 * i;
        words[i] = pixel[0] | std::uint32_t{pixel[1]} << 8U | std::uint32_t{pixel[2]} << 16U;
    }
}

template <typename Vector>
[[gnu::always_inline]] inline void luma_of_rgb(
    const std::uint8_t* pixels, std::size_t n, float* __restrict out
) {
    std::array<std::uint32_t, kWidthMax> words;  // written before it is read
    load_words<Vector>(pixels, n, words.data());
    for (std::size_t i = 0; i < n; ++i) {
        // Signed: there is no vector instruction for unsigned ones in the oldest x86-64.
        const auto channel = [&](unsigned shift) __attribute__((always_inline)) {
            return static_cast<float>(static_cast<std::int32_t>((words[i] >> shift) & 0xFFU));
        };
        out[i] = (0.299F * channel(0) + 0.587F * channel(8)) + 0.114F * channel(16);
    }
}

template <typename Vector>
[[gnu::always_inline]] inline void luma_row(const PixelView& picture, std::size_t y, float* out) {
    const std::size_t row_bytes = std::size_t{picture.width} * picture.channels;
    const std::uint8_t* row = picture.pixels.data() + y * row_bytes;
    if (picture.channels == 1) {
        luma_of_grey(row, picture.width, out);
    } else {
        luma_of_rgb<Vector>(row, picture.width, out);
    }
}

template <typename Vector>
inline void Cascade<Vector>::load_lanes(std::size_t y, std::size_t count) {
    std::array<float, 4 * kWidthMax> rows;  // what is read of it was written
    for (std::size_t r = 0; r < kLanes; r += 4) {
        for (std::size_t i = 0; i < 4; ++i) {
            float* row = &rows[i * kWidthMax];
            if (r + i < count) {
                luma_row<Vector>(picture_, y + r + i, row);
            } else {
                std::fill_n(row, across_.length, 0.0F);
            }
        }
        rows_to_lanes(rows.data(), kWidthMax, across_.length, lanes_.data() + r);
    }
}

template <typename Vector>
inline void Cascade<Vector>::first_across(std::size_t y, std::size_t count) {
    load_lanes(y, count);
    float* means = means_.data();
    box_along<Vector>(
        across_,
        lanes_.data(),
        [means](std::size_t x) __attribute__((always_inline)) { return means + x * kLanes; }
    );
    // y is a multiple of kLanes, so the block lies unbroken in the ring.
    lanes_to_rows(means, across_.length, first_row(y), kWidthMax);
}

template <typename Vector>
inline void Cascade<Vector>::first_down(std::size_t y) {
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

template <typename Vector>
inline void Cascade<Vector>::second_across() {
    for (std::size_t r = block_count_; r < kLanes; ++r) {
        std::fill_n(&block_[r * kWidthMax], across_.length, 0.0F);
    }
    for (std::size_t r = 0; r < kLanes; r += 4) {
        rows_to_lanes(&block_[r * kWidthMax], kWidthMax, across_.length, lanes_.data() + r);
    }
    float* means = means_.data();
    // A short line is picked from several times at one position: those after the first are copies.
    std::size_t next = 0;
    box_along<Vector>(
        across_, lanes_.data(), [&, means ](std::size_t x) __attribute__((always_inline)) {
            float* place = nullptr;
            if (next < kSide && picked_x_[next] == x) place = means + next * kLanes;
            while (next < kSide && picked_x_[next] == x) ++next;
            return place;
        }
    );
    for (std::size_t i = 1; i < kSide; ++i) {
        if (picked_x_[i] != picked_x_[i - 1]) continue;
        std::copy_n(means + (i - 1) * kLanes, kLanes, means + i * kLanes);
    }
    lanes_to_rows(means, kSide, second_row(second_count_), kSide);
    for (std::size_t r = 0; r < block_count_; ++r) second_down(second_count_++);
    block_count_ = 0;
}

template <typename Vector>
inline void Cascade<Vector>::second_down(std::size_t y) {
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

#if defined(__x86_64__)
[[gnu::target("avx2")]] PdqMatrix filter_avx2(const PixelView& picture) {
    return Cascade<Eight>(picture).run();
}
#endif

}  // namespace

PdqMatrix pdq_luma_matrix(const PixelView& picture) {
    PdqMatrix out{};
    for (std::size_t y = 0; y < kSide; ++y) luma_row<Four>(picture, y, &out[y * kSide]);
    return out;
}

PdqMatrix pdq_filter_portable(const PixelView& picture) {
    return Cascade<Four>(picture).run();
}

PdqMatrix pdq_filter(const PixelView& picture) {
#if defined(__x86_64__)
    static const bool kWide = __builtin_cpu_supports("avx2");
    if (kWide) return filter_avx2(picture);
#endif
    return pdq_filter_portable(picture);
}

}  // namespace cairn::fingerprint
