#include "identity/openid_provider.h"

#include <algorithm>
#include <array>

#include "crypto/base64.h"
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "identity/percent_encoding.h"
#include "identity/provider_json.h"

namespace cairn::identity {
namespace {

/// RFC 4648 section 5, without padding.
std::string base64url(Bytes bytes) {
    std::string text = crypto::base64_encode(bytes);
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    while (text.ends_with('=')) text.pop_back();
    return text;
}

std::string random_text() {
    std::array<std::uint8_t, 32> bytes{};
    crypto::random_bytes(bytes);
    return base64url(bytes);
}

/// No fragment, no blanks, nothing that could end a header line.
bool is_https(std::string_view uri) {
    return uri.starts_with("https://") && uri.size() > 8 &&
           std::all_of(uri.begin(), uri.end(), [](char c) {
               return c > 0x20 && c < 0x7F && c != '#' && c != '"' && c != '<' && c != '>';
           });
}

/// Lists that a provider leaves out rule nothing out here.
bool rules_out(const nlohmann::json& document, const char* member, std::string_view wanted) {
    if (!document.contains(member)) return false;
    const auto texts = json::texts_member(document, member);
    return std::find(texts.begin(), texts.end(), wanted) == texts.end();
}

Status check_abilities(const nlohmann::json& document) {
    const auto missing = [](std::string_view what) {
        return fail(
            Errc::unsupported, "identity provider: it does not offer {}; enable it there", what
        );
    };
    if (rules_out(document, "response_types_supported", "code")) {
        return missing("the authorization code");
    }
    if (rules_out(document, "code_challenge_methods_supported", "S256")) {
        return missing("PKCE with S256");
    }
    if (rules_out(document, "token_endpoint_auth_methods_supported", "client_secret_basic")) {
        return missing("the client's secret by HTTP Basic (client_secret_basic)");
    }
    constexpr const char* kAlgorithms = "id_token_signing_alg_values_supported";
    if (rules_out(document, kAlgorithms, "RS256") && rules_out(document, kAlgorithms, "ES256")) {
        return missing("ID tokens signed with RS256 or ES256");
    }
    return ok();
}

}  // namespace

Result<OpenidProvider> parse_openid_provider(std::string_view text, std::string_view issuer) {
    if (text.size() > kProviderDocumentBytesMax) {
        return fail(
            Errc::limit_exceeded, "identity provider: over {} bytes", kProviderDocumentBytesMax
        );
    }
    const auto document = CAIRN_TRY(parse_provider_object("identity provider", text));
    const OpenidProvider provider{
        .issuer = json::text_member(document, "issuer"),
        .authorization_endpoint = json::text_member(document, "authorization_endpoint"),
        .token_endpoint = json::text_member(document, "token_endpoint"),
        .jwks_uri = json::text_member(document, "jwks_uri"),
    };
    if (provider.issuer != issuer) {
        return fail(
            Errc::corrupt_data,
            "identity provider: it names another issuer than the one configured; they must be the "
            "same to the letter"
        );
    }
    for (const std::string* uri :
         {&provider.authorization_endpoint, &provider.token_endpoint, &provider.jwks_uri}) {
        if (!is_https(*uri)) {
            return fail(
                Errc::corrupt_data, "identity provider: an address is missing or is not https"
            );
        }
    }
    CAIRN_TRY(check_abilities(document));
    return provider;
}

OpenidSecrets OpenidSecrets::random() {
    OpenidSecrets secrets{.state = random_text(), .nonce = {}, .verifier = random_text()};
    secrets.nonce = nonce_of(secrets.verifier);
    return secrets;
}

std::string nonce_of(std::string_view verifier) {
    return base64url(crypto::sha256(as_bytes(fmt::format("cairn openid nonce\n{}", verifier))));
}

std::string code_challenge(std::string_view verifier) {
    return base64url(crypto::sha256(as_bytes(verifier)));
}

std::string authorization_uri(
    const OpenidProvider& provider,
    std::string_view client_id,
    std::string_view redirect_uri,
    const OpenidSecrets& secrets
) {
    const bool has_query = provider.authorization_endpoint.find('?') != std::string::npos;
    return fmt::format(
        "{}{}response_type=code&scope=openid&client_id={}&redirect_uri={}&state={}&nonce={}"
        "&code_challenge={}&code_challenge_method=S256",
        provider.authorization_endpoint,
        has_query ? '&' : '?',
        percent_encoded(client_id),
        percent_encoded(redirect_uri),
        secrets.state,
        secrets.nonce,
        code_challenge(secrets.verifier)
    );
}

}  // namespace cairn::identity
