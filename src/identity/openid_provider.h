#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace cairn::identity {

inline constexpr std::size_t kProviderDocumentBytesMax = std::size_t{64} << 10;

/// An identity provider, as its discovery document describes it.
struct OpenidProvider {
    std::string issuer;
    std::string authorization_endpoint;
    std::string token_endpoint;
    std::string jwks_uri;
};

/// Reads "<issuer>/.well-known/openid-configuration" (OpenID Connect Discovery 1.0, section 4).
/// Refused when it speaks of another issuer than the one configured, names an address that is not
/// https, or rules out the authorization code, PKCE with S256, or both RS256 and ES256:
/// Errc::unsupported with what is missing, else Errc::corrupt_data.
Result<OpenidProvider> parse_openid_provider(std::string_view json, std::string_view issuer);

/// What one sign-in at a provider needs until the answer comes: each 256 bits in base64url.
struct OpenidSecrets {
    std::string state;     ///< ties the answer to what was begun
    std::string nonce;     ///< ties the ID token to it: nonce_of(verifier)
    std::string verifier;  ///< RFC 7636: only who began can exchange the code

    static OpenidSecrets random();
};

/// Follows from the verifier, so that nobody has to keep it (OpenID Connect Core 1.0, section
/// 15.5.2); tells nothing of it.
std::string nonce_of(std::string_view verifier);

/// RFC 7636, section 4.2, S256.
std::string code_challenge(std::string_view verifier);

/// Where the browser is sent: authorization code with PKCE, scope openid.
std::string authorization_uri(
    const OpenidProvider& provider,
    std::string_view client_id,
    std::string_view redirect_uri,
    const OpenidSecrets& secrets
);

}  // namespace cairn::identity
