#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace cairn {

/// Lower-case hex, two digits a byte.
std::string hex_encode(Bytes bytes);

/// Accepts both cases; refuses odd length and any other character. O(n).
Result<ByteVector> hex_decode(std::string_view text);

/// Decodes exactly N bytes; refuses every other length.
template <std::size_t N>
Result<std::array<std::uint8_t, N>> hex_decode_array(std::string_view text) {
    if (text.size() != 2 * N) {
        return fail(Errc::invalid_argument, "{} hex digits wanted, {} given", 2 * N, text.size());
    }
    const ByteVector bytes = CAIRN_TRY(hex_decode(text));
    std::array<std::uint8_t, N> out{};
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
}

}  // namespace cairn
