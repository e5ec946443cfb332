#pragma once

#include <array>
#include <compare>
#include <span>

#include "base/bytes.h"

namespace cairn::crypto {

/// An Ed25519 signature (RFC 8032).
using Signature = std::array<std::uint8_t, 64>;

/// An Ed25519 public key. Any 32 bytes can be held; those that are no usable key verify nothing.
class PublicKey {
public:
    static constexpr std::size_t kSize = 32;

    static PublicKey from_bytes(std::span<const std::uint8_t, kSize> bytes);

    std::span<const std::uint8_t, kSize> bytes() const { return bytes_; }
    auto operator<=>(const PublicKey&) const = default;

private:
    PublicKey() = default;
    std::array<std::uint8_t, kSize> bytes_{};
};

/// An Ed25519 private key, wiped when destroyed. Has no formatter: logging one does not compile.
class SigningKey {
public:
    static constexpr std::size_t kSeedSize = 32;

    static SigningKey random();
    /// The key of RFC 8032 whose 32 secret bytes are `seed`.
    static SigningKey from_seed(std::span<const std::uint8_t, kSeedSize> seed);
    SigningKey(const SigningKey&) = default;
    SigningKey& operator=(const SigningKey&) = default;
    ~SigningKey();

    PublicKey public_key() const;
    /// The same message always gives the same signature.
    Signature sign(Bytes message) const;

private:
    SigningKey() = default;
    std::array<std::uint8_t, 64> bytes_{};  ///< seed, then public key
};

/// True when `signature` is that of `message` under `key`. Malleable signatures (S not reduced) and
/// keys of small order are refused.
bool verify(const PublicKey& key, Bytes message, const Signature& signature);

}  // namespace cairn::crypto
