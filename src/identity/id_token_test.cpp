#include "identity/id_token.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <openssl/hmac.h>

#include "identity/signed_token_test.h"

namespace cairn::identity {
namespace {

using cairn::test::KeyPair;
using nlohmann::json;
using test::base64url;
using test::number_of;
using test::rsa_jwk;
using test::sign;
using test::signed_input;

constexpr std::int64_t kNow = 1'790'000'000;

UtcTime now() {
    return UtcTime(std::chrono::seconds(kNow));
}

/// Coordinates have 32 bytes, zeros in front.
ByteVector coordinate(const KeyPair& key, const char* name) {
    ByteVector bytes = number_of(key, name);
    bytes.insert(bytes.begin(), 32 - bytes.size(), 0);
    return bytes;
}

json ec_jwk(const KeyPair& key, const std::string& id) {
    return {
        {"kty", "EC"},
        {"crv", "P-256"},
        {"kid", id},
        {"x", base64url(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X))},
        {"y", base64url(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y))}};
}

JsonWebKeys key_set(const std::vector<json>& keys) {
    auto parsed = JsonWebKeys::parse(json{{"keys", keys}}.dump());
    if (!parsed) throw std::runtime_error(parsed.error().message);
    return *std::move(parsed);
}

/// DER to R and S, 32 bytes each (RFC 7518, section 3.4).
ByteVector raw_ecdsa(const ByteVector& der) {
    const unsigned char* at = der.data();
    ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    ByteVector raw(64);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw.data(), 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw.data() + 32, 32);
    ECDSA_SIG_free(pair);
    return raw;
}

json good_claims() {
    return {
        {"iss", "https://id.example.org"},
        {"sub", "user-17"},
        {"aud", "cairn"},
        {"exp", kNow + 300},
        {"iat", kNow},
        {"nonce", "n-0S6_WzA2Mj"},
        {"amr", {"pwd", "otp"}},
        {"acr", "2"}};
}

const KeyPair& rsa() {
    static const KeyPair kKey = cairn::test::rsa_key(2048);
    return kKey;
}

std::string rsa_token(const json& claims, const json& header = {{"alg", "RS256"}, {"kid", "one"}}) {
    const std::string input = signed_input(header, claims);
    return input + '.' + base64url(sign(rsa(), input));
}

const IdTokenRules kRules = {
    .issuer = "https://id.example.org", .client_id = "cairn", .nonce = "n-0S6_WzA2Mj"};

Result<IdTokenClaims> check(const std::string& token) {
    return check_id_token(token, key_set({rsa_jwk(rsa(), "one")}), kRules, now());
}

void expect_refused(const std::string& token, std::string_view why) {
    const auto refused = check(token);
    ASSERT_FALSE(refused) << why;
    EXPECT_EQ(refused.error().code, Errc::unauthenticated);
    EXPECT_NE(refused.error().message.find(why), std::string::npos) << refused.error().message;
    EXPECT_EQ(refused.error().message.find("user-17"), std::string::npos);
}

void expect_refused_with(const char* claim, const json& value, std::string_view why) {
    json claims = good_claims();
    claims[claim] = value;
    expect_refused(rsa_token(claims), why);
}

TEST(IdToken, OfTheProviderForThisSignInSaysWhoItWas) {
    const auto claims = check(rsa_token(good_claims()));
    ASSERT_TRUE(claims) << claims.error().message;
    EXPECT_EQ(claims->subject, "user-17");
    EXPECT_EQ(claims->methods, (std::vector<std::string>{"pwd", "otp"}));
    EXPECT_EQ(claims->context, "2");
    json listed = good_claims();
    listed["aud"] = {"cairn"};
    listed["azp"] = "cairn";
    EXPECT_TRUE(check(rsa_token(listed)));
}

TEST(IdToken, IsTakenWithEs256) {
    const KeyPair key = cairn::test::ec_key();
    const std::string input = signed_input({{"alg", "ES256"}, {"kid", "two"}}, good_claims());
    const std::string token = input + '.' + base64url(raw_ecdsa(sign(key, input)));
    const JsonWebKeys keys = key_set({rsa_jwk(rsa(), "one"), ec_jwk(key, "two")});
    EXPECT_EQ(keys.size(), 2U);
    EXPECT_TRUE(check_id_token(token, keys, kRules, now()));
    EXPECT_FALSE(check_id_token(token.substr(0, token.size() - 4), keys, kRules, now()));
}

TEST(IdToken, WithoutKeyIdIsTakenFromTheOnlyKey) {
    const std::string token = rsa_token(good_claims(), {{"alg", "RS256"}});
    EXPECT_TRUE(check(token));
    const JsonWebKeys two =
        key_set({rsa_jwk(rsa(), "one"), rsa_jwk(cairn::test::rsa_key(2048), "two")});
    EXPECT_EQ(check_id_token(token, two, kRules, now()).error().code, Errc::not_found);
}

