#include "crypto/certificate.h"

#include <gtest/gtest.h>

#include "support/certificates.h"

namespace cairn::crypto {
namespace {

using cairn::test::CertificateText;
using cairn::test::TestCertificate;

constexpr std::int64_t kNow = 1'790'000'000;
constexpr std::int64_t kDay = 86'400;

UtcTime now() {
    return UtcTime(std::chrono::seconds(kNow));
}

CertificateText text_of(const std::string& subject) {
    return {.subject = subject, .not_before = kNow - kDay, .not_after = kNow + kDay};
}

TestCertificate authority(const std::string& name = "Example authority") {
    CertificateText text = text_of(name);
    text.is_authority = true;
    return TestCertificate::make(text, nullptr);
}

Certificate parsed(const TestCertificate& made) {
    const auto certificate = Certificate::parse(as_bytes(made.pem()));
    if (!certificate) throw std::runtime_error(certificate.error().message);
    return *certificate;
}

CertificateVerdict verdict(const TestCertificate& client, const TestCertificate& issuer) {
    const std::array authorities = {parsed(issuer)};
    return check_client_certificate(parsed(client), authorities, now());
}

TEST(Certificate, IsReadFromPemAndFromDer) {
    const TestCertificate made = TestCertificate::make(text_of("client"), nullptr);
    const Certificate from_pem = parsed(made);
    const auto from_der = Certificate::parse(from_pem.der());
    ASSERT_TRUE(from_der);
    EXPECT_EQ(from_der->fingerprint(), from_pem.fingerprint());
    EXPECT_EQ(from_der->key_digest(), from_pem.key_digest());
    EXPECT_TRUE(Certificate::parse(as_bytes("a comment before\n" + made.pem() + "\n\n")));
}

TEST(Certificate, RefusesWhatIsNone) {
    const TestCertificate made = TestCertificate::make(text_of("client"), nullptr);
    const std::string pem = made.pem();
    const ByteVector der = parsed(made).der();
    ByteVector longer = der;
    longer.push_back(0);
    const Bytes shorter = Bytes(der).first(der.size() - 1);
    const std::string twice = pem + pem;
    const std::string cut = pem.substr(0, pem.size() / 2);
    const std::string key = made.key_pem();
    for (const Bytes wrong :
         {Bytes(),
          as_bytes("x"),
          Bytes(longer),
          shorter,
          as_bytes(twice),
          as_bytes(cut),
          as_bytes(key)}) {
        const auto refused = Certificate::parse(wrong);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    }
    const ByteVector huge(kCertificateBytesMax + 1, '0');
    EXPECT_EQ(Certificate::parse(huge).error().code, Errc::limit_exceeded);
}

TEST(Certificate, KeepsItsKeyDigestWhenRenewed) {
    const TestCertificate issuer = authority();
    const TestCertificate first = TestCertificate::make(text_of("client"), &issuer);
    const TestCertificate renewed = TestCertificate::make(text_of("client"), &issuer, first.key);
    const TestCertificate other = TestCertificate::make(text_of("client"), &issuer);
    EXPECT_EQ(parsed(first).key_digest(), parsed(renewed).key_digest());
    EXPECT_NE(parsed(first).fingerprint(), parsed(renewed).fingerprint());
    EXPECT_NE(parsed(first).key_digest(), parsed(other).key_digest());
}

TEST(ClientCertificate, OfTheAuthorityIsGood) {
    const TestCertificate issuer = authority();
    EXPECT_EQ(
        verdict(TestCertificate::make(text_of("client"), &issuer), issuer), CertificateVerdict::good
    );
    EXPECT_TRUE(parsed(issuer).is_authority());
}

TEST(ClientCertificate, OfAnAuthorityBelowAnotherIsGoodWithTheLowerOne) {
    const TestCertificate root = authority("root");
    CertificateText text = text_of("issuing");
    text.is_authority = true;
    const TestCertificate issuing = TestCertificate::make(text, &root);
    const TestCertificate client = TestCertificate::make(text_of("client"), &issuing);
    EXPECT_EQ(verdict(client, issuing), CertificateVerdict::good);
    EXPECT_EQ(verdict(client, root), CertificateVerdict::other_issuer);
}

TEST(ClientCertificate, OfAnotherAuthorityIsRefused) {
    const TestCertificate issuer = authority();
    const TestCertificate same_name = authority();
    const TestCertificate client = TestCertificate::make(text_of("client"), &same_name);
    EXPECT_EQ(verdict(client, issuer), CertificateVerdict::other_issuer);
    EXPECT_EQ(verdict(client, authority("other")), CertificateVerdict::other_issuer);
    EXPECT_EQ(
        verdict(TestCertificate::make(text_of("client"), nullptr), issuer),
        CertificateVerdict::other_issuer
    );
    EXPECT_EQ(
        check_client_certificate(parsed(client), {}, now()), CertificateVerdict::other_issuer
    );
}

TEST(ClientCertificate, IsRefusedOutsideOfItsTime) {
    const TestCertificate issuer = authority();
    CertificateText over = text_of("client");
    over.not_after = kNow - 1;
    EXPECT_EQ(verdict(TestCertificate::make(over, &issuer), issuer), CertificateVerdict::expired);
    CertificateText early = text_of("client");
    early.not_before = kNow + 1;
    EXPECT_EQ(
        verdict(TestCertificate::make(early, &issuer), issuer), CertificateVerdict::not_yet_valid
    );
    CertificateText old_authority = over;
    old_authority.subject = "expired authority";
    old_authority.is_authority = true;
    const TestCertificate expired_issuer = TestCertificate::make(old_authority, nullptr);
    EXPECT_EQ(
        verdict(TestCertificate::make(text_of("client"), &expired_issuer), expired_issuer),
        CertificateVerdict::expired
    );
}

TEST(ClientCertificate, IsRefusedWhenMeantForSomethingElse) {
    const TestCertificate issuer = authority();
    for (const char* use : {"serverAuth", "emailProtection", ""}) {
        CertificateText text = text_of("client");
        text.extended_use = use;
        EXPECT_EQ(
            verdict(TestCertificate::make(text, &issuer), issuer), CertificateVerdict::wrong_use
        ) << use;
    }
    EXPECT_EQ(verdict(issuer, issuer), CertificateVerdict::wrong_use) << "the authority itself";
    const TestCertificate no_authority = TestCertificate::make(text_of("issuer"), nullptr);
    EXPECT_NE(
        verdict(TestCertificate::make(text_of("client"), &no_authority), no_authority),
        CertificateVerdict::good
    );
}

TEST(ClientCertificate, WithAShortKeyIsWeak) {
    const TestCertificate issuer = authority();
    EXPECT_EQ(
        verdict(
            TestCertificate::make(text_of("client"), &issuer, cairn::test::rsa_key(1024)), issuer
        ),
        CertificateVerdict::weak
    );
}

}  // namespace
}  // namespace cairn::crypto
