#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/utc_time.h"

namespace cairn::identity {

inline constexpr std::size_t kIdTokenBytesMax = std::size_t{16} << 10;
inline constexpr std::size_t kJsonWebKeysBytesMax = std::size_t{256} << 10;
inline constexpr std::size_t kJsonWebKeysMax = 64;
/// The provider's clock and ours may be apart by so much.
inline constexpr std::chrono::seconds kClocksApart{60};
/// An ID token is used as soon as it was made.
inline constexpr std::chrono::minutes kIdTokenAgeMax{10};
inline constexpr unsigned kRsaBitsMin = 2048;

/// The public keys of a provider (RFC 7517): RSA and P-256; others are passed over.
class JsonWebKeys {
public:
    /// Errc::corrupt_data when it is no set of keys, or two of one id are in it;
    /// Errc::limit_exceeded.
    static Result<JsonWebKeys> parse(std::string_view json);
    ~JsonWebKeys();
    JsonWebKeys(JsonWebKeys&& other) noexcept;
    JsonWebKeys& operator=(JsonWebKeys&& other) noexcept;

    std::size_t size() const;

private:
    friend class TokenCheck;
    struct Key;

    JsonWebKeys();

    std::vector<Key> keys_;
};

/// What this sign-in expects of the token.
struct IdTokenRules {
    std::string issuer;     ///< exactly as configured
    std::string client_id;  ///< ours, at the provider
    std::string nonce;      ///< of this sign-in
};

/// Who the provider says it was.
struct IdTokenClaims {
    std::string subject;
    std::vector<std::string> methods;  ///< `amr`: how they showed it; empty when not said
    std::string context;               ///< `acr`; empty when not said
};

/// The checks of OpenID Connect Core 1.0, section 3.1.3.7, all of them: signature by one of the
/// keys with RS256 or ES256, issuer, audience (ours alone), time, nonce. Errc::not_found when the
/// token names a key that is not among them, so that they can be fetched again, once;
/// Errc::unauthenticated otherwise, with the reason for the log and nothing of the token.
Result<IdTokenClaims> check_id_token(
    std::string_view token, const JsonWebKeys& keys, const IdTokenRules& rules, UtcTime now
);

}  // namespace cairn::identity
