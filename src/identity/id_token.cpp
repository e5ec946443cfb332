#include "identity/id_token.h"

#include <algorithm>
#include <optional>

#include <cjose/cjose.h>

#include "base/bytes.h"
#include "crypto/secret.h"
#include "identity/provider_json.h"

namespace cairn::identity {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kSubjectBytesMax = 255;  ///< OpenID Connect Core 1.0, section 2
constexpr std::string_view kRsa = "RS256";
constexpr std::string_view kEcdsa = "ES256";

struct Release {
    void operator()(cjose_jwk_t* key) const { cjose_jwk_release(key); }
    void operator()(cjose_jws_t* token) const { cjose_jws_release(token); }
};
using KeyPointer = std::unique_ptr<cjose_jwk_t, Release>;
using TokenPointer = std::unique_ptr<cjose_jws_t, Release>;

Error refused(std::string_view why) {
    return fail(Errc::unauthenticated, "ID token refused: {}", why);
}

/// The signature algorithm that a key is for; empty: none of ours.
std::string_view algorithm_of(const cjose_jwk_t* key) {
    cjose_err error{};
    switch (cjose_jwk_get_kty(key, &error)) {
        case CJOSE_JWK_KTY_RSA:
            return cjose_jwk_get_keysize(key, &error) >= kRsaBitsMin ? kRsa : "";
        case CJOSE_JWK_KTY_EC:
            return cjose_jwk_EC_get_curve(key, &error) == CJOSE_JWK_EC_P_256 ? kEcdsa : "";
        default:
            return "";
    }
}

/// Seconds since 1970 (RFC 7519, NumericDate).
std::optional<UtcTime> time_member(const Json& claims, const char* name) {
    const auto found = claims.find(name);
    if (found == claims.end() || !found->is_number()) return std::nullopt;
    constexpr double kSecondsMax = 253'402'300'799;  // the end of the year 9999
    const auto seconds = found->get<double>();
    if (!(seconds >= 0 && seconds <= kSecondsMax)) return std::nullopt;
    return UtcTime(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

bool is_for_us_alone(const Json& claims, const std::string& client_id) {
    const auto audience = claims.find("aud");
    if (audience == claims.end()) return false;
    if (audience->is_string()) return *audience == client_id;
    return audience->is_array() && audience->size() == 1 && audience->front() == client_id;
}

Status check_times(const Json& claims, UtcTime now) {
    const auto expires = time_member(claims, "exp");
    if (!expires) return refused("no time of expiry");
    if (now >= *expires + kClocksApart) return refused("it has expired");
    const auto issued = time_member(claims, "iat");
    if (!issued) return refused("no time of issue");
    if (*issued > now + kClocksApart) return refused("issued in the future: compare the clocks");
    if (now > *issued + kIdTokenAgeMax) return refused("it was issued too long ago");
    const auto not_before = time_member(claims, "nbf");
    if (claims.contains("nbf") && (!not_before || *not_before > now + kClocksApart)) {
        return refused("not valid yet");
    }
    return ok();
}

Status check_claims(const Json& claims, const IdTokenRules& rules, UtcTime now) {
    if (json::text_member(claims, "iss") != rules.issuer) return refused("another issuer");
    if (!is_for_us_alone(claims, rules.client_id)) return refused("another audience");
    if (claims.contains("azp") && json::text_member(claims, "azp") != rules.client_id) {
        return refused("another authorised party");
    }
    CAIRN_TRY(check_times(claims, now));
    const std::string nonce = json::text_member(claims, "nonce");
    if (nonce.empty() || !crypto::equal_in_constant_time(as_bytes(nonce), as_bytes(rules.nonce))) {
        return refused("another nonce");
    }
    const std::string subject = json::text_member(claims, "sub");
    if (subject.empty() || subject.size() > kSubjectBytesMax) return refused("no usable subject");
    return ok();
}

}  // namespace

struct JsonWebKeys::Key {
    std::string id;  ///< empty: it has none
    std::string_view algorithm;
    KeyPointer key;
};

JsonWebKeys::JsonWebKeys() = default;
JsonWebKeys::~JsonWebKeys() = default;
JsonWebKeys::JsonWebKeys(JsonWebKeys&& other) noexcept = default;
JsonWebKeys& JsonWebKeys::operator=(JsonWebKeys&& other) noexcept = default;

std::size_t JsonWebKeys::size() const {
    return keys_.size();
}

Result<JsonWebKeys> JsonWebKeys::parse(std::string_view text) {
    if (text.size() > kJsonWebKeysBytesMax) {
        return fail(Errc::limit_exceeded, "key set: over {} bytes", kJsonWebKeysBytesMax);
    }
    const Json set = CAIRN_TRY(parse_provider_object("key set", text));
    const auto list = set.find("keys");
    if (list == set.end() || !list->is_array()) {
        return fail(Errc::corrupt_data, "key set: it has no list of keys");
    }
    if (list->size() > kJsonWebKeysMax) {
        return fail(Errc::limit_exceeded, "key set: over {} keys", kJsonWebKeysMax);
    }
    JsonWebKeys keys;
    for (const Json& item : *list) {
        if (!item.is_object()) return fail(Errc::corrupt_data, "key set: a key is no object");
        const std::string kind = json::text_member(item, "kty");
        const std::string use = json::text_member(item, "use");
        if ((kind != "RSA" && kind != "EC") || (!use.empty() && use != "sig")) continue;
        const std::string one =
            item.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
        cjose_err error{};
        KeyPointer key(cjose_jwk_import(one.data(), one.size(), &error));
        if (!key) continue;
        const std::string_view algorithm = algorithm_of(key.get());
        const std::string declared = json::text_member(item, "alg");
        if (algorithm.empty() || (!declared.empty() && declared != algorithm)) continue;
        const std::string id = json::text_member(item, "kid");
        const bool is_twin = std::any_of(keys.keys_.begin(), keys.keys_.end(), [&](const Key& k) {
            return k.id == id;
        });
        if (is_twin) return fail(Errc::corrupt_data, "key set: two keys of one id");
        keys.keys_.push_back({.id = id, .algorithm = algorithm, .key = std::move(key)});
    }
    return keys;
}

class TokenCheck {
public:
    /// The claims, once the signature was found to be by one of the keys.
    static Result<Json> signed_claims(std::string_view token, const JsonWebKeys& keys) {
        cjose_err error{};
        const TokenPointer jws(cjose_jws_import(token.data(), token.size(), &error));
        if (!jws) return refused("not a signed token");
        cjose_header_t* header = cjose_jws_get_protected(jws.get());
        const std::string algorithm = header_text(header, CJOSE_HDR_ALG);
        if (algorithm != kRsa && algorithm != kEcdsa) {
            return refused("signed with another algorithm than RS256 and ES256");
        }
        if (is_in_header(header, "crit")) return refused("it names an extension we do not know");
        const JsonWebKeys::Key* key = CAIRN_TRY(key_for(header, algorithm, keys));
        if (!cjose_jws_verify(jws.get(), key->key.get(), &error)) return refused("bad signature");
        std::uint8_t* plain = nullptr;
        std::size_t size = 0;
        if (!cjose_jws_get_plaintext(jws.get(), &plain, &size, &error)) {
            return refused("no content");
        }
        auto claims = parse_provider_object("ID token", as_text({plain, size}));
        if (!claims) return refused("its content is not a JSON object with each member once");
        return claims;
    }

private:
    static std::string header_text(cjose_header_t* header, const char* name) {
        cjose_err error{};
        const char* value = cjose_header_get(header, name, &error);
        return value != nullptr ? value : "";
    }

    static bool is_in_header(cjose_header_t* header, const char* name) {
        cjose_err error{};
        char* raw = cjose_header_get_raw(header, name, &error);
        const bool is_there = raw != nullptr;
        cjose_get_dealloc()(raw);
        return is_there;
    }

    /// Without a key id the one key there is will do (OpenID Connect Core 1.0, section 10.1).
    static Result<const JsonWebKeys::Key*> key_for(
        cjose_header_t* header, std::string_view algorithm, const JsonWebKeys& keys
    ) {
        const std::string id = header_text(header, CJOSE_HDR_KID);
        const auto& all = keys.keys_;
        const auto found = std::find_if(all.begin(), all.end(), [&](const JsonWebKeys::Key& key) {
            return id.empty() ? all.size() == 1 : key.id == id;
        });
        if (found == all.end()) {
            return fail(Errc::not_found, "ID token refused: signed with a key that is not known");
        }
        if (found->algorithm != algorithm) return refused("its key is for another algorithm");
        return &*found;
    }
};

Result<IdTokenClaims> check_id_token(
    std::string_view token, const JsonWebKeys& keys, const IdTokenRules& rules, UtcTime now
) {
    if (token.size() > kIdTokenBytesMax) return refused("too long");
    const Json claims = CAIRN_TRY(TokenCheck::signed_claims(token, keys));
    CAIRN_TRY(check_claims(claims, rules, now));
    return IdTokenClaims{
        .subject = json::text_member(claims, "sub"),
        .methods = json::texts_member(claims, "amr"),
        .context = json::text_member(claims, "acr"),
    };
}

}  // namespace cairn::identity
