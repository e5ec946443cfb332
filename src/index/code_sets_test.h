#pragma once

#include <algorithm>
#include <random>
#include <span>
#include <vector>

#include "index/band_plan.h"
#include "index/code.h"

namespace cairn::index::testing {

using Random = std::mt19937_64;
using Codes = std::vector<Code>;

inline Code random_code(Random& random) {
    return {random(), random(), random(), random()};
}

/// Flips bit `bit` of a code, counted as window() counts.
inline void flip(Code& code, std::size_t bit) {
    code[bit / 64] ^= std::uint64_t{1} << (8 * (bit / 8 % 8) + 7 - bit % 8);
}

/// `code` with exactly `bits` bits changed.
inline Code changed(Code code, int bits, Random& random) {
    const Code original = code;
    while (distance(original, code) < bits) {
        Code next = code;
        flip(next, random() % kCodeBits);
        if (distance(original, next) > distance(original, code)) code = next;
    }
    return code;
}

/// Sorted by bytes, each once.
inline Codes sorted(Codes codes) {
    std::sort(codes.begin(), codes.end(), comes_before);
    codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
    return codes;
}

inline Codes uniform(std::size_t count, std::uint64_t seed) {
    Random random(seed);
    Codes codes(count);
    for (Code& code : codes) code = random_code(random);
    return sorted(std::move(codes));
}

/// Groups of codes within some 40 bits of a centre.
inline Codes clustered(std::size_t count, std::uint64_t seed) {
    Random random(seed);
    Codes codes;
    Code centre{};
    while (codes.size() < count) {
        if (codes.size() % 50 == 0) centre = random_code(random);
        codes.push_back(changed(centre, static_cast<int>(random() % 40), random));
    }
    return sorted(std::move(codes));
}

/// Random but for bits [first, last), which are the same in all.
inline Codes alike_in(std::size_t first, std::size_t last, std::size_t count, std::uint64_t seed) {
    Random random(seed);
    Codes codes(count);
    for (Code& code : codes) {
        code = random_code(random);
        for (std::size_t bit = first; bit < last; ++bit) {
            if ((window(code, bit) >> 63U) != 0) flip(code, bit);
        }
    }
    return sorted(std::move(codes));
}

inline ByteVector bytes_of(std::span<const Code> codes) {
    ByteVector bytes(codes.size() * kCodeBytes);
    for (std::size_t i = 0; i < codes.size(); ++i) {
        store_code(codes[i], MutableBytes(bytes).subspan(i * kCodeBytes));
    }
    return bytes;
}

/// What every search must answer.
inline std::vector<CodeHit> compare_with_all(
    std::span<const Code> codes, const Code& query, int radius
) {
    std::vector<CodeHit> hits;
    for (std::size_t i = 0; i < codes.size(); ++i) {
        int differing = 0;
        for (std::size_t word = 0; word < 4; ++word) {
            differing += std::popcount(codes[i][word] ^ query[word]);
        }
        if (differing <= radius) hits.push_back({static_cast<std::uint32_t>(i), differing});
    }
    std::sort(hits.begin(), hits.end(), nearer);
    return hits;
}

/// Codes of the set changed in 0 to 40 bits, random codes, all zeros and all ones.
inline Codes queries_for(std::span<const Code> codes, std::size_t count, std::uint64_t seed) {
    Random random(seed);
    Codes queries{Code{}, Code{~0ULL, ~0ULL, ~0ULL, ~0ULL}};
    while (queries.size() < count) {
        queries.push_back(random_code(random));
        if (codes.empty()) continue;
        const Code& code = codes[random() % codes.size()];
        queries.push_back(changed(code, static_cast<int>(random() % 41), random));
    }
    return queries;
}

/// A number of equal bands.
struct Run {
    std::size_t count;
    Band band;
};

inline std::vector<Band> bands_of(std::initializer_list<Run> runs) {
    std::vector<Band> bands;
    for (const Run& run : runs) bands.insert(bands.end(), run.count, run.band);
    return bands;
}

}  // namespace cairn::index::testing
