#include "crypto/signature.h"

#include <algorithm>

#include <sodium.h>

#include "crypto/secret.h"

namespace cairn::crypto {

static_assert(PublicKey::kSize == crypto_sign_PUBLICKEYBYTES);
static_assert(SigningKey::kSeedSize == crypto_sign_SEEDBYTES);
static_assert(std::tuple_size_v<Signature> == crypto_sign_BYTES);

PublicKey PublicKey::from_bytes(std::span<const std::uint8_t, kSize> bytes) {
    PublicKey key;
    std::copy(bytes.begin(), bytes.end(), key.bytes_.begin());
    return key;
}

SigningKey SigningKey::random() {
    std::array<std::uint8_t, kSeedSize> seed{};
    random_bytes(seed);
    SigningKey key = from_seed(seed);
    sodium_memzero(seed.data(), seed.size());
    return key;
}

SigningKey SigningKey::from_seed(std::span<const std::uint8_t, kSeedSize> seed) {
    static_assert(sizeof(bytes_) == crypto_sign_SECRETKEYBYTES);
    SigningKey key;
    std::array<std::uint8_t, PublicKey::kSize> public_bytes{};
    crypto_sign_seed_keypair(public_bytes.data(), key.bytes_.data(), seed.data());
    return key;
}

SigningKey::~SigningKey() {
    sodium_memzero(bytes_.data(), bytes_.size());
}

PublicKey SigningKey::public_key() const {
    return PublicKey::from_bytes(std::span(bytes_).subspan<kSeedSize, PublicKey::kSize>());
}

Signature SigningKey::sign(Bytes message) const {
    Signature signature;
    crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), bytes_.data());
    return signature;
}

bool verify(const PublicKey& key, Bytes message, const Signature& signature) {
    return crypto_sign_verify_detached(
               signature.data(), message.data(), message.size(), key.bytes().data()
           ) == 0;
}

}  // namespace cairn::crypto
