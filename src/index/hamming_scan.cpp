#include "index/hamming_scan.h"

#include <algorithm>
#include <array>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace cairn::index {
namespace {

using Hits = std::vector<CodeHit>;
using ScanOne = void (*)(Bytes codes, const Code& query, int radius, Hits& hits);
using ScanMany = void (*)(Bytes codes, std::span<const Code>, int radius, std::span<Hits> hits);

/// Codes compared with all queries before the next ones are touched: 32 KiB stay in the
/// second-level cache at worst.
constexpr std::size_t kTileCodes = 1024;

[[gnu::always_inline]] inline void scan_range(
    Bytes codes, std::size_t begin, std::size_t end, const Code& query, int radius, Hits& hits
) {
    for (std::size_t i = begin; i < end; ++i) {
        const int found = distance(load_code(codes, i), query);
        if (found <= radius) hits.push_back({static_cast<std::uint32_t>(i), found});
    }
}

[[gnu::always_inline]] inline void scan_one_body(
    Bytes codes, const Code& query, int radius, Hits& hits
) {
    scan_range(codes, 0, codes.size() / kCodeBytes, query, radius, hits);
}

/// Two words decide nearly always: half of 128 random bits differ.
[[gnu::always_inline]] inline void scan_many_body(
    Bytes codes, std::span<const Code> queries, int radius, std::span<Hits> hits
) {
    const std::size_t count = codes.size() / kCodeBytes;
    for (std::size_t begin = 0; begin < count; begin += kTileCodes) {
        const std::size_t end = std::min(begin + kTileCodes, count);
        for (std::size_t q = 0; q < queries.size(); ++q) {
            const Code& query = queries[q];
            for (std::size_t i = begin; i < end; ++i) {
                const Code code = load_code(codes, i);
                const int half = __builtin_popcountll(code[0] ^ query[0]) +
                                 __builtin_popcountll(code[1] ^ query[1]);
                if (half > radius) continue;
                scan_range(codes, i, i + 1, query, radius, hits[q]);
            }
        }
    }
}

void scan_one_plain(Bytes codes, const Code& query, int radius, Hits& hits) {
    scan_one_body(codes, query, radius, hits);
}
void scan_many_plain(Bytes codes, std::span<const Code> queries, int radius, std::span<Hits> hits) {
    scan_many_body(codes, queries, radius, hits);
}

#if defined(__x86_64__)

[[gnu::target("popcnt")]] void scan_one_popcnt(
    Bytes codes, const Code& query, int radius, Hits& hits
) {
    scan_one_body(codes, query, radius, hits);
}
[[gnu::target("popcnt")]] void scan_many_popcnt(
    Bytes codes, std::span<const Code> queries, int radius, std::span<Hits> hits
) {
    scan_many_body(codes, queries, radius, hits);
}

/// The ones of two codes' worth of words, differing from the query's.
[[gnu::target("avx512f,avx512vpopcntdq,popcnt"), gnu::always_inline]] inline __m512i differing_bits(
    const std::uint8_t* codes, __m512i query
) {
    return _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(codes), query));
}

// The masked forms, because GCC 12 warns about the unmasked ones (its bug 105593).
constexpr __mmask8 kAllLanes = 0xFF;

/// In every 128 bits: the two words of `a` added, then those of `b`.
[[gnu::target("avx512f,avx512vpopcntdq,popcnt"), gnu::always_inline]] inline __m512i sum_of_pairs(
    __m512i a, __m512i b
) {
    return _mm512_add_epi64(
        _mm512_maskz_unpacklo_epi64(kAllLanes, a, b), _mm512_maskz_unpackhi_epi64(kAllLanes, a, b)
    );
}

[[gnu::target("avx512f,avx512vpopcntdq,popcnt")]] void scan_one_avx512(
    Bytes codes, const Code& query, int radius, Hits& hits
) {
    constexpr std::size_t kStep = 8;
    // Which code each lane of the sums below belongs to.
    constexpr std::array<std::uint8_t, kStep> kOrder{0, 2, 1, 3, 4, 6, 5, 7};
    const auto word = [&](std::size_t i) { return static_cast<long long>(query[i]); };
    const __m512i wanted =
        _mm512_setr_epi64(word(0), word(1), word(2), word(3), word(0), word(1), word(2), word(3));
    const __m512i most = _mm512_set1_epi64(radius);
    const std::size_t count = codes.size() / kCodeBytes;
    const std::size_t whole = count - count % kStep;
    for (std::size_t i = 0; i < whole; i += kStep) {
        const std::uint8_t* const at = codes.data() + i * kCodeBytes;
        const __m512i a = differing_bits(at, wanted);
        const __m512i b = differing_bits(at + 64, wanted);
        const __m512i c = differing_bits(at + 128, wanted);
        const __m512i d = differing_bits(at + 192, wanted);
        const __m512i ab = sum_of_pairs(a, b);
        const __m512i cd = sum_of_pairs(c, d);
        const __m512i sums = _mm512_add_epi64(
            _mm512_maskz_shuffle_i64x2(kAllLanes, ab, cd, 0x88),
            _mm512_maskz_shuffle_i64x2(kAllLanes, ab, cd, 0xDD)
        );
        if (_mm512_cmple_epi64_mask(sums, most) == 0) continue;
        alignas(64) std::array<std::int64_t, kStep> found;
        _mm512_store_si512(found.data(), sums);
        std::array<int, kStep> in_order{};
        for (std::size_t lane = 0; lane < kStep; ++lane) {
            in_order[kOrder[lane]] = static_cast<int>(found[lane]);
        }
        for (std::size_t k = 0; k < kStep; ++k) {
            if (in_order[k] > radius) continue;
            hits.push_back({static_cast<std::uint32_t>(i + k), in_order[k]});
        }
    }
    scan_range(codes, whole, count, query, radius, hits);
}

