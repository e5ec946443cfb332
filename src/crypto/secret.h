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
/// derived from key, context and plain text, so equal input gives equal output and files stay
/// reproducible; what that reveals is only whether two texts sealed in one context are equal.
/// `context` says where the box belongs (a column and its row): it is not stored, and the box opens
/// nowhere else.
ByteVector seal(const SecretKey& key, Bytes plain, Bytes context = {});
/// Errc::corrupt_data when the box was altered, or the key or the context is another.
Result<ByteVector> unseal(const SecretKey& key, Bytes box, Bytes context = {});

/// Overwrites what must not linger in memory.
void wipe(MutableBytes bytes);
void wipe(std::string& text);

/// Bytes from the system's generator.
void random_bytes(MutableBytes out);

/// A new Id<Tag>.
template <typename IdType>
IdType random_id() {
    std::array<std::uint8_t, IdType::kSize> bytes{};
    random_bytes(bytes);
    return IdType::from_bytes(bytes);
}

using Tag256 = std::array<std::uint8_t, 32>;

/// A keyed digest, BLAKE2b (libsodium crypto_generichash): equal inputs can be found again, and
/// without the key nobody can tell what they were, nor try which they might be.
Tag256 keyed_digest(const SecretKey& key, Bytes input);

/// Compares in a time that does not depend on where they differ. False for different lengths.
bool equal_in_constant_time(Bytes a, Bytes b);

}  // namespace cairn::crypto
