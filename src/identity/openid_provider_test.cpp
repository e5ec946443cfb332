#include "identity/openid_provider.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace cairn::identity {
namespace {

using nlohmann::json;

constexpr std::string_view kIssuer = "https://id.example.org";

json good() {
    return {
        {"issuer", kIssuer},
        {"authorization_endpoint", "https://id.example.org/authorize"},
        {"token_endpoint", "https://id.example.org/token"},
        {"jwks_uri", "https://id.example.org/keys"},
        {"response_types_supported", {"code", "id_token"}},
        {"code_challenge_methods_supported", {"plain", "S256"}},
        {"id_token_signing_alg_values_supported", {"RS256", "none"}}};
}

void expect_refused(const char* member, const json& value, Errc code) {
    json document = good();
    document[member] = value;
    const auto refused = parse_openid_provider(document.dump(), kIssuer);
    ASSERT_FALSE(refused) << member << value;
    EXPECT_EQ(refused.error().code, code) << member;
}

TEST(OpenidProvider, IsWhatItsDocumentDescribes) {
    const auto provider = parse_openid_provider(good().dump(), kIssuer);
    ASSERT_TRUE(provider);
    EXPECT_EQ(provider->issuer, kIssuer);
    EXPECT_EQ(provider->token_endpoint, "https://id.example.org/token");
    json short_one = good();
    short_one.erase("code_challenge_methods_supported");
    short_one.erase("id_token_signing_alg_values_supported");
    EXPECT_TRUE(parse_openid_provider(short_one.dump(), kIssuer));
}

TEST(OpenidProvider, OfAnotherIssuerOrWithoutHttpsIsRefused) {
    expect_refused("issuer", "https://id.example.org/", Errc::corrupt_data);
    expect_refused("issuer", nullptr, Errc::corrupt_data);
    for (const char* member : {"authorization_endpoint", "token_endpoint", "jwks_uri"}) {
        for (const json& wrong :
             {json("http://id.example.org/x"),
              json(""),
              json(7),
              json(),
              json("https://"),
              json("https://id.example.org/\r\nX: y"),
              json("file:///etc/passwd")}) {
            expect_refused(member, wrong, Errc::corrupt_data);
        }
    }
}

TEST(OpenidProvider, WithoutWhatWeNeedIsRefusedByName) {
    expect_refused("response_types_supported", {"token"}, Errc::unsupported);
    expect_refused("code_challenge_methods_supported", {"plain"}, Errc::unsupported);
    expect_refused("id_token_signing_alg_values_supported", {"HS256"}, Errc::unsupported);
    expect_refused("response_types_supported", "code", Errc::unsupported);
}

TEST(OpenidProvider, RefusesWhatIsNoDocument) {
    for (const char* wrong : {"", "[]", "{", "null", R"({"issuer":"a","issuer":"b"})"}) {
        EXPECT_EQ(parse_openid_provider(wrong, kIssuer).error().code, Errc::corrupt_data);
    }
    const std::string huge(kProviderDocumentBytesMax + 1, ' ');
    EXPECT_EQ(parse_openid_provider(huge, kIssuer).error().code, Errc::limit_exceeded);
}

TEST(OpenidRequest, ChallengesAsRfc7636Does) {
    // Appendix B.
    EXPECT_EQ(
        code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
}

TEST(OpenidRequest, CarriesStateNonceAndChallenge) {
    auto provider = *parse_openid_provider(good().dump(), kIssuer);
    const OpenidSecrets secrets{.state = "st", .nonce = "no", .verifier = "ve"};
    const std::string rest =
        "response_type=code&scope=openid&client_id=cairn%20one"
        "&redirect_uri=https%3A%2F%2Fcairn.example.org%2Fback&state=st&nonce=no&code_challenge=" +
        code_challenge("ve") + "&code_challenge_method=S256";
    const auto uri = [&] {
        return authorization_uri(provider, "cairn one", "https://cairn.example.org/back", secrets);
    };
    EXPECT_EQ(uri(), "https://id.example.org/authorize?" + rest);
    provider.authorization_endpoint += "?realm=a";
    EXPECT_EQ(uri(), "https://id.example.org/authorize?realm=a&" + rest);
}

TEST(OpenidRequest, SecretsAreNeverTheSame) {
    const OpenidSecrets one = OpenidSecrets::random();
    const OpenidSecrets two = OpenidSecrets::random();
    EXPECT_EQ(one.verifier.size(), 43U);
    EXPECT_NE(one.state, two.state);
    EXPECT_NE(one.state, one.nonce);
    EXPECT_NE(one.nonce, one.verifier);
    EXPECT_EQ(one.nonce, nonce_of(one.verifier));
    EXPECT_NE(one.nonce, code_challenge(one.verifier));
}

}  // namespace
}  // namespace cairn::identity
