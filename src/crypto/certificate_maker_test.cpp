#include "crypto/certificate_maker.h"

#include <filesystem>
#include <memory>

#include <gmock/gmock.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/fd.h"
#include "crypto/certificate.h"
#include "support/certificates.h"
#include "support/temp_dir.h"

namespace cairn::crypto {
namespace {

using std::chrono::days;
using testing::HasSubstr;
using testing::Not;

const UtcTime kNow{std::chrono::seconds(1'790'000'000)};

Errc refusal(const std::vector<std::string>& hosts, days valid = days(30)) {
    const auto made = make_server_certificate(hosts, kNow, valid);
    return made ? Errc::internal : made.error().code;
}

std::shared_ptr<X509> read(const std::string& pem) {
    const std::unique_ptr<BIO, cairn::test::FreeOpenssl> bio(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))
    );
    return {PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), cairn::test::FreeOpenssl()};
}

TEST(CertificateMaker, VouchesForItsHosts) {
    const std::vector<std::string> hosts = {"localhost", "cairn.example.org", "127.0.0.1", "::1"};
    const auto made = make_server_certificate(hosts, kNow, kCertificateDaysMax);
    ASSERT_TRUE(made) << made.error().message;
    const auto x509 = read(made->certificate);
    ASSERT_TRUE(x509);
    for (const char* host : {"localhost", "cairn.example.org"}) {
        EXPECT_EQ(X509_check_host(x509.get(), host, 0, 0, nullptr), 1) << host;
    }
    for (const char* address : {"127.0.0.1", "::1"}) {
        EXPECT_EQ(X509_check_ip_asc(x509.get(), address, 0), 1) << address;
    }
    EXPECT_EQ(X509_check_host(x509.get(), "Cairn", 0, 0, nullptr), 0);
    EXPECT_EQ(X509_check_host(x509.get(), "other.example.org", 0, 0, nullptr), 0);
    EXPECT_EQ(X509_verify(x509.get(), X509_get0_pubkey(x509.get())), 1);
    EXPECT_EQ(X509_check_purpose(x509.get(), X509_PURPOSE_SSL_SERVER, 0), 1);
    EXPECT_EQ(X509_check_purpose(x509.get(), X509_PURPOSE_SSL_CLIENT, 0), 0);
    EXPECT_EQ(X509_check_ca(x509.get()), 0);
    int day_count = 0;
    int second_count = 0;
    ASN1_TIME_diff(
        &day_count, &second_count, X509_get0_notBefore(x509.get()), X509_get0_notAfter(x509.get())
    );
    EXPECT_EQ(day_count, 824);
    EXPECT_EQ(second_count, 86'399);
    EXPECT_THAT(std::string(made->key.view()), HasSubstr("PRIVATE KEY"));
}

TEST(CertificateMaker, MakesNoTwoAlike) {
    const std::vector<std::string> hosts = {"localhost"};
    const auto one = make_server_certificate(hosts, kNow, days(1));
    const auto other = make_server_certificate(hosts, kNow, days(1));
    EXPECT_NE(one->key.view(), other->key.view());
    EXPECT_NE(
        ASN1_INTEGER_cmp(
            X509_get0_serialNumber(read(one->certificate).get()),
            X509_get0_serialNumber(read(other->certificate).get())
        ),
        0
    );
}

TEST(CertificateMaker, RefusesWhatIsNoHost) {
    EXPECT_EQ(refusal({}), Errc::invalid_argument);
    for (const std::string host :
         {"",
          ".",
          "a..b",
          ".a",
          "a.",
          "-a",
          "a-",
          "a b",
          "a,DNS:b",
          "*.example.org",
          "a/b",
          "1.2.3",
          "256.1.1.1",
          "1.2.3.4.5",
          "::g",
          "a:b",
          "\xC3\xA4"}) {
        EXPECT_EQ(refusal({"localhost", host}), Errc::invalid_argument) << host;
    }
    EXPECT_EQ(refusal({std::string("a\0b", 3)}), Errc::invalid_argument);
    EXPECT_EQ(refusal({std::string("127.0.0.1\0", 10)}), Errc::invalid_argument);
    EXPECT_EQ(refusal({std::string(64, 'a')}), Errc::invalid_argument);
    EXPECT_EQ(refusal({"localhost"}, days(0)), Errc::invalid_argument);
    EXPECT_EQ(refusal({"localhost"}, days(826)), Errc::invalid_argument);
}

TEST(CertificateMaker, WritesTwoNewFiles) {
    const cairn::test::TempDir folder;
    const CertificateFiles files = {.certificate = folder / "c.pem", .key = folder / "k.pem"};
    const std::vector<std::string> hosts = {"localhost"};
    ASSERT_TRUE(make_server_certificate_files(files, hosts, kNow, days(30)));
    namespace fs = std::filesystem;
    EXPECT_EQ(fs::status(files.key).permissions(), fs::perms(0600));
    EXPECT_EQ(fs::status(files.certificate).permissions(), fs::perms(0644));
    const auto bytes = read_file(files.certificate, 10'000);
    ASSERT_TRUE(bytes);
    EXPECT_TRUE(Certificate::parse(*bytes));

    const Status again = make_server_certificate_files(files, hosts, kNow, days(30));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::conflict);
    EXPECT_THAT(again.error().message, HasSubstr("c.pem"));
    fs::remove(files.certificate);
    const auto key_before = read_file(files.key, 10'000);
    EXPECT_EQ(
        make_server_certificate_files(files, hosts, kNow, days(30)).error().code, Errc::conflict
    );
    EXPECT_FALSE(fs::exists(files.certificate));
    EXPECT_EQ(*read_file(files.key, 10'000), *key_before);
    const CertificateFiles nowhere = {
        .certificate = folder / "none/c.pem", .key = folder / "none/k.pem"};
    EXPECT_FALSE(make_server_certificate_files(nowhere, hosts, kNow, days(30)));
}

}  // namespace
}  // namespace cairn::crypto
