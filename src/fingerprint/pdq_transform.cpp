#include "fingerprint/pdq_transform.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numbers>

#include "fingerprint/vectors.h"

namespace cairn::fingerprint {
namespace {

constexpr std::size_t kSide = 64;
constexpr std::size_t kFrequencies = 16;

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

/// out[j] = the sum of factors[k] * rows[k * N + j], upward over k = 0..63, for j below N. The sums
/// are vectors over j and stay in registers.
template <typename Vector, std::size_t N>
[[gnu::always_inline]] inline void weigh_rows(
    const float* factors, const float* rows, float* __restrict out
) {
    constexpr std::size_t kFloats = kFloatsOf<Vector>;
    // As many sums at once as there are registers for, in equal parts of the row.
    constexpr std::size_t kAtOnce = std::min<std::size_t>(8, N / kFloats);
    for (std::size_t j = 0; j < N; j += kAtOnce * kFloats) {
        Vector sums[kAtOnce] = {};
        for (std::size_t k = 0; k < kSide; ++k) {
            const float factor = factors[k];
#pragma GCC unroll 8
            for (std::size_t n = 0; n < kAtOnce; ++n) {
                Vector value;
                load(value, rows + k * N + j + n * kFloats);
                sums[n] += factor * value;
            }
        }
#pragma GCC unroll 8
        for (std::size_t n = 0; n < kAtOnce; ++n) store(sums[n], out + j + n * kFloats);
    }
}

template <typename Vector>
[[gnu::always_inline]] inline PdqCoefficients transform(
    const PdqMatrix& a, const CosineTable& table
) {
    PdqCoefficients out;
    for (std::size_t i = 0; i < kFrequencies; ++i) {
        std::array<float, kSide> t;
        weigh_rows<Vector, kSide>(&table.rows[i * kSide], a.data(), t.data());
        weigh_rows<Vector, kFrequencies>(t.data(), table.columns.data(), &out[i * kFrequencies]);
    }
    return out;
}

const CosineTable& cosine_table() {
    static const CosineTable kTable;
    return kTable;
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] PdqCoefficients transform_avx2(const PdqMatrix& a) {
    return transform<Eight>(a, cosine_table());
}
#endif

/// A neighbour's contrast in whole percent, truncated toward zero, without its sign.
inline int contrast(float a, float b) {
    return std::abs(static_cast<int>(((a - b) * 100.0F) / 255.0F));
}

/// The lower median of the 256 values.
float median_of(PdqCoefficients b) {
    const auto middle = b.begin() + 127;
    std::nth_element(b.begin(), middle, b.end());
    return *middle;
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

PdqCode transposed(const PdqCode& code) {
    PdqCode out;
    for (std::size_t k = 0; k < 256; ++k) {
        const std::uint64_t bit = code.words[k / 64] >> (k % 64) & 1U;
        const std::size_t to = k % kFrequencies * kFrequencies + k / kFrequencies;
        out.words[to / 64] |= bit << (to % 64);
    }
    return out;
}

}  // namespace

PdqCoefficients pdq_transform_portable(const PdqMatrix& matrix) {
    return transform<Four>(matrix, cosine_table());
}

PdqCoefficients pdq_transform(const PdqMatrix& matrix) {
#if defined(__x86_64__)
    static const bool kWide = __builtin_cpu_supports("avx2");
    if (kWide) return transform_avx2(matrix);
#endif
    return pdq_transform_portable(matrix);
}

int pdq_quality(const PdqMatrix& a) {
    int sum = 0;
    for (std::size_t i = 0; i + kSide < a.size(); ++i) sum += contrast(a[i], a[i + kSide]);
    for (std::size_t i = 0; i < kSide; ++i) {
        const float* row = &a[i * kSide];
        for (std::size_t j = 0; j + 1 < kSide; ++j) sum += contrast(row[j], row[j + 1]);
    }
    return std::min(100, sum / 90);
}

PdqCode pdq_bits(const PdqCoefficients& b) {
    const float median = median_of(b);
    PdqCode code;
    for (std::size_t k = 0; k < b.size(); ++k) {
        code.words[k / 64] |= std::uint64_t{b[k] > median} << (k % 64);
    }
    return code;
}

PdqCoefficients pdq_turned(const PdqCoefficients& b, Turn turn) {
    const TurnRule rule = rule_of(turn);
    PdqCoefficients out{};
    for (std::size_t i = 0; i < kFrequencies; ++i) {
        for (std::size_t j = 0; j < kFrequencies; ++j) {
            const float value = b[i * kFrequencies + j];
            const std::size_t at = rule.transpose ? j * kFrequencies + i : i * kFrequencies + j;
            out[at] = negates(rule.negate, i, j) ? -value : value;
        }
    }
    return out;
}

PdqPair pdq_hash_matrix(const PdqMatrix& matrix) {
    const PdqCoefficients b = pdq_transform(matrix);
    const PdqCode code = pdq_bits(b);
    const int quality = pdq_quality(matrix);
    // The median of the transpose is the same: bit i * 16 + j becomes bit j * 16 + i.
    return {{code, quality}, {transposed(code), quality}};
}

}  // namespace cairn::fingerprint
