#pragma once

#include <functional>
#include <map>
#include <string>

#include "fetch/web_client.h"
#include "identity/openid_provider.h"
#include "identity/signed_token_test.h"
#include "support/fake_clock.h"

namespace cairn::identity::test {

inline constexpr std::string_view kIssuer = "https://id.example.org";
inline constexpr std::string_view kClientId = "cairn one";
inline constexpr std::string_view kClientSecret = "sword:fish";
inline constexpr std::string_view kRedirectUri = "https://cairn.example.org/back";

/// A provider of OpenID Connect without a network: hands out codes, takes each once from whoever
/// shows the verifier and the client's secret, and signs ID tokens.
class FakeProvider final : public fetch::WebClient {
public:
    explicit FakeProvider(const Clock& clock) : clock_(clock) {}

    /// Somebody signed in there and comes back with this code. `address` as OpenidBegun has it.
    std::string approve(const std::string& address, const std::string& subject);
    /// The value of a parameter of an address.
    static std::string parameter(const std::string& address, const std::string& name);
    /// New keys; the former are no longer there.
    void change_key() { key_ = cairn::test::rsa_key(2048), key_id_ += "'"; }

    Result<fetch::Answer> get(const std::string& url) override;
    Result<fetch::Answer> post_form(
        const std::string& url,
        std::span<const fetch::FormField> fields,
        const std::optional<fetch::BasicLogin>& login
    ) override;

    /// It takes nothing but forms.
    Result<fetch::Answer> post(
        const std::string& /*url*/, std::string_view /*content_type*/, std::string_view /*body*/
    ) override {
        return fetch::Answer{.status = 415, .body = {}};
    }

    bool is_down = false;
    std::string issuer{kIssuer};                 ///< what it says of itself
    std::function<void(nlohmann::json&)> alter;  ///< what it tells wrong in ID tokens
    fetch::Answer refusal;                       ///< of each code, unless the status is 0
    int keys_asked = 0;
    int documents_asked = 0;

private:
    struct Code {
        std::string subject;
        std::string nonce;
        std::string challenge;
    };

    const Clock& clock_;
    cairn::test::KeyPair key_ = cairn::test::rsa_key(2048);
    std::string key_id_ = "one";
    std::map<std::string, Code> codes_;
    int codes_given_ = 0;
};

}  // namespace cairn::identity::test
