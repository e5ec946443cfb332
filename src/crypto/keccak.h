#pragma once

#include <array>

#include "base/bytes.h"

namespace cairn::crypto {

/// Keccak-256 with the padding of the competition, as addresses of wallets use it; not SHA3-256.
/// The only place that includes Crypto++, since OpenSSL has it from 3.2 on.
std::array<std::uint8_t, 32> keccak256(Bytes bytes);

}  // namespace cairn::crypto
