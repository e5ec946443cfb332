#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace cairn::index {

/// The plans serve this radius and every smaller one by tables; larger ones are scanned.
inline constexpr int kTableRadius = 31;
inline constexpr std::size_t kBandsMax = 32;
inline constexpr int kThresholdMax = 3;
inline constexpr unsigned kKeyBitsMax = 26;
/// Beside every posting lie the bits that follow the key in the code: the rest of its own band,
/// then the first bits of the next band.
inline constexpr unsigned kResidualBits = 16;
/// Below this a scan is as fast as tables.
inline constexpr std::uint64_t kScanCodesMax = 2'000;

/// What a posting leads to.
enum class Link : std::uint8_t {
    code,       ///< 32 bits: the number of the code
    next_band,  ///< 16 bits: the place of the same code in its bucket of the next band, modulo 2^16
};

/// A run of bits of the code that has a table of its own.
struct Band {
    std::uint8_t width = 0;     ///< bits of the band
    std::uint8_t key_bits = 0;  ///< the first bits of the band: they number the buckets
    int threshold = -1;         ///< the band finds codes that differ in so many bits of it
    /// Band 0 has Link::code and stores none: its postings are the codes in their order.
    Link link = Link::code;
    bool operator==(const Band&) const = default;
};

/// How 256 bits are cut into bands, one after another from bit 0 on. Immutable and always valid;
/// without bands it means: search by scan.
class BandPlan {
public:
    BandPlan() = default;

    /// Refuses plans that could lose a hit or that the tables cannot hold. Wanted: widths sum to
    /// kCodeBits; thresholds are 0..kThresholdMax and the sum of (threshold + 1) is kTableRadius
    /// + 1; a key is 1..kKeyBitsMax bits; the rest of the band is at most kResidualBits, and with
    /// the next band at least as many; band 0 leads to codes, and the residual of a band that
    /// leads to the next one holds the whole key there.
    static Result<BandPlan> make(std::vector<Band> bands);

    /// The fastest plan known for so many codes within the budget of bytes per code.
    static BandPlan for_codes(std::uint64_t codes);

    std::span<const Band> bands() const { return bands_; }
    bool empty() const { return bands_.empty(); }

    bool operator==(const BandPlan&) const = default;

private:
    explicit BandPlan(std::vector<Band> bands) : bands_(std::move(bands)) {}

    std::vector<Band> bands_;
};

/// For every radius up to kTableRadius the threshold of each band, -1 where it need not be asked:
/// together they find everything within the radius, with the fewest probes.
using Thresholds = std::array<std::array<int, kBandsMax>, kTableRadius + 1>;
Thresholds thresholds_of(const BandPlan& plan);

/// The number of key values that differ in at most `threshold` of `key_bits` bits; 0 for -1.
std::uint64_t probes_of(unsigned key_bits, int threshold);

/// Zero bytes behind the residuals of a band, so that whole vectors can be read.
inline constexpr std::size_t kReadableBytes = 64;

/// Where the tables of one band lie in HammingTables::bands. Every table begins at a multiple of
/// 64; what lies between them is zero. All numbers are little-endian.
struct BandLayout {
    std::uint64_t starts = 0;     ///< 2^key_bits + 1 of 32 bits: where each bucket begins
    std::uint64_t links = 0;      ///< one for each posting, of 32 or 16 bits; none in band 0
    std::uint64_t residuals = 0;  ///< 16 bits for each posting, then kReadableBytes or more
    std::uint64_t end = 0;        ///< where the next band begins
};

/// One layout for each band; empty for a plan without bands.
std::vector<BandLayout> layout_of(const BandPlan& plan, std::uint64_t codes);

/// The length of HammingTables::bands.
std::uint64_t bands_bytes(const BandPlan& plan, std::uint64_t codes);

}  // namespace cairn::index
