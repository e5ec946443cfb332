#include "crypto/keccak.h"

#include <cryptopp/keccak.h>

namespace cairn::crypto {

std::array<std::uint8_t, 32> keccak256(Bytes bytes) {
    std::array<std::uint8_t, 32> digest{};
    CryptoPP::Keccak_256().CalculateDigest(digest.data(), bytes.data(), bytes.size());
    return digest;
}

}  // namespace cairn::crypto
