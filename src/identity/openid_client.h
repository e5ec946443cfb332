#pragma once

#include <optional>
#include <string>

#include "base/utc_time.h"
#include "crypto/secret.h"
#include "fetch/web_client.h"
#include "identity/id_token.h"
#include "identity/openid_provider.h"

namespace cairn::identity {

/// What a provider said of itself, and its keys, are asked for again after so long.
inline constexpr std::chrono::hours kProviderRemembered{1};
/// For a key that is not known they are asked for again so often at most: tokens come from others.
inline constexpr std::chrono::minutes kKeysAskedEvery{1};
inline constexpr std::size_t kOpenidCodeBytesMax = 4096;

/// What this installation is at a provider.
struct OpenidClientSettings {
    std::string issuer;
    std::string client_id;
    crypto::SecretText client_secret;
    std::string redirect_uri;
};

/// This installation as a client of one provider: asks for what the provider says of itself, its
/// keys and ID tokens. One thread at a time; each call may take as long as `web` lets it.
class OpenidClient {
public:
    OpenidClient(fetch::WebClient& web, const Clock& clock, OpenidClientSettings settings)
        : web_(web), clock_(clock), settings_(std::move(settings)) {}

    const std::string& issuer() const { return settings_.issuer; }

    /// Where the browser is sent.
    Result<std::string> authorization(const OpenidSecrets& secrets);

    /// Exchanges the code for an ID token and checks that. Errc::unauthenticated when the code or
    /// the token is not good; anything else is trouble with the provider.
    Result<IdTokenClaims> redeem(std::string_view code, std::string_view verifier);

private:
    Result<OpenidProvider> provider();
    Status ask_for_keys(const OpenidProvider& provider);
    Result<std::string> id_token(
        const OpenidProvider& provider, std::string_view code, std::string_view verifier
    );
    bool is_due(const std::optional<UtcTime>& asked, std::chrono::seconds after) const;

    fetch::WebClient& web_;
    const Clock& clock_;
    OpenidClientSettings settings_;
    std::optional<OpenidProvider> provider_;
    std::optional<UtcTime> provider_asked_;
    std::optional<JsonWebKeys> keys_;
    std::optional<UtcTime> keys_asked_;
};

}  // namespace cairn::identity
