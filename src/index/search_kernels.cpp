#include "index/search_kernels.h"

#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace cairn::index {
namespace {

constexpr std::size_t kResidualBytes = 2;

[[gnu::always_inline]] inline const std::uint8_t* residual_at(
    const ResidualRange& range, std::uint32_t position
) {
    return range.residuals + std::size_t{position} * kResidualBytes;
}

std::size_t filter_plain(std::span<const ResidualRange> ranges, Survivor* out) {
    std::size_t count = 0;
    for (const ResidualRange& range : ranges) {
        for (std::uint32_t i = range.begin; i < range.end; ++i) {
            std::uint16_t residual = 0;
            std::memcpy(&residual, residual_at(range, i), sizeof(residual));
            const auto differing = static_cast<std::uint16_t>(residual ^ range.query);
            const auto own = static_cast<std::uint16_t>(differing & range.own_mask);
            if (std::popcount(differing) > range.both_max) continue;
            if (std::popcount(own) > range.own_max) continue;
            out[count++] = {i, range.unit, range.weight};
        }
    }
    return count;
}

[[gnu::always_inline]] inline void verify_body(
    Bytes codes,
    std::span<const Candidate> candidates,
    std::span<const Code> queries,
    int radius,
    std::vector<BlockHit>& hits
) {
    for (const Candidate& candidate : candidates) {
        const int found = distance(load_code(codes, candidate.code), queries[candidate.query]);
        if (found <= radius) hits.push_back({candidate.query, {candidate.code, found}});
    }
}

void verify_plain(
    Bytes codes,
    std::span<const Candidate> candidates,
    std::span<const Code> queries,
    int radius,
    std::vector<BlockHit>& hits
) {
    verify_body(codes, candidates, queries, radius, hits);
}

constexpr SearchKernels kPlain{filter_plain, verify_plain};

#if defined(__x86_64__)

[[gnu::target("popcnt")]] void verify_popcnt(
    Bytes codes,
    std::span<const Candidate> candidates,
    std::span<const Code> queries,
    int radius,
    std::vector<BlockHit>& hits
) {
    verify_body(codes, candidates, queries, radius, hits);
}

/// The number of ones in each of 16 lanes of 16 bits.
[[gnu::target("avx2"), gnu::always_inline]] inline __m256i popcount_lanes(__m256i lanes) {
    const __m256i ones_of_nibble = _mm256_setr_epi8(
        0,
        1,
        1,
        2,
        1,
        2,
        2,
        3,
        1,
        2,
        2,
        3,
        2,
        3,
        3,
        4,  //
        0,
        1,
        1,
        2,
        1,
        2,
        2,
        3,
        1,
        2,
        2,
        3,
        2,
        3,
        3,
        4
    );
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    const __m256i low = _mm256_and_si256(lanes, nibble);
    const __m256i high = _mm256_and_si256(_mm256_srli_epi16(lanes, 4), nibble);
    const __m256i bytes = _mm256_add_epi8(
        _mm256_shuffle_epi8(ones_of_nibble, low), _mm256_shuffle_epi8(ones_of_nibble, high)
    );
    return _mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1));
}

[[gnu::target("avx2,bmi")]] std::size_t filter_avx2(
    std::span<const ResidualRange> ranges, Survivor* out
) {
    constexpr std::uint32_t kLanes = 16;
    std::size_t count = 0;
    for (const ResidualRange& range : ranges) {
        const __m256i query = _mm256_set1_epi16(static_cast<short>(range.query));
        const __m256i own_mask = _mm256_set1_epi16(static_cast<short>(range.own_mask));
        const __m256i own_max = _mm256_set1_epi16(static_cast<short>(range.own_max));
        const __m256i both_max = _mm256_set1_epi16(static_cast<short>(range.both_max));
        for (std::uint32_t i = range.begin; i < range.end; i += kLanes) {
            __m256i residuals;
            std::memcpy(&residuals, residual_at(range, i), sizeof(residuals));
            const __m256i differing = _mm256_xor_si256(residuals, query);
            const __m256i own = popcount_lanes(_mm256_and_si256(differing, own_mask));
            const __m256i too_far = _mm256_or_si256(
                _mm256_cmpgt_epi16(popcount_lanes(differing), both_max),
                _mm256_cmpgt_epi16(own, own_max)
            );
            // Two equal bits for each lane: the lower one is kept.
            std::uint32_t near =
                ~static_cast<std::uint32_t>(_mm256_movemask_epi8(too_far)) & 0x5555'5555U;
            const std::uint32_t left = range.end - i;
            if (left < kLanes) near &= (std::uint32_t{1} << (2 * left)) - 1;
            for (; near != 0; near &= near - 1) {
                const auto lane = static_cast<std::uint32_t>(std::countr_zero(near)) / 2;
                out[count++] = {i + lane, range.unit, range.weight};
            }
        }
    }
    return count;
}

[[gnu::target("avx512f,avx512bw,avx512bitalg,bmi,bmi2")]] std::size_t filter_avx512(
    std::span<const ResidualRange> ranges, Survivor* out
) {
    constexpr std::uint32_t kLanes = 32;
    std::size_t count = 0;
    for (const ResidualRange& range : ranges) {
        const __m512i query = _mm512_set1_epi16(static_cast<short>(range.query));
        const __m512i own_mask = _mm512_set1_epi16(static_cast<short>(range.own_mask));
        const __m512i own_max = _mm512_set1_epi16(static_cast<short>(range.own_max));
        const __m512i both_max = _mm512_set1_epi16(static_cast<short>(range.both_max));
        for (std::uint32_t i = range.begin; i < range.end; i += kLanes) {
            const std::uint32_t left = range.end - i;
            const __mmask32 lanes = left >= kLanes ? ~__mmask32{0} : (__mmask32{1} << left) - 1;
            const __m512i differing =
                _mm512_xor_si512(_mm512_loadu_si512(residual_at(range, i)), query);
            const __m512i own = _mm512_popcnt_epi16(_mm512_and_si512(differing, own_mask));
            __mmask32 near =
                _mm512_mask_cmple_epu16_mask(lanes, _mm512_popcnt_epi16(differing), both_max);
            near = _mm512_mask_cmple_epu16_mask(near, own, own_max);
            for (; near != 0; near &= near - 1) {
                const auto lane = static_cast<std::uint32_t>(std::countr_zero(near));
                out[count++] = {i + lane, range.unit, range.weight};
            }
        }
    }
    return count;
}

constexpr SearchKernels kAvx2{filter_avx2, verify_popcnt};
constexpr SearchKernels kAvx512{filter_avx512, verify_popcnt};

#endif

}  // namespace

const SearchKernels& search_kernels(Isa isa) {
#if defined(__x86_64__)
    if (isa == Isa::avx512) return kAvx512;
    if (isa == Isa::avx2) return kAvx2;
#endif
    static_cast<void>(isa);
    return kPlain;
}

}  // namespace cairn::index