/// The first two words of up to kTileCodes codes, word by word.
struct alignas(64) HalfTile {
    std::array<std::uint64_t, kTileCodes> first;
    std::array<std::uint64_t, kTileCodes> second;
    std::size_t count = 0;
};

/// The first two words of a query in every lane.
struct HalfQuery {
    __m512i first;
    __m512i second;
};

/// Which of the eight codes from `i` on differ in at most `most` of their first 128 bits.
[[gnu::target("avx512f,avx512vpopcntdq,popcnt"), gnu::always_inline]] inline __mmask8 near_halves(
    __m512i first, __m512i second, const HalfQuery& query, __m512i most
) {
    const __m512i bits = _mm512_add_epi64(
        _mm512_popcnt_epi64(_mm512_xor_si512(first, query.first)),
        _mm512_popcnt_epi64(_mm512_xor_si512(second, query.second))
    );
    return _mm512_cmple_epi64_mask(bits, most);
}

/// One tile against at most kGroup queries, which stay in registers.
constexpr std::size_t kGroup = 4;

[[gnu::target("avx512f,avx512vpopcntdq,popcnt")]] void scan_tile_avx512(
    const HalfTile& tile,
    Bytes codes,
    std::size_t begin,
    std::span<const Code> queries,
    int radius,
    std::span<Hits> hits
) {
    std::array<HalfQuery, kGroup> group;
    for (std::size_t q = 0; q < kGroup; ++q) {
        const Code& query = queries[std::min(q, queries.size() - 1)];
        group[q] = {
            _mm512_set1_epi64(static_cast<long long>(query[0])),
            _mm512_set1_epi64(static_cast<long long>(query[1]))};
    }
    const __m512i most = _mm512_set1_epi64(radius);
    for (std::size_t i = 0; i < tile.count; i += 8) {
        const __m512i first = _mm512_load_si512(&tile.first[i]);
        const __m512i second = _mm512_load_si512(&tile.second[i]);
        const std::array<__mmask8, kGroup> near{
            near_halves(first, second, group[0], most),
            near_halves(first, second, group[1], most),
            near_halves(first, second, group[2], most),
            near_halves(first, second, group[3], most)};
        if ((near[0] | near[1] | near[2] | near[3]) == 0) continue;
        for (std::size_t q = 0; q < queries.size(); ++q) {
            for (unsigned lanes = near[q]; lanes != 0; lanes &= lanes - 1) {
                const std::size_t at = i + static_cast<unsigned>(__builtin_ctz(lanes));
                if (at >= tile.count) break;
                scan_range(codes, begin + at, begin + at + 1, queries[q], radius, hits[q]);
            }
        }
    }
}

[[gnu::target("avx512f,avx512vpopcntdq,popcnt")]] void scan_many_avx512(
    Bytes codes, std::span<const Code> queries, int radius, std::span<Hits> hits
) {
    const std::size_t count = codes.size() / kCodeBytes;
    HalfTile tile{};
    for (std::size_t begin = 0; begin < count; begin += kTileCodes) {
        tile.count = std::min(kTileCodes, count - begin);
        for (std::size_t i = 0; i < tile.count; ++i) {
            const Code code = load_code(codes, begin + i);
            tile.first[i] = code[0];
            tile.second[i] = code[1];
        }
        for (std::size_t q = 0; q < queries.size(); q += kGroup) {
            const std::size_t group = std::min(kGroup, queries.size() - q);
            scan_tile_avx512(
                tile, codes, begin, queries.subspan(q, group), radius, hits.subspan(q, group)
            );
        }
    }
}

#endif

struct ScanKernels {
    ScanOne one;
    ScanMany many;
};

ScanKernels scan_kernels(Isa isa) {
#if defined(__x86_64__)
    if (isa == Isa::avx512) return {scan_one_avx512, scan_many_avx512};
    if (isa == Isa::avx2) return {scan_one_popcnt, scan_many_popcnt};
#endif
    static_cast<void>(isa);
    return {scan_one_plain, scan_many_plain};
}

}  // namespace

std::vector<CodeHit> scan(Bytes codes, const Code& query, int radius, Isa isa) {
    Hits hits;
    scan_kernels(isa).one(codes, query, radius, hits);
    std::sort(hits.begin(), hits.end(), nearer);
    return hits;
}

std::vector<std::vector<CodeHit>> scan_batch(
    Bytes codes, std::span<const Code> queries, int radius, Isa isa
) {
    std::vector<Hits> hits(queries.size());
    scan_kernels(isa).many(codes, queries, radius, hits);
    for (Hits& found : hits) std::sort(found.begin(), found.end(), nearer);
    return hits;
}

}  // namespace cairn::index
