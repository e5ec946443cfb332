#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace cairn::fingerprint {

/// A 256-bit PDQ code. Bit k (0..255) is bit k%64 of words[k/64]. Text: 64 lower-case hex digits
/// of the 256-bit integer, first digit bits 255..252 (docs/formats.md).
struct PdqCode {
    std::array<std::uint64_t, 4> words{};
    auto operator<=>(const PdqCode&) const = default;
};

/// Number of differing bits, 0..256. A metric.
int distance(const PdqCode& a, const PdqCode& b);
/// All bits inverted: the code of the photographic negative.
PdqCode complement(const PdqCode& code);
std::string to_hex(const PdqCode& code);
Result<PdqCode> pdq_from_hex(std::string_view text);

/// A code with its quality, 0..100 (flat pictures are low).
struct PdqHash {
    PdqCode code;
    int quality = 0;
    auto operator<=>(const PdqHash&) const = default;
};

/// Matching rules of the PDQ authors, mandatory on both sides.
inline constexpr int kPdqRadius = 31;
inline constexpr int kPdqQualityMin = 50;

/// 8-bit pixels, row by row without padding; 1 channel (grey) or 3 (RGB). Borrowed.
struct PixelView {
    Bytes pixels;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint32_t channels = 3;
};

/// The order in which turns are reported.
enum class Turn : std::uint8_t {
    original,
    rotate90,
    rotate180,
    rotate270,
    flip_x,
    flip_y,
    flip_plus1,
    flip_minus1
};
inline constexpr std::size_t kTurnCount = 8;
std::string_view name_of(Turn turn);

/// PDQ of a picture as decoded (any size): shrinks to 512x512 as the reference file path does
/// when a side exceeds 512, then hashes. Bit-exact with the published C++ reference.
PdqHash pdq_hash(const PixelView& picture);

/// A picture's hash and that of its transpose, from one filter pass.
struct PdqPair {
    PdqHash as_is;
    PdqHash transposed;
};
PdqPair pdq_hash_pair(const PixelView& picture);

/// Hashes of the truly turned pixels (each orientation filtered anew); element [0] is the
/// record itself. Rotations are counter-clockwise; flip_x is top<->bottom, flip_y left<->right,
/// flip_plus1 the transpose.
std::array<PdqHash, kTurnCount> pdq_true_turns(const PixelView& picture);

/// The eight turns from the pairs of four pixel orders: as is, mirrored left<->right,
/// top<->bottom, both.
std::array<PdqHash, kTurnCount> arrange_turns(const std::array<PdqPair, 4>& orders);

/// The reference's "dihedral" hashes, derived from one coefficient matrix.
std::array<PdqHash, kTurnCount> pdq_derived_turns(const PixelView& picture);

/// For every output index 0..511 the source index of the reference's nearest-neighbour shrink.
std::array<std::uint32_t, 512> shrink_indexes(std::uint32_t size);

}  // namespace cairn::fingerprint
