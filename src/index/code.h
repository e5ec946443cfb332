#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace cairn::index {

/// 256 bits. What lies in files and tables are its 32 bytes in memory order; bit 0 is the highest
/// bit of the first byte, so that codes sorted by their bytes are sorted by any leading bits.
using Code = std::array<std::uint64_t, 4>;

inline constexpr std::size_t kCodeBits = 256;
inline constexpr std::size_t kCodeBytes = 32;

static_assert(std::endian::native == std::endian::little, "tables are mapped, not converted");

/// Code number `index` of an array of codes, 32 bytes each.
inline Code load_code(Bytes codes, std::size_t index) {
    Code code;
    std::memcpy(code.data(), &codes[index * kCodeBytes], kCodeBytes);
    return code;
}

/// Writes the 32 bytes of a code; `out` has room.
inline void store_code(const Code& code, MutableBytes out) {
    std::memcpy(out.data(), code.data(), kCodeBytes);
}

/// The 64 bits from bit `position` (0..255) on, the first one highest; behind bit 255 comes bit 0.
inline std::uint64_t window(const Code& code, std::size_t position) {
    const std::uint64_t first = __builtin_bswap64(code[position / 64]);
    const std::size_t skipped = position % 64;
    if (skipped == 0) return first;
    const std::uint64_t second = __builtin_bswap64(code[(position / 64 + 1) % code.size()]);
    return (first << skipped) | (second >> (64 - skipped));
}

/// The number of bits in which two codes differ.
inline int distance(const Code& a, const Code& b) {
    int bits = 0;
    for (std::size_t i = 0; i < a.size(); ++i) bits += __builtin_popcountll(a[i] ^ b[i]);
    return bits;
}

/// True when `a` stands before `b` in a sorted array: the order of their bytes.
inline bool comes_before(const Code& a, const Code& b) {
    return std::memcmp(a.data(), b.data(), kCodeBytes) < 0;
}

/// A code of an array and how far it is from what was asked.
struct CodeHit {
    std::uint32_t code = 0;  ///< position in the array
    int distance = 0;
    bool operator==(const CodeHit&) const = default;
};

/// The order of all answers: by distance, then by code.
inline bool nearer(const CodeHit& a, const CodeHit& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.code < b.code;
}

}  // namespace cairn::index
