#include "base/hex.h"

#include <optional>

namespace cairn {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

std::optional<std::uint8_t> nibble(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
    return std::nullopt;
}

}  // namespace

std::string hex_encode(Bytes bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        out.push_back(kDigits[byte >> 4U]);
        out.push_back(kDigits[byte & 15U]);
    }
    return out;
}

Result<ByteVector> hex_decode(std::string_view text) {
    if (text.size() % 2 != 0) return fail(Errc::invalid_argument, "odd hex length {}", text.size());
    ByteVector out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const auto high = nibble(text[i]);
        const auto low = nibble(text[i + 1]);
        if (!high || !low) return fail(Errc::invalid_argument, "bad hex digit near offset {}", i);
        out.push_back(static_cast<std::uint8_t>((*high << 4U) | *low));
    }
    return out;
}

}  // namespace cairn
