#include <bit>

#include "base/hex.h"
#include "fingerprint/pdq.h"

namespace cairn::fingerprint {
namespace {

constexpr std::size_t kWordBytes = 8;
constexpr std::size_t kCodeBytes = 32;

/// Where byte `i` of the text (most significant first) lives in the words.
struct Place {
    std::size_t word;
    unsigned shift;
};

constexpr Place place_of(std::size_t i) {
    const std::size_t from_low = kCodeBytes - 1 - i;
    return {from_low / kWordBytes, static_cast<unsigned>(8 * (from_low % kWordBytes))};
}

}  // namespace

int distance(const PdqCode& a, const PdqCode& b) {
    int bits = 0;
    for (std::size_t i = 0; i < a.words.size(); ++i) bits += std::popcount(a.words[i] ^ b.words[i]);
    return bits;
}

PdqCode complement(const PdqCode& code) {
    PdqCode out;
    for (std::size_t i = 0; i < code.words.size(); ++i) out.words[i] = ~code.words[i];
    return out;
}

std::string to_hex(const PdqCode& code) {
    std::array<std::uint8_t, kCodeBytes> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const Place place = place_of(i);
        bytes[i] = static_cast<std::uint8_t>(code.words[place.word] >> place.shift);
    }
    return hex_encode(bytes);
}

Result<PdqCode> pdq_from_hex(std::string_view text) {
    const std::array<std::uint8_t, kCodeBytes> bytes =
        CAIRN_TRY(hex_decode_array<kCodeBytes>(text));
    PdqCode code;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const Place place = place_of(i);
        code.words[place.word] |= std::uint64_t{bytes[i]} << place.shift;
    }
    return code;
}

std::string_view name_of(Turn turn) {
    switch (turn) {
        case Turn::original:
            return "original";
        case Turn::rotate90:
            return "rotate90";
        case Turn::rotate180:
            return "rotate180";
        case Turn::rotate270:
            return "rotate270";
        case Turn::flip_x:
            return "flip_x";
        case Turn::flip_y:
            return "flip_y";
        case Turn::flip_plus1:
            return "flip_plus1";
        case Turn::flip_minus1:
            return "flip_minus1";
    }
    return "";
}

}  // namespace cairn::fingerprint
