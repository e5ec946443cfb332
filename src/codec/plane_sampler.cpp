#include "codec/plane_sampler.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace cairn::codec {
namespace {

/// Blocks are 8 wide, and a band has whole ones.
constexpr std::size_t kBlockSide = 8;

/// How two chroma rows or columns become the value between them: the sum of what they weigh is a
/// power of two, and the roundings alternate, so that flat colours stay as they are.
struct Mix {
    std::int32_t bias_left;  ///< where the left (or upper) sample of the pair is the farther one
    std::int32_t bias_right;
    int shift;
};

Mix mix_of(const PlaneShape& shape, std::uint32_t y) {
    if (shape.across == 2 && shape.down == 2) return {8, 7, 4};
    if (shape.across == 2) return {1, 2, 2};
    if (shape.down == 2) return y % 2 == 0 ? Mix{1, 1, 2} : Mix{2, 2, 2};
    return {0, 0, 0};
}

/// Where the values of one row's sampled pixels lie.
struct Sources {
    const PlaneSampler::Column* places;
    const std::uint8_t* luma;
    const std::int16_t* cb;
    const std::int16_t* cr;
    std::size_t count;
};

void gather(
    const Sources& from,
    std::int32_t* __restrict luma,
    std::uint32_t* __restrict cb,
    std::uint32_t* __restrict cr
) {
    for (std::size_t i = 0; i < from.count; ++i) {
        const PlaneSampler::Column place = from.places[i];
        luma[i] = from.luma[place.luma];
        std::memcpy(&cb[i], &from.cb[place.chroma], sizeof(cb[i]));
        std::memcpy(&cr[i], &from.cr[place.chroma], sizeof(cr[i]));
    }
}

/// The gathered values.
struct Pixels {
    const std::int32_t* luma;
    const std::uint32_t* cb;  ///< two mixed samples, the left one in the low 16 bits
    const std::uint32_t* cr;
    const std::int32_t* right_is_nearer;
    std::size_t count;
};

[[gnu::always_inline]] inline std::int32_t clamp_to_byte(std::int32_t value) {
    return value < 0 ? 0 : (value > 255 ? 255 : value);
}

/// The chroma value of a pair, less 128.
[[gnu::always_inline]] inline std::int32_t chroma(
    std::uint32_t pair, std::int32_t right_is_nearer, const Mix& mix, bool interpolate
) {
    const auto left = static_cast<std::int32_t>(pair & 0xFFFFU);
    if (!interpolate) return ((left + mix.bias_left) >> mix.shift) - 128;
    const auto right = static_cast<std::int32_t>(pair >> 16U);
    const std::int32_t nearer = (right & right_is_nearer) | (left & ~right_is_nearer);
    const std::int32_t bias =
        (mix.bias_left & right_is_nearer) | (mix.bias_right & ~right_is_nearer);
    return ((left + right + 2 * nearer + bias) >> mix.shift) - 128;
}

/// Red, green and blue in the low 24 bits of each word, from the lowest.
[[gnu::always_inline]] inline void convert(
    const Pixels& in, const Mix& mix, bool interpolate, std::uint32_t* __restrict words
) {
    // 1.402, 0.34414, 0.71414 and 1.772 of 2^16.
    constexpr std::int32_t kRedOfCr = 91881;
    constexpr std::int32_t kGreenOfCb = -22554;
    constexpr std::int32_t kGreenOfCr = -46802;
    constexpr std::int32_t kBlueOfCb = 116130;
    constexpr std::int32_t kHalf = 1 << 15;
    for (std::size_t i = 0; i < in.count; ++i) {
        const std::int32_t cb = chroma(in.cb[i], in.right_is_nearer[i], mix, interpolate);
        const std::int32_t cr = chroma(in.cr[i], in.right_is_nearer[i], mix, interpolate);
        const std::int32_t y = in.luma[i];
        const std::int32_t red = y + ((kRedOfCr * cr + kHalf) >> 16);
        const std::int32_t green = y + ((kGreenOfCb * cb + kGreenOfCr * cr + kHalf) >> 16);
        const std::int32_t blue = y + ((kBlueOfCb * cb + kHalf) >> 16);
        words[i] = static_cast<std::uint32_t>(
            clamp_to_byte(red) | clamp_to_byte(green) << 8 | clamp_to_byte(blue) << 16
        );
    }
}

void convert_portable(const Pixels& in, const Mix& mix, bool interpolate, std::uint32_t* words) {
    if (interpolate) return convert(in, mix, true, words);
    convert(in, mix, false, words);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void convert_avx2(
    const Pixels& in, const Mix& mix, bool interpolate, std::uint32_t* words
) {
    if (interpolate) return convert(in, mix, true, words);
    convert(in, mix, false, words);
}
#endif

void convert_pixels(const Pixels& in, const Mix& mix, bool interpolate, std::uint32_t* words) {
#if defined(__x86_64__)
    static const bool kWide = __builtin_cpu_supports("avx2");
    if (kWide) return convert_avx2(in, mix, interpolate, words);
#endif
    convert_portable(in, mix, interpolate, words);
}

/// Three bytes of each word. Four are moved at once where the next pixel overwrites the fourth.
void store_pixels(const std::uint32_t* words, std::size_t count, std::uint8_t* out) {
    static_assert(std::endian::native == std::endian::little);
    for (std::size_t i = 0; i + 1 < count; ++i) std::memcpy(out + 3 * i, &words[i], 4);
    std::memcpy(out + 3 * (count - 1), &words[count - 1], 3);
}

void weigh_rows(
    const std::uint8_t* nearer, const std::uint8_t* farther, std::size_t n, std::int16_t* out
) {
    for (std::size_t i = 0; i < n; ++i) {
        out[i] = static_cast<std::int16_t>(3 * nearer[i] + farther[i]);
    }
}

}  // namespace

PlaneSampler::PlaneSampler(const PlaneShape& shape, FrameWriter& writer)
    : shape_(shape),
      writer_(writer),
      chroma_width_((shape.width + shape.across - 1) / shape.across),
      chroma_height_((shape.height + shape.down - 1) / shape.down) {
    const std::size_t blocks = (chroma_width_ + kBlockSide - 1) / kBlockSide;
    chroma_stride_ = blocks * kBlockSide;
    luma_stride_ = chroma_stride_ * shape.across;
    planes_[0].resize(2 * luma_stride_ * band_lines());
    planes_[1].resize(2 * chroma_stride_ * kChromaLines);
    planes_[2].resize(2 * chroma_stride_ * kChromaLines);
    for (auto& row : mixed_) row.resize(chroma_width_ + 2);
    const Sampler& sampler = writer.sampler();
    columns_[0] = columns_for(sampler.columns(false), shape.across);
    columns_[1] = columns_for(sampler.columns(true), shape.across);
    const std::size_t count = columns_[0].places.size();
    luma_.resize(count);
    words_.resize(count);
    for (auto& pair : pairs_) pair.resize(count);
}

PlaneSampler::Columns PlaneSampler::columns_for(
    const std::vector<std::uint32_t>& sampled, std::uint32_t across
) {
    Columns columns;
    for (const std::uint32_t x : sampled) {
        // Mixed rows begin with one repeated sample. Of two pixels that share a chroma sample the
        // left one takes from its left neighbour, the right one from its right neighbour.
        const std::uint32_t chroma = across == 2 ? (x + 1) / 2 : x + 1;
        columns.places.push_back({x, chroma});
        columns.right_is_nearer.push_back(across == 2 && x % 2 == 0 ? -1 : 0);
    }
    return columns;
}

std::uint8_t* PlaneSampler::line(std::size_t plane, std::uint32_t index) {
    const std::size_t stride = plane == 0 ? luma_stride_ : chroma_stride_;
    const std::size_t lines = plane == 0 ? band_lines() : kChromaLines;
    return &planes_[plane][(bands_ % 2 * lines + index) * stride];
}

const std::uint8_t* PlaneSampler::luma_row(std::uint32_t y) const {
    return &planes_[0][y % (2 * band_lines()) * luma_stride_];
}

const std::uint8_t* PlaneSampler::chroma_row(std::size_t plane, std::uint32_t y) const {
    return &planes_[plane][y % (2 * kChromaLines) * chroma_stride_];
}

bool PlaneSampler::finished() const {
    return next_row_ >= shape_.height || writer_.unwanted_ahead() >= shape_.height - next_row_;
}

void PlaneSampler::take_band() {
    ++bands_;
    const std::uint64_t read = std::uint64_t{bands_} * band_lines();
    std::uint64_t complete = std::min<std::uint64_t>(read, shape_.height);
    if (shape_.down == 2 && read < shape_.height) complete -= 2;
    for (; next_row_ < complete; ++next_row_) push_row(next_row_);
}

void PlaneSampler::push_row(std::uint32_t y) {
    if (!writer_.wants_next()) return writer_.skip_rows(1);
    const std::uint8_t* luma = luma_row(y);
    bool mixed = false;
    writer_.push_row(luma, [this, luma, y, &mixed](bool mirrored, std::uint8_t* out) {
        if (!mixed) mix_chroma(y);
        mixed = true;
        pick(luma, y, columns_[mirrored ? 1 : 0], out);
    });
}

void PlaneSampler::mix_chroma(std::uint32_t y) {
    const std::uint32_t nearer = y / shape_.down;
    std::uint32_t farther = nearer;
    if (shape_.down == 2) {
        if (y % 2 == 0 && nearer > 0) --farther;
        if (y % 2 == 1 && nearer + 1 < chroma_height_) ++farther;
    }
    for (std::size_t plane = 1; plane <= 2; ++plane) {
        std::vector<std::int16_t>& row = mixed_[plane - 1];
        const std::uint8_t* near_row = chroma_row(plane, nearer);
        if (shape_.down == 2) {
            weigh_rows(near_row, chroma_row(plane, farther), chroma_width_, &row[1]);
        } else {
            std::copy_n(near_row, chroma_width_, &row[1]);
        }
        row.front() = row[1];
        row.back() = row[chroma_width_];
    }
}

void PlaneSampler::pick(
    const std::uint8_t* luma, std::uint32_t y, const Columns& columns, std::uint8_t* out
) {
    const std::size_t count = columns.places.size();
    gather(
        {columns.places.data(), luma, mixed_[0].data(), mixed_[1].data(), count},
        luma_.data(),
        pairs_[0].data(),
        pairs_[1].data()
    );
    const Pixels pixels{
        luma_.data(), pairs_[0].data(), pairs_[1].data(), columns.right_is_nearer.data(), count};
    convert_pixels(pixels, mix_of(shape_, y), shape_.across == 2, words_.data());
    store_pixels(words_.data(), count, out);
}

}  // namespace cairn::codec
