#include <ctime>

#include <gtest/gtest.h>

#include "fetch/https_client.h"
#include "identity/openid_sign_in.h"
#include "identity/world_test.h"
#include "support/certificates.h"
#include "support/script.h"
#include "support/temp_dir.h"

namespace cairn::identity {
namespace {

using cairn::test::TestCertificate;

/// tests/support/glewlwyd.py: a provider that others wrote, over the network and TLS.
class RealProvider {
public:
    explicit RealProvider(const cairn::test::TempDir& folder)
        : script_("glewlwyd.py", {made(folder)}), issuer_(script_.read_line()) {}

    const std::string& issuer() const { return issuer_; }

    /// Where the provider sends the browser back to, once its user signed in.
    std::string sign_in(const std::string& address) {
        script_.write_line(address);
        return script_.read_line();
    }

private:
    /// The folder, with what the provider needs in it.
    static std::string made(const cairn::test::TempDir& folder) {
        const std::int64_t now = std::time(nullptr);
        const cairn::test::CertificateText text = {
            .subject = "localhost",
            .not_before = now - 60,
            .not_after = now + 3600,
            .extended_use = "serverAuth",
            .alternative_name = "DNS:localhost"};
        const auto certificate = TestCertificate::make(text, nullptr, cairn::test::rsa_key(2048));
        folder.write("server.pem", certificate.pem());
        folder.write("server.key", certificate.key_pem());
        return folder.path().string();
    }

    cairn::test::Script script_;
    std::string issuer_;
};

std::string parameter(const std::string& address, const std::string& name) {
    const auto at = address.find(name + '=');
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 1;
    return address.substr(begin, address.find('&', begin) - begin);
}

class AnyRealProvider : public test::AnyWorld {
protected:
    AnyRealProvider() {
        // The provider has the real time.
        clock().advance(SystemClock().now() - clock().now());
    }

    static std::vector<OpenidClientSettings> settings(const std::string& issuer) {
        const Bytes secret = as_bytes("swordfish");
        std::vector<OpenidClientSettings> all;
        all.push_back(
            {.issuer = issuer,
             .client_id = "cairn",
             .client_secret = crypto::SecretText(ByteVector(secret.begin(), secret.end())),
             .redirect_uri = "https://cairn.example.org/back"}
        );
        return all;
    }

    Result<HalfSignedIn> sign_in(const std::string& invitation = {}) {
        const auto begun = test::value_of(sign_in_.begin(provider_.issuer(), client_));
        const std::string back = provider_.sign_in(begun.address);
        return sign_in_.finish(
            {.state = parameter(back, "state"),
             .code = parameter(back, "code"),
             .issuer = {},
             .verifier = begun.verifier,
             .invitation = invitation},
            client_
        );
    }

    cairn::test::TempDir folder_;
    RealProvider provider_{folder_};
    fetch::HttpsClient web_{{.trust_file = folder_ / "server.pem", .own_hosts = {"localhost"}}};
    OpenidSignIn sign_in_{world_.parts(), web_, settings(provider_.issuer())};
};

INSTANTIATE_TEST_SUITE_P(
    Engines, AnyRealProvider, cairn::test::kEngines, cairn::test::name_of_engine
);

TEST_P(AnyRealProvider, LetsInWhoWasInvitedAndNobodyElse) {
    ASSERT_NE(provider_.issuer(), "");
    const auto stranger = sign_in();
    ASSERT_FALSE(stranger);
    EXPECT_EQ(stranger.error().code, Errc::unauthenticated) << stranger.error().message;

    const Account guest = world_.add_user(*agency_, "guest.example", access::UserState::invited);
    Invitations invitations(*world_.records, clock());
    const Token invitation =
        world_.within<Token>([&] { return invitations.issue(guest.user, TokenKind::invitation); });
    const auto invited = sign_in(invitation.text());
    ASSERT_TRUE(invited) << invited.error().message;
    EXPECT_EQ(invited->stage, Stage::enrolment_wanted);

    const std::string secret =
        world_.enrol(*test::value_of(find_account(*world_.records, guest.user)));
    clock().advance(std::chrono::seconds(30));  // a code opens once
    const auto again = sign_in();
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->stage, Stage::code_wanted);
    const auto whole =
        world_.sign_in->with_code(again->token.text(), world_.code_of(secret), client_);
    ASSERT_TRUE(whole);
    const auto actor = world_.session_sign_in->actor(whole->token.text(), client_);
    ASSERT_TRUE(actor);
    EXPECT_EQ(actor->user, guest.user);
}

}  // namespace
}  // namespace cairn::identity
