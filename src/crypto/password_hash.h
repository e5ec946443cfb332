#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace cairn::crypto {

/// What one Argon2id computation takes. One lane: the only number that libsodium computes.
struct PasswordCost {
    std::size_t memory_bytes;
    unsigned passes;
};

/// RFC 9106 section 4, second recommended option: 64 MiB, 3 passes. The first (2 GiB, 1 pass) would
/// let a handful of sign-ins at once fill a small server. Above OWASP's minimum (19 MiB, 2 passes).
inline constexpr PasswordCost kPasswordCost{.memory_bytes = std::size_t{64} << 20, .passes = 3};

/// Argon2id with a new random salt, encoded with its parameters: "$argon2id$v=19$m=65536,t=3,...".
/// Errc::unavailable when memory is short.
Result<std::string> hash_password(std::string_view password, const PasswordCost& cost);

/// Whether `encoded` was made from `password`. Errc::unavailable when that could not be computed.
Result<bool> is_password(const std::string& encoded, std::string_view password);

/// True when `encoded` was made with another cost, or is no encoded password at all.
bool has_other_cost(const std::string& encoded, const PasswordCost& cost);

}  // namespace cairn::crypto
