#include <array>

#include <gmock/gmock.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "http/raw_client_test.h"
#include "http/served_test.h"

namespace cairn::http {
namespace {

using cairn::test::TempDir;
using cairn::test::TestCertificate;
using test::TestClient;
using test::TestServer;
using testing::EndsWith;
using testing::HasSubstr;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

ByteVector der_of(const TestCertificate& certificate) {
    ByteVector der(static_cast<std::size_t>(i2d_X509(certificate.x509.get(), nullptr)));
    unsigned char* at = der.data();
    i2d_X509(certificate.x509.get(), &at);
    return der;
}

TEST(ServerTls, TellsWhichCertificateAClientShowed) {
    const TempDir files;
    TestServer served(TestServer::with_tls(files));
    std::optional<ByteVector> shown;
    served.application.answering = [&](const Request& request) {
        shown = request.certificate;
        return Response{};
    };
    const TestCertificate mine = test::self_made("a program");
    TestClient client(served.port());
    ASSERT_TRUE(client.start_tls({.shown = &mine}));
    EXPECT_THAT(client.ask(kGet), HasSubstr(" 200 "));
    EXPECT_EQ(shown, der_of(mine));
    EXPECT_THAT(client.ask(kGet), HasSubstr(" 200 "));
    EXPECT_EQ(shown, der_of(mine));

    TestClient nobody(served.port());
    ASSERT_TRUE(nobody.start_tls());
    EXPECT_THAT(nobody.ask(kGet), HasSubstr(" 200 "));
    EXPECT_EQ(shown, std::nullopt);
}

/// Says it is the key of `shown`, but signs as another.
cairn::test::KeyPair impostor_of(const TestCertificate& shown) {
    const cairn::test::KeyPair other = cairn::test::ec_key();
    OSSL_PARAM* theirs = nullptr;
    OSSL_PARAM* own = nullptr;
    EVP_PKEY_todata(shown.key.get(), EVP_PKEY_PUBLIC_KEY, &theirs);
    EVP_PKEY_todata(other.get(), EVP_PKEY_KEYPAIR, &own);
    const OSSL_PARAM* number = OSSL_PARAM_locate_const(own, "priv");
    const std::array<OSSL_PARAM, 2> private_part = {*number, OSSL_PARAM_construct_end()};
    OSSL_PARAM* both = OSSL_PARAM_merge(theirs, private_part.data());
    EVP_PKEY* made = nullptr;
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
    EVP_PKEY_fromdata_init(context);
    EVP_PKEY_fromdata(context, &made, EVP_PKEY_KEYPAIR, both);
    EVP_PKEY_CTX_free(context);
    OPENSSL_free(both);
    OSSL_PARAM_free(theirs);
    OSSL_PARAM_free(own);
    return {made, cairn::test::FreeOpenssl()};
}

TEST(ServerTls, TakesNoCertificateWithoutItsKey) {
    const TempDir files;
    TestServer served(TestServer::with_tls(files));
    TestCertificate shown = test::self_made("a program");
    shown.key = impostor_of(shown);
    ASSERT_TRUE(shown.key);
    TestClient client(served.port());
    client.start_tls({.shown = &shown});
    EXPECT_EQ(client.ask(kGet), "");  // the client learns of it when it reads
    EXPECT_TRUE(TestServer::comes([&] { return served.server->figures().handshakes_failed == 1; }));
    EXPECT_TRUE(served.application.answered_now().empty());
}

TEST(ServerTls, ResumesNoSession) {
    const TempDir files;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        ServerOptions options = TestServer::with_tls(files);
        options.tls->lowest = TlsVersion::tls_1_2;
        TestServer served(options);
        TestClient first(served.port());
        ASSERT_TRUE(first.start_tls({.highest = version}));
        EXPECT_THAT(first.ask(kGet), HasSubstr(" 200 "));
        EXPECT_EQ(SSL_SESSION_has_ticket(SSL_get0_session(first.tls())), 0);
        EXPECT_EQ(SSL_SESSION_is_resumable(SSL_get0_session(first.tls())), 0);
    }
}

TEST(ServerTls, SpeaksTls12OnlyWhereAllowed) {
    const TempDir files;
    TestServer modern(TestServer::with_tls(files));
    EXPECT_FALSE(TestClient(modern.port()).start_tls({.highest = TLS1_2_VERSION}));
    EXPECT_TRUE(TestServer::comes([&] { return modern.server->figures().handshakes_failed == 1; }));

    ServerOptions options = TestServer::with_tls(files);
    options.tls->lowest = TlsVersion::tls_1_2;
    TestServer older(options);
    TestClient client(older.port());
    ASSERT_TRUE(client.start_tls({.highest = TLS1_2_VERSION}));
    EXPECT_STREQ(SSL_get_version(client.tls()), "TLSv1.2");
    EXPECT_THAT(
        SSL_get_cipher_name(client.tls()), testing::MatchesRegex("ECDHE-.*(GCM|POLY1305).*")
    );
    EXPECT_FALSE(TestClient(older.port()).start_tls({.highest = TLS1_1_VERSION}));
}

TEST(ServerTls, SpeaksNoProtocolButHttp11) {
    const TempDir files;
    TestServer served(TestServer::with_tls(files));
    EXPECT_FALSE(TestClient(served.port()).start_tls({.protocols = "\x02h2"}));
    TestClient client(served.port());
    ASSERT_TRUE(client.start_tls({.protocols = "\x02h2\x08http/1.1"}));
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(client.tls(), &chosen, &size);
    EXPECT_EQ(as_text(Bytes(chosen, size)), "http/1.1");
}

TEST(ServerTls, TakesItsCertificateAgain) {
    const TempDir files;
    const ServerOptions options = TestServer::with_tls(files);
    TestServer served(options);
    const auto serial_seen = [&] {
        TestClient client(served.port());
        EXPECT_TRUE(client.start_tls());
        const X509* shown = SSL_get0_peer_certificate(client.tls());
        return ASN1_INTEGER_get(X509_get0_serialNumber(shown));
    };
    const long before = serial_seen();
    TestClient old(served.port());
    ASSERT_TRUE(old.start_tls());

    files.write("certificate.pem", "damaged");
    const Status refused = served.server->reload_tls();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    EXPECT_THAT(refused.error().message, HasSubstr("certificate.pem"));
    EXPECT_EQ(serial_seen(), before);

    TestServer::with_tls(files);  // writes new ones
    ASSERT_TRUE(served.server->reload_tls());
    EXPECT_NE(serial_seen(), before);
    EXPECT_THAT(old.ask(kGet), HasSubstr(" 200 "));
}

TEST(ServerTls, SaysWhichFileWillNotDo) {
    const TempDir files;
    test::TestApplication application;
    const auto refusal = [&](const std::string& certificate, const std::string& key) {
        ServerOptions options;
        options.tls = TlsOptions{.certificate_file = certificate, .key_file = key};
        const auto started = Server::start(options, application);
        if (started) return Error{.code = Errc::internal, .message = "started"};
        return started.error();
    };
    const TestCertificate one = test::self_made("one");
    const std::string certificate = files.write("c.pem", one.pem());
    const std::string key = files.write("k.pem", one.key_pem());
    const std::string other_key = files.write("other.pem", test::self_made("other").key_pem());
    EXPECT_THAT(refusal(files / "none.pem", key).message, HasSubstr("none.pem"));
    EXPECT_THAT(refusal(certificate, files / "none.pem").message, HasSubstr("none.pem"));
    EXPECT_THAT(refusal(certificate, other_key).message, HasSubstr("other.pem"));
    EXPECT_THAT(refusal(key, key).message, HasSubstr("k.pem"));
    EXPECT_EQ(refusal(certificate, other_key).code, Errc::invalid_argument);
}

TEST(ServerTls, EndsHandshakesThatTakeTooLong) {
    const TempDir files;
    ServerOptions options = TestServer::with_tls(files);
    options.limits.handshake = std::chrono::milliseconds(200);
    TestServer served(options);
    TestClient silent(served.port());
    TestClient slow(served.port());
    slow.send(std::string("\x16\x03\x01", 3));
    EXPECT_TRUE(silent.is_ended());
    EXPECT_TRUE(slow.is_ended());
    TestClient plain(served.port());
    plain.send(kGet);
    plain.read_to_end();
    EXPECT_TRUE(TestServer::comes([&] { return served.server->figures().handshakes_failed == 3; }));
    EXPECT_EQ(served.server->figures().timed_out, 2U);
}

}  // namespace
}  // namespace cairn::http