TEST(IdToken, OfAnUnknownKeyAsksForTheKeysAgain) {
    const auto refused = check(rsa_token(good_claims(), {{"alg", "RS256"}, {"kid", "newer"}}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::not_found);
}

TEST(IdToken, WithoutSignatureIsRefused) {
    const std::string input = signed_input({{"alg", "none"}}, good_claims());
    EXPECT_FALSE(check(input + '.'));
    EXPECT_FALSE(check(input));
    const std::string signature = base64url(sign(rsa(), input));
    EXPECT_FALSE(check(input + '.' + signature));
    for (const char* text : {"", ".", "..", "...", "a.b.c", "e30.e30.", "\n"}) {
        EXPECT_FALSE(check(text)) << text;
    }
    EXPECT_FALSE(check(std::string(kIdTokenBytesMax + 1, 'a')));
}

TEST(IdToken, SignedWithThePublicKeyAsASecretIsRefused) {
    const std::string input = signed_input({{"alg", "HS256"}, {"kid", "one"}}, good_claims());
    const ByteVector secret = number_of(rsa(), OSSL_PKEY_PARAM_RSA_N);
    std::array<std::uint8_t, 32> mac{};
    unsigned size = 0;
    const Bytes bytes = as_bytes(input);
    HMAC(
        EVP_sha256(),
        secret.data(),
        static_cast<int>(secret.size()),
        bytes.data(),
        bytes.size(),
        mac.data(),
        &size
    );
    expect_refused(input + '.' + base64url(mac), "another algorithm");
}

TEST(IdToken, WithAnotherSignatureIsRefused) {
    const std::string good = rsa_token(good_claims());
    json other = good_claims();
    other["sub"] = "somebody-else";
    const std::string body = rsa_token(other);
    const auto signature_at = good.rfind('.');
    expect_refused(body.substr(0, body.rfind('.')) + good.substr(signature_at), "bad signature");
    const std::string input = signed_input({{"alg", "RS256"}, {"kid", "one"}}, good_claims());
    const std::string by_other = base64url(sign(cairn::test::rsa_key(2048), input));
    expect_refused(input + '.' + by_other, "bad signature");
    expect_refused(
        rsa_token(good_claims(), {{"alg", "ES256"}, {"kid", "one"}}), "another algorithm"
    );
}

TEST(IdToken, ForOthersOrAnotherSignInIsRefused) {
    expect_refused_with("iss", "https://id.example.org/", "another issuer");
    expect_refused_with("iss", nullptr, "another issuer");
    expect_refused_with("aud", "other", "another audience");
    expect_refused_with("aud", json::array(), "another audience");
    expect_refused_with("aud", {"cairn", "other"}, "another audience");
    expect_refused_with("aud", 7, "another audience");
    expect_refused_with("azp", "other", "another authorised party");
    expect_refused_with("nonce", "n-0S6_WzA2Mk", "another nonce");
    expect_refused_with("nonce", "", "another nonce");
    expect_refused_with("sub", "", "no usable subject");
    expect_refused_with("sub", std::string(256, 's'), "no usable subject");
    expect_refused_with("sub", 17, "no usable subject");
}

TEST(IdToken, OutsideOfItsTimeIsRefused) {
    expect_refused_with("exp", kNow - 60, "expired");
    expect_refused_with("exp", "soon", "no time of expiry");
    expect_refused_with("exp", -1, "no time of expiry");
    expect_refused_with("exp", 1e300, "no time of expiry");
    expect_refused_with("iat", kNow + 61, "in the future");
    expect_refused_with("iat", kNow - 601, "too long ago");
    expect_refused_with("iat", nullptr, "no time of issue");
    expect_refused_with("nbf", kNow + 61, "not valid yet");
    json claims = good_claims();
    claims["exp"] = kNow - 59;  // the clocks may be apart
    claims["iat"] = kNow + 60;
    claims["nbf"] = kNow;
    EXPECT_TRUE(check(rsa_token(claims)));
}

TEST(IdToken, WithTwinsOrUnknownExtensionsIsRefused) {
    const std::string header = base64url(as_bytes(R"({"alg":"RS256","kid":"one"})"));
    std::string text = good_claims().dump();
    text.insert(1, R"("sub":"somebody-else",)");
    const std::string input = header + '.' + base64url(as_bytes(text));
    expect_refused(input + '.' + base64url(sign(rsa(), input)), "each member once");
    expect_refused(
        rsa_token(good_claims(), {{"alg", "RS256"}, {"kid", "one"}, {"crit", {"x"}}}), "extension"
    );
}

TEST(JsonWebKeys, PassOverWhatTheyCannotUse) {
    json encryption = rsa_jwk(rsa(), "encryption");
    encryption["use"] = "enc";
    json other_algorithm = rsa_jwk(rsa(), "other");
    other_algorithm["alg"] = "RS512";
    const JsonWebKeys keys = key_set(
        {encryption,
         other_algorithm,
         rsa_jwk(cairn::test::rsa_key(1024), "short"),
         {{"kty", "oct"}, {"k", "c2VjcmV0"}, {"kid", "secret"}},
         {{"kty", "RSA"}, {"kid", "broken"}},
         {{"kty", "EC"}, {"crv", "P-256"}, {"x", "!"}},
         rsa_jwk(rsa(), "good")}
    );
    EXPECT_EQ(keys.size(), 1U);
}

TEST(JsonWebKeys, RefuseWhatIsNoSet) {
    for (const char* wrong :
         {"", "[]", "{}", R"({"keys":1})", R"({"keys":[1]})", "{", R"({"keys":[],"keys":[]})"}) {
        EXPECT_EQ(JsonWebKeys::parse(wrong).error().code, Errc::corrupt_data) << wrong;
    }
    const json twins = {rsa_jwk(rsa(), "one"), rsa_jwk(rsa(), "one")};
    EXPECT_EQ(JsonWebKeys::parse(json{{"keys", twins}}.dump()).error().code, Errc::corrupt_data);
    json many = json::array();
    for (std::size_t i = 0; i <= kJsonWebKeysMax; ++i) many.push_back(json::object());
    EXPECT_EQ(JsonWebKeys::parse(json{{"keys", many}}.dump()).error().code, Errc::limit_exceeded);
    const std::string huge(kJsonWebKeysBytesMax + 1, ' ');
    EXPECT_EQ(JsonWebKeys::parse(huge).error().code, Errc::limit_exceeded);
}

}  // namespace
}  // namespace cairn::identity
