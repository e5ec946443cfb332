#include "identity/openid_client.h"

#include <array>

#include "identity/percent_encoding.h"
#include "identity/provider_json.h"

namespace cairn::identity {
namespace {

constexpr int kOk = 200;
constexpr int kUnauthorized = 401;

Error wrong_status(std::string_view what, int status) {
    return fail(
        Errc::unavailable, "identity provider: status {} instead of {}: look there", status, what
    );
}

/// The answer of a token endpoint (RFC 6749, section 5).
Result<std::string> read_id_token(const fetch::Answer& answer) {
    const auto parsed = parse_provider_object("token answer", answer.body);
    if (answer.status == kOk) {
        if (!parsed) return parsed.error();
        std::string token = json::text_member(*parsed, "id_token");
        if (token.empty()) return fail(Errc::corrupt_data, "token answer: it has no ID token");
        return token;
    }
    const std::string error = parsed ? json::text_member(*parsed, "error") : std::string();
    if (error == "invalid_grant") {
        return fail(Errc::unauthenticated, "the provider does not accept this code");
    }
    const bool is_client = error == "invalid_client" || error == "unauthorized_client";
    if (answer.status == kUnauthorized || is_client) {
        return fail(
            Errc::unavailable,
            "identity provider: it does not accept our client id and secret: compare them there"
        );
    }
    return wrong_status("an ID token", answer.status);
}

}  // namespace

bool OpenidClient::is_due(const std::optional<UtcTime>& asked, std::chrono::seconds after) const {
    return !asked || clock_.now() >= *asked + after;
}

Result<OpenidProvider> OpenidClient::provider() {
    if (provider_ && !is_due(provider_asked_, kProviderRemembered)) return *provider_;
    std::string url = settings_.issuer;
    while (url.ends_with('/')) url.pop_back();
    const auto answer = CAIRN_TRY(web_.get(url + "/.well-known/openid-configuration"));
    if (answer.status != kOk) return wrong_status("its discovery document", answer.status);
    provider_ = CAIRN_TRY(parse_openid_provider(answer.body, settings_.issuer));
    provider_asked_ = clock_.now();
    return *provider_;
}

Result<std::string> OpenidClient::authorization(const OpenidSecrets& secrets) {
    const OpenidProvider found = CAIRN_TRY(provider());
    return authorization_uri(found, settings_.client_id, settings_.redirect_uri, secrets);
}

Status OpenidClient::ask_for_keys(const OpenidProvider& provider) {
    keys_asked_ = clock_.now();
    const auto answer = CAIRN_TRY(web_.get(provider.jwks_uri));
    if (answer.status != kOk) return wrong_status("its keys", answer.status);
    keys_ = CAIRN_TRY(JsonWebKeys::parse(answer.body));
    return ok();
}

Result<std::string> OpenidClient::id_token(
    const OpenidProvider& provider, std::string_view code, std::string_view verifier
) {
    const std::array fields = {
        fetch::FormField{.name = "grant_type", .value = "authorization_code"},
        fetch::FormField{.name = "code", .value = code},
        fetch::FormField{.name = "redirect_uri", .value = settings_.redirect_uri},
        fetch::FormField{.name = "code_verifier", .value = verifier},
    };
    // RFC 6749, section 2.3.1: both are encoded first.
    const std::string name = percent_encoded(settings_.client_id);
    std::string password = percent_encoded(settings_.client_secret.view());
    const fetch::BasicLogin login{.name = name, .password = password};
    const auto answer = web_.post_form(provider.token_endpoint, fields, login);
    crypto::wipe(password);
    if (!answer) return answer.error();
    return read_id_token(*answer);
}

Result<IdTokenClaims> OpenidClient::redeem(std::string_view code, std::string_view verifier) {
    if (code.empty() || code.size() > kOpenidCodeBytesMax) {
        return fail(Errc::unauthenticated, "the provider gave no usable code");
    }
    const OpenidProvider found = CAIRN_TRY(provider());
    const std::string token = CAIRN_TRY(id_token(found, code, verifier));
    if (!keys_ || is_due(keys_asked_, kProviderRemembered)) CAIRN_TRY(ask_for_keys(found));
    const IdTokenRules rules{
        .issuer = settings_.issuer,
        .client_id = settings_.client_id,
        .nonce = nonce_of(verifier),
    };
    auto claims = check_id_token(token, *keys_, rules, clock_.now());
    if (!claims && claims.error().code == Errc::not_found && is_due(keys_asked_, kKeysAskedEvery)) {
        CAIRN_TRY(ask_for_keys(found));
        claims = check_id_token(token, *keys_, rules, clock_.now());
    }
    if (!claims && claims.error().code == Errc::not_found) {
        return Error{Errc::unauthenticated, claims.error().message};
    }
    return claims;
}

}  // namespace cairn::identity
