#include "http/tls_context.h"

#include <array>
#include <utility>  // Asio 1.74 forgets it

#include <boost/asio/ssl/context.hpp>
#include <boost/system/system_error.hpp>

namespace cairn::http {
namespace {

namespace ssl = boost::asio::ssl;

/// Of TLS 1.2 only what is forward secret and authenticated (RFC 9325 section 4.2).
constexpr const char* kCiphersOf12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr std::array<unsigned char, 9> kHttp11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
/// Of what a client shows: as much as crypto::Certificate takes.
constexpr long kClientChainBytesMax = 64L << 10;

/// Whoever names protocols must name ours (RFC 7301 section 3.2).
int choose_protocol(
    SSL* /*tls*/,
    const unsigned char** chosen,
    unsigned char* chosen_bytes,
    const unsigned char* offered,
    unsigned offered_bytes,
    void* /*context*/
) {
    unsigned char* found = nullptr;
    const int outcome = SSL_select_next_proto(
        &found, chosen_bytes, kHttp11.data(), kHttp11.size(), offered, offered_bytes
    );
    *chosen = found;
    return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// In place of looking for a chain to an authority.
int accept_certificate(X509_STORE_CTX* /*chain*/, void* /*context*/) {
    return 1;
}

void set_rules(SSL_CTX* tls, TlsVersion lowest) {
    SSL_CTX_set_min_proto_version(
        tls, lowest == TlsVersion::tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION
    );
    SSL_CTX_set_cipher_list(tls, kCiphersOf12);
    SSL_CTX_set_options(
        tls,
        SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
            SSL_OP_IGNORE_UNEXPECTED_EOF
    );
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(tls, 0);
    SSL_CTX_set_mode(
        tls,
        SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
    );
    SSL_CTX_set_read_ahead(tls, 1);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(tls, accept_certificate, nullptr);
    SSL_CTX_set_max_cert_list(tls, kClientChainBytesMax);
    SSL_CTX_set_alpn_select_cb(tls, choose_protocol, nullptr);
}

Error unusable(const std::string& file, std::string_view what, const std::string& why) {
    return fail(
        Errc::invalid_argument, "{}: cannot be used as {} ({}): give a PEM file", file, what, why
    );
}

}  // namespace

Result<std::shared_ptr<ssl_ctx_st>> load_tls(const TlsOptions& options) {
    try {
        const auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
        boost::system::error_code error;
        // Nobody is there to ask for a password.
        context->set_password_callback(
            [](std::size_t, ssl::context::password_purpose) { return std::string(); }, error
        );
        context->use_certificate_chain_file(options.certificate_file, error);
        if (error) return unusable(options.certificate_file, "certificate", error.message());
        context->use_private_key_file(options.key_file, ssl::context::pem, error);
        if (error) return unusable(options.key_file, "its key", error.message());
        set_rules(context->native_handle(), options.lowest);
        return std::shared_ptr<ssl_ctx_st>(context, context->native_handle());
    } catch (const boost::system::system_error& error) {
        return fail(Errc::internal, "TLS cannot be started: {}", error.what());
    }
}

}  // namespace cairn::http
