#include "identity/fake_provider_test.h"

#include "identity/percent_encoding.h"

namespace cairn::identity::test {
namespace {

fetch::Answer answer(int status, const nlohmann::json& body) {
    return {.status = status, .body = body.dump()};
}

Error no_connection() {
    return fail(Errc::unavailable, "id.example.org: nobody is there");
}

}  // namespace

std::string FakeProvider::parameter(const std::string& address, const std::string& name) {
    const auto at = address.find('&' + name + '=');
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 2;
    return address.substr(begin, address.find('&', begin) - begin);
}

std::string FakeProvider::approve(const std::string& address, const std::string& subject) {
    std::string code = "code " + std::to_string(++codes_given_) + "&";
    codes_[code] = {
        .subject = subject,
        .nonce = parameter(address, "nonce"),
        .challenge = parameter(address, "code_challenge")};
    return code;
}

Result<fetch::Answer> FakeProvider::get(const std::string& url) {
    if (is_down) return no_connection();
    if (url == std::string(kIssuer) + "/.well-known/openid-configuration") {
        ++documents_asked;
        return answer(
            200,
            {{"issuer", issuer},
             {"authorization_endpoint", "https://id.example.org/authorize"},
             {"token_endpoint", "https://id.example.org/token"},
             {"jwks_uri", "https://id.example.org/keys"}}
        );
    }
    if (url == "https://id.example.org/keys") {
        ++keys_asked;
        return answer(200, {{"keys", nlohmann::json::array({rsa_jwk(key_, key_id_)})}});
    }
    return fetch::Answer{.status = 404, .body = {}};
}

Result<fetch::Answer> FakeProvider::post_form(
    const std::string& url,
    std::span<const fetch::FormField> fields,
    const std::optional<fetch::BasicLogin>& login
) {
    if (is_down) return no_connection();
    if (refusal.status != 0) return refusal;
    std::map<std::string, std::string> form;
    for (const auto& field : fields) form[std::string(field.name)] = field.value;
    const bool is_our_client = login && login->name == percent_encoded(kClientId) &&
                               login->password == percent_encoded(kClientSecret);
    if (!is_our_client) return answer(401, {{"error", "invalid_client"}});
    const auto code = codes_.find(form["code"]);
    const bool is_good = url == "https://id.example.org/token" &&
                         form["grant_type"] == "authorization_code" &&
                         form["redirect_uri"] == kRedirectUri && code != codes_.end() &&
                         code->second.challenge == code_challenge(form["code_verifier"]);
    if (!is_good) return answer(400, {{"error", "invalid_grant"}});
    const std::int64_t now = microseconds_of(clock_.now()) / 1'000'000;
    nlohmann::json claims = {
        {"iss", kIssuer},
        {"sub", code->second.subject},
        {"aud", kClientId},
        {"exp", now + 300},
        {"iat", now},
        {"nonce", code->second.nonce}};
    codes_.erase(code);
    if (alter) alter(claims);
    const std::string input = signed_input({{"alg", "RS256"}, {"kid", key_id_}}, claims);
    return answer(200, {{"id_token", input + '.' + base64url(sign(key_, input))}});
}

}  // namespace cairn::identity::test
