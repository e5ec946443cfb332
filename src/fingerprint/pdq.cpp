#include "fingerprint/pdq.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>

#include "fingerprint/pdq_filter.h"

namespace cairn::fingerprint {
namespace {

constexpr std::size_t kSide = 64;
constexpr std::size_t kFrequencies = 16;
constexpr std::uint32_t kSideMin = 5;

/// Coefficients, row by row: [i * 16 + j] is vertical frequency i+1, horizontal j+1.
using Coefficients = std::array<float, kFrequencies * kFrequencies>;

/// The first 16 cosine rows without the constant one, plain and transposed.
struct CosineTable {
    std::array<float, kFrequencies * kSide> rows{};
    std::array<float, kSide * kFrequencies> columns{};

    CosineTable() {
        const auto scale = static_cast<double>(static_cast<float>(std::sqrt(2.0 / kSide)));
        for (std::size_t i = 0; i < kFrequencies; ++i) {
            for (std::size_t j = 0; j < kSide; ++j) {
                const double angle = (std::numbers::pi / 2 / kSide) * static_cast<double>(i + 1) *
                                     static_cast<double>(2 * j + 1);
                rows[i * kSide + j] = static_cast<float>(scale * std::cos(angle));
                columns[j * kFrequencies + i] = rows[i * kSide + j];
            }
        }
    }
};

/// Each element is a plain sum upward over k, so the vectors run over the output column.
Coefficients cosine_transform(const PdqMatrix& a) {
    static const CosineTable kTable;
    Coefficients out{};
    for (std::size_t i = 0; i < kFrequencies; ++i) {
        std::array<float, kSide> t{};
        for (std::size_t k = 0; k < kSide; ++k) {
            const float factor = kTable.rows[i * kSide + k];
            for (std::size_t j = 0; j < kSide; ++j) t[j] += factor * a[k * kSide + j];
        }
        std::array<float, kFrequencies> b{};
        for (std::size_t k = 0; k < kSide; ++k) {
            const float factor = t[k];
            for (std::size_t j = 0; j < kFrequencies; ++j) {
                b[j] += factor * kTable.columns[k * kFrequencies + j];
            }
        }
        std::copy(b.begin(), b.end(), &out[i * kFrequencies]);
    }
    return out;
}

/// A neighbour's contrast in whole percent, truncated toward zero, without its sign.
inline int contrast(float a, float b) {
    return std::abs(static_cast<int>(((a - b) * 100.0F) / 255.0F));
}

int quality_of(const PdqMatrix& a) {
    int sum = 0;
    for (std::size_t i = 0; i + kSide < a.size(); ++i) sum += contrast(a[i], a[i + kSide]);
    for (std::size_t i = 0; i < kSide; ++i) {
        const float* row = &a[i * kSide];
        for (std::size_t j = 0; j + 1 < kSide; ++j) sum += contrast(row[j], row[j + 1]);
    }
    return std::min(100, sum / 90);
}

/// The lower median of the 256 values.
float median_of(Coefficients b) {
    const auto middle = b.begin() + 127;
    std::nth_element(b.begin(), middle, b.end());
    return *middle;
}

PdqCode bits_of(const Coefficients& b, float median) {
    PdqCode code;
    for (std::size_t k = 0; k < b.size(); ++k) {
        code.words[k / 64] |= std::uint64_t{b[k] > median} << (k % 64);
    }
    return code;
}

/// Which coefficients change sign, by the parity of their (zero-based) row i and column j.
enum class Negate : std::uint8_t { none, even_row, even_column, odd_sum };

bool negates(Negate rule, std::size_t i, std::size_t j) {
    switch (rule) {
        case Negate::none:
            return false;
        case Negate::even_row:
            return i % 2 == 0;
        case Negate::even_column:
            return j % 2 == 0;
        case Negate::odd_sum:
            return (i + j) % 2 == 1;
    }
    return false;
}

struct TurnRule {
    Negate negate;
    bool transpose;
};

TurnRule rule_of(Turn turn) {
    switch (turn) {
        case Turn::original:
            return {Negate::none, false};
        case Turn::rotate90:
            return {Negate::even_column, true};
        case Turn::rotate180:
            return {Negate::odd_sum, false};
        case Turn::rotate270:
            return {Negate::even_row, true};
        case Turn::flip_x:
            return {Negate::even_row, false};
        case Turn::flip_y:
            return {Negate::even_column, false};
        case Turn::flip_plus1:
            return {Negate::none, true};
        case Turn::flip_minus1:
            return {Negate::odd_sum, true};
    }
    return {Negate::none, false};
}

Coefficients turned(const Coefficients& b, TurnRule rule) {
    Coefficients out{};
    for (std::size_t i = 0; i < kFrequencies; ++i) {
        for (std::size_t j = 0; j < kFrequencies; ++j) {
            const float value = b[i * kFrequencies + j];
            const std::size_t at = rule.transpose ? j * kFrequencies + i : i * kFrequencies + j;
            out[at] = negates(rule.negate, i, j) ? -value : value;
        }
    }
    return out;
}

/// A picture of at most 512x512 pixels, made from another, and the view of it.
struct Shrunk {
    ByteVector storage;  ///< empty when the original serves
    PixelView view;
};

std::vector<std::uint32_t> source_indexes(std::uint32_t size, bool shrink, bool mirror) {
    std::vector<std::uint32_t> indexes(shrink ? kPdqSideMax : size);
    if (shrink) {
        const auto all = shrink_indexes(size);
        std::copy(all.begin(), all.end(), indexes.begin());
    } else {
        for (std::uint32_t i = 0; i < size; ++i) indexes[i] = i;
    }
    if (mirror) {
        for (std::uint32_t& index : indexes) index = size - 1 - index;
    }
    return indexes;
}

/// The picture mirrored as asked and then shrunk as the file path does.
Shrunk shrink(const PixelView& in, bool mirror_across, bool mirror_down) {
    const bool too_large = in.width > kPdqSideMax || in.height > kPdqSideMax;
    if (!too_large && !mirror_across && !mirror_down) return {{}, in};
    const auto columns = source_indexes(in.width, too_large, mirror_across);
    const auto rows = source_indexes(in.height, too_large, mirror_down);
    Shrunk out;
    out.storage.resize(rows.size() * columns.size() * in.channels);
    std::uint8_t* put = out.storage.data();
    for (const std::uint32_t y : rows) {
        const std::uint8_t* row = in.pixels.data() + std::size_t{y} * in.width * in.channels;
        for (const std::uint32_t x : columns) {
            const std::uint8_t* pixel = row + std::size_t{x} * in.channels;
            for (std::uint32_t c = 0; c < in.channels; ++c) *put++ = pixel[c];
        }
    }
    out.view = {
        out.storage,
        static_cast<std::uint32_t>(columns.size()),
        static_cast<std::uint32_t>(rows.size()),
        in.channels};
    return out;
}

bool too_small(const PixelView& picture) {
    return picture.width < kSideMin || picture.height < kSideMin;
}

/// The 64x64 matrix of a picture that needs no shrinking. The plain hash takes a 64x64 picture
/// as it stands; the derived turns of the reference always filter.
PdqMatrix matrix_of(const PixelView& picture) {
    if (picture.width == kSide && picture.height == kSide) return pdq_luma_matrix(picture);
    return pdq_filter(picture);
}

}  // namespace

std::array<std::uint32_t, 512> shrink_indexes(std::uint32_t size) {
    std::array<std::uint32_t, 512> indexes{};
    for (std::uint32_t k = 0; k < 512; ++k) {
        // The reference computes k * size / 512 in double and truncates. Both steps are exact
        // there (41 bits, a power of two), so integers give the same.
        indexes[k] = static_cast<std::uint32_t>(std::uint64_t{k} * size / 512);
    }
    return indexes;
}

PdqHash pdq_hash(const PixelView& picture) {
    return pdq_hash_pair(picture).as_is;
}

PdqPair pdq_hash_pair(const PixelView& picture) {
    if (too_small(picture)) return {};
    const Shrunk shrunk = shrink(picture, false, false);
    const PdqMatrix a = matrix_of(shrunk.view);
    const Coefficients b = cosine_transform(a);
    const int quality = quality_of(a);
    const float median = median_of(b);
    const Coefficients transposed = turned(b, rule_of(Turn::flip_plus1));
    return {{bits_of(b, median), quality}, {bits_of(transposed, median), quality}};
}

std::array<PdqHash, kTurnCount> pdq_true_turns(const PixelView& picture) {
    if (too_small(picture)) return {};
    const auto pair = [&](bool mirror_across, bool mirror_down) {
        return pdq_hash_pair(shrink(picture, mirror_across, mirror_down).view);
    };
    return arrange_turns(
        {pair(false, false), pair(true, false), pair(false, true), pair(true, true)}
    );
}

std::array<PdqHash, kTurnCount> arrange_turns(const std::array<PdqPair, 4>& orders) {
    const auto& [plain, across, down, both] = orders;
    std::array<PdqHash, kTurnCount> out;
    const auto set = [&out](Turn turn, const PdqHash& hash) {
        out[static_cast<std::size_t>(turn)] = hash;
    };
    set(Turn::original, plain.as_is);
    set(Turn::flip_plus1, plain.transposed);
    set(Turn::flip_y, across.as_is);
    set(Turn::rotate90, across.transposed);
    set(Turn::flip_x, down.as_is);
    set(Turn::rotate270, down.transposed);
    set(Turn::rotate180, both.as_is);
    set(Turn::flip_minus1, both.transposed);
    return out;
}

std::array<PdqHash, kTurnCount> pdq_derived_turns(const PixelView& picture) {
    if (too_small(picture)) return {};
    const PdqMatrix a = pdq_filter(shrink(picture, false, false).view);
    const Coefficients b = cosine_transform(a);
    const int quality = quality_of(a);
    std::array<PdqHash, kTurnCount> out;
    for (std::size_t i = 0; i < kTurnCount; ++i) {
        const Coefficients variant = turned(b, rule_of(static_cast<Turn>(i)));
        out[i] = {bits_of(variant, median_of(variant)), quality};
    }
    return out;
}

}  // namespace cairn::fingerprint
