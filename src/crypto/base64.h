#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace cairn::crypto {

/// RFC 4648 section 4: standard alphabet, padded (libsodium).
std::string base64_encode(Bytes bytes);

/// The inverse, and nothing else: padding is required, every other character and set bits behind
/// the last byte are refused, so that one value has one text. O(n).
Result<ByteVector> base64_decode(std::string_view text);

/// Decodes exactly N bytes; refuses every other length.
template <std::size_t N>
Result<std::array<std::uint8_t, N>> base64_decode_array(std::string_view text) {
    const ByteVector bytes = CAIRN_TRY(base64_decode(text));
    if (bytes.size() != N) {
        return fail(Errc::invalid_argument, "{} bytes wanted in base64, {} given", N, bytes.size());
    }
    std::array<std::uint8_t, N> out{};
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
}

}  // namespace cairn::crypto
