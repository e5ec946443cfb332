#include "fingerprint/variant_sampler.h"

#include <algorithm>
#include <utility>

#include "fingerprint/vectors.h"

namespace cairn::fingerprint {
namespace {

constexpr std::size_t kSide = 64;
constexpr std::size_t kGridSide = 128;
/// Floats that are summed at once.
constexpr std::size_t kBlock = 32;

/// out[i] = the weighted sum of rows of `in`, for each output i. Both have rows of `stride`
/// floats, a multiple of kBlock. No sum depends on the width of the vectors.
template <typename Vector>
[[gnu::always_inline]] inline void combine(
    const AxisWeights& weights, const float* in, std::size_t stride, float* __restrict out
) {
    constexpr std::size_t kVectors = kBlock / kFloatsOf<Vector>;
    for (const AxisWeights::Output& output : weights.outputs()) {
        const float* rows = in + output.first * stride;
        for (std::size_t x = 0; x < stride; x += kBlock) {
            Vector sums[kVectors] = {};
            for (std::size_t k = 0; k < output.count; ++k) {
                const float share = output.shares[k];
                const float* row = rows + k * stride + x;
#pragma GCC unroll 8
                for (std::size_t n = 0; n < kVectors; ++n) {
                    Vector value;
                    load(value, row + n * kFloatsOf<Vector>);
                    sums[n] += share * value;
                }
            }
#pragma GCC unroll 8
            for (std::size_t n = 0; n < kVectors; ++n) {
                store(sums[n], out + x + n * kFloatsOf<Vector>);
            }
        }
        out += stride;
    }
}

void combine_portable(const AxisWeights& weights, const float* in, std::size_t stride, float* out) {
    combine<Four>(weights, in, stride, out);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void combine_avx2(
    const AxisWeights& weights, const float* in, std::size_t stride, float* out
) {
    combine<Eight>(weights, in, stride, out);
}
#endif

void combine_rows(const AxisWeights& weights, const float* in, std::size_t stride, float* out) {
#if defined(__x86_64__)
    static const bool kWide = __builtin_cpu_supports("avx2");
    if (kWide) return combine_avx2(weights, in, stride, out);
#endif
    combine_portable(weights, in, stride, out);
}

/// out[c * rows + r] = in[r * columns + c]; both sizes are multiples of 4.
void transpose(const float* in, std::size_t rows, std::size_t columns, float* out) {
    for (std::size_t r = 0; r < rows; r += 4) {
        for (std::size_t c = 0; c < columns; c += 4) {
            transpose_four(in + r * columns + c, columns, out + c * rows + r, rows);
        }
    }
}

std::size_t round_up(std::size_t size) {
    return (size + kBlock - 1) / kBlock * kBlock;
}

/// Position in the grid of a place along a side (0..1), at the edge if beyond, in cells from the
/// middle of the first to just before the middle of the last.
[[gnu::always_inline]] inline float grid_place(float at) {
    const float place = at * kGridSide - 0.5F;
    return std::min(std::max(place, 0.0F), kGridSide - 1.001F);
}

}  // namespace

VariantSampler::VariantSampler(const GreyPicture& picture)
    : across_(picture.across), down_(picture.down), stride_(round_up(across_.cells())) {
    const bool shrunk = across_.length > kPdqSideMax || down_.length > kPdqSideMax;
    phase_across_ = phase_of(across_.length, shrunk);
    phase_down_ = phase_of(down_.length, shrunk);
    const std::size_t width = across_.cells();
    cells_.resize(stride_ * down_.cells());
    rows_.resize(kSide * stride_);
    columns_.resize(stride_ * kSide);
    for (std::size_t y = 0; y < down_.cells(); ++y) {
        const std::uint8_t* row = picture.cells.data() + y * width;
        float* out = &cells_[y * stride_];
        for (std::size_t x = 0; x < width; ++x) out[x] = static_cast<float>(row[x]);
    }
}

void VariantSampler::sample_down(const AxisWindow& down) {
    if (sampled_down_ == down) return;
    combine_rows(
        AxisWeights::tents(down_, phase_down_, down), cells_.data(), stride_, rows_.data()
    );
    transpose(rows_.data(), kSide, stride_, columns_.data());
    sampled_down_ = down;
}

const AxisWeights& VariantSampler::weights_across(const AxisWindow& across) {
    for (const auto& [window, weights] : weights_across_) {
        if (window == across) return weights;
    }
    AxisWeights weights = AxisWeights::tents(across_, phase_across_, across);
    return weights_across_.emplace_back(across, std::move(weights)).second;
}

PdqMatrix VariantSampler::window(const AxisWindow& across, const AxisWindow& down) {
    sample_down(down);
    PdqMatrix turned;
    combine_rows(weights_across(across), columns_.data(), kSide, turned.data());
    PdqMatrix out;
    transpose(turned.data(), kSide, kSide, out.data());
    return out;
}

void VariantSampler::make_grid() {
    std::vector<float> rows(kGridSide * stride_);
    combine_rows(AxisWeights::boxes(down_, kGridSide), cells_.data(), stride_, rows.data());
    std::vector<float> columns(rows.size());
    transpose(rows.data(), kGridSide, stride_, columns.data());
    // The rows are not needed any more, and the grid is smaller or as large.
    rows.resize(kGridSide * kGridSide);
    combine_rows(AxisWeights::boxes(across_, kGridSide), columns.data(), kGridSide, rows.data());
    grid_.resize(kGridSide * kGridSide);
    transpose(rows.data(), kGridSide, kGridSide, grid_.data());
}

PdqMatrix VariantSampler::tilted(double sine, double cosine) {
    if (grid_.empty()) make_grid();
    const double ratio = static_cast<double>(across_.length) / down_.length;
    const auto x_by_x = static_cast<float>(cosine);
    const auto x_by_y = static_cast<float>(sine / ratio);
    const auto y_by_x = static_cast<float>(-sine * ratio);
    PdqMatrix out;
    std::array<float, kSide> columns;
    std::array<float, kSide> rows;
    for (std::size_t i = 0; i < kSide; ++i) {
        const auto y =
            static_cast<float>((static_cast<double>(i) + phase_down_.offset) / kSide - 0.5);
        for (std::size_t j = 0; j < kSide; ++j) {
            const float x = (static_cast<float>(j) + static_cast<float>(phase_across_.offset)) /
                                static_cast<float>(kSide) -
                            0.5F;
            columns[j] = grid_place(0.5F + (x_by_x * x + x_by_y * y));
            rows[j] = grid_place(0.5F + (x_by_x * y + y_by_x * x));
        }
        // The tent of PDQ's filter at 512 reaches one cell of the grid: linear interpolation.
        for (std::size_t j = 0; j < kSide; ++j) {
            const auto column = static_cast<int>(columns[j]);
            const auto row = static_cast<int>(rows[j]);
            const float right = columns[j] - static_cast<float>(column);
            const float below = rows[j] - static_cast<float>(row);
            const float* here = grid_.data() + row * static_cast<int>(kGridSide) + column;
            const float upper = here[0] + right * (here[1] - here[0]);
            const float lower = here[kGridSide] + right * (here[kGridSide + 1] - here[kGridSide]);
            out[i * kSide + j] = upper + below * (lower - upper);
        }
    }
    return out;
}

}  // namespace cairn::fingerprint
