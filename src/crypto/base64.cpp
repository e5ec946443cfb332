#include "crypto/base64.h"

#include <sodium.h>

namespace cairn::crypto {

std::string base64_encode(Bytes bytes) {
    constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
    std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kVariant);
    text.pop_back();  // the terminator libsodium writes
    return text;
}

Result<ByteVector> base64_decode(std::string_view text) {
    ByteVector bytes(text.size() / 4 * 3 + 3);
    std::size_t count = 0;
    const int decoded = sodium_base642bin(
        bytes.data(),
        bytes.size(),
        text.data(),
        text.size(),
        nullptr,
        &count,
        nullptr,
        sodium_base64_VARIANT_ORIGINAL
    );
    bytes.resize(decoded == 0 ? count : 0);
    // libsodium 1.0.18 takes some bytes above 0x7f for characters of the alphabet.
    if (decoded != 0 || base64_encode(bytes) != text) {
        return fail(Errc::invalid_argument, "not base64");
    }
    return bytes;
}

}  // namespace cairn::crypto
