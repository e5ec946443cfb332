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

/// What keeps others from a secret file.
enum class FileGuard : std::uint8_t {
    mode,             ///< its mode: a regular file without any bit of group or others
    service_manager,  ///< the service manager, in part by access lists that show as mode bits
};

/// Reads a key file: 64 hex digits and a newline, which the service manager may leave out. Refuses
/// a file that is not guarded with the cure in the message.
Result<SecretKey> read_key_file(const std::string& path, FileGuard guard = FileGuard::mode);

/// Secret bytes of any length, wiped when destroyed. Has no formatter: logging one does not
/// compile.
class SecretText {
public:
    explicit SecretText(ByteVector bytes) : bytes_(std::move(bytes)) {}
    SecretText(SecretText&&) noexcept = default;
    SecretText& operator=(SecretText&&) = delete;
    ~SecretText();

    /// Valid as long as this object.
    std::string_view view() const { return as_text(bytes_); }

private:
    ByteVector bytes_;
};

/// Reads a file that holds a secret of another kind, such as a password, without the newlines at
/// its end. Errc::corrupt_data when nothing is left, limit_exceeded above 4,096 bytes.
Result<SecretText> read_secret_text(const std::string& path, FileGuard guard);

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
