#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace cairn::crypto {

/// 32 secret bytes, wiped when destroyed. Has no formatter: logging one does not compile.
class SecretKey {
public:
    static constexpr std::size_t kSize = 32;

    static SecretKey random();
    static SecretKey from_bytes(std::span<const std::uint8_t, kSize> bytes);
    SecretKey(const SecretKey&) = default;
    SecretKey& operator=(const SecretKey&) = default;
    ~SecretKey();

    /// An independent key for another use: BLAKE2b keyed with this key over `purpose` (libsodium
    /// crypto_generichash). Different purposes give unrelated keys.
    SecretKey derive(std::string_view purpose) const;

    std::span<const std::uint8_t, kSize> bytes() const { return bytes_; }

private:
    SecretKey() = default;
    std::array<std::uint8_t, kSize> bytes_{};
};

/// Reads a key file: 64 hex digits and a newline. Refuses a file that others may read
/// (any mode bit of group or others) with the cure in the message.
Result<SecretKey> read_key_file(const std::string& path);

/// Makes a new random key file, mode 0600, durable before it returns. Errc::conflict when the
/// path exists.
Result<SecretKey> create_key_file(const std::string& path);

using Tag128 = std::array<std::uint8_t, 16>;

/// A keyed pseudo-random function with 16-byte output: SipHash-2-4-128 (libsodium
/// crypto_shorthash_siphashx24). The same input always gives the same tag under one key; without
/// the key a tag says nothing about its input.
class Prf128 {
public:
    explicit Prf128(const SecretKey& key);
    Tag128 operator()(Bytes input) const;

private:
    std::array<std::uint8_t, 16> key_{};
};

/// `count` pseudo-random bytes from the key, always the same (ChaCha20 key stream).
ByteVector expand(const SecretKey& key, std::size_t count);

/// Authenticated encryption, XChaCha20-Poly1305 (IETF): nonce | ciphertext | tag. The nonce is
/// derived from key and plain text, so equal input gives equal output and files stay
/// reproducible; what that reveals is only whether two sealed texts are equal.
ByteVector seal(const SecretKey& key, Bytes plain);
/// Errc::corrupt_data when the box was altered or the key is another.
Result<ByteVector> unseal(const SecretKey& key, Bytes box);

/// Bytes from the system's generator.
void random_bytes(MutableBytes out);

}  // namespace cairn::crypto
