#include "crypto/certificate.h"

#include <algorithm>
#include <new>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace cairn::crypto {
namespace {

/// OpenSSL's level 2: 112 bits, so RSA from 2048 and SHA-2.
constexpr int kSecurityLevel = 2;
constexpr std::string_view kPemBegin = "-----BEGIN ";
constexpr std::string_view kBlanks = " \t\r\n";

struct Free {
    void operator()(X509* x509) const { X509_free(x509); }
    void operator()(X509_STORE* store) const { X509_STORE_free(store); }
    void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
    void operator()(BIO* bio) const { BIO_free(bio); }
};
using X509Pointer = std::unique_ptr<X509, Free>;

/// What OpenSSL put by as errors of this thread is not ours to leave.
Error no_certificate(std::string_view why) {
    ERR_clear_error();
    return fail(Errc::invalid_argument, "not a certificate: {}", why);
}

/// OpenSSL gives nullptr here only when memory is out.
template <typename T>
T* there(T* pointer) {
    if (pointer == nullptr) throw std::bad_alloc();
    return pointer;
}

Result<X509Pointer> from_der(Bytes bytes) {
    const unsigned char* at = bytes.data();
    X509Pointer x509(d2i_X509(nullptr, &at, static_cast<long>(bytes.size())));
    if (!x509) return no_certificate("it is neither PEM nor DER");
    if (at != bytes.data() + bytes.size()) return no_certificate("something follows it");
    return x509;
}

Result<X509Pointer> from_pem(Bytes bytes) {
    const std::unique_ptr<BIO, Free> bio(
        there(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())))
    );
    char no_password[] = "";
    X509Pointer x509(PEM_read_bio_X509(bio.get(), nullptr, nullptr, no_password));
    if (!x509) return no_certificate("its PEM form is damaged");
    char* rest = nullptr;
    const long left = BIO_get_mem_data(bio.get(), &rest);
    const std::string_view after(rest, static_cast<std::size_t>(std::max(left, 0L)));
    if (after.find_first_not_of(kBlanks) != std::string_view::npos) {
        return no_certificate("something follows it; give the certificate alone");
    }
    return x509;
}

template <typename Write>
ByteVector written(const Write& write) {
    unsigned char* out = nullptr;
    const int size = write(&out);
    if (size <= 0) throw std::bad_alloc();
    ByteVector bytes(out, out + size);
    OPENSSL_free(out);
    return bytes;
}

CertificateVerdict verdict_of(int error) {
    switch (error) {
        case X509_V_OK:
            return CertificateVerdict::good;
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return CertificateVerdict::expired;
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return CertificateVerdict::not_yet_valid;
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_CERT_SIGNATURE_FAILURE:
            return CertificateVerdict::other_issuer;
        case X509_V_ERR_INVALID_PURPOSE:
        case X509_V_ERR_INVALID_CA:
            return CertificateVerdict::wrong_use;
        case X509_V_ERR_EE_KEY_TOO_SMALL:
        case X509_V_ERR_CA_KEY_TOO_SMALL:
        case X509_V_ERR_CA_MD_TOO_WEAK:
            return CertificateVerdict::weak;
        default:
            return CertificateVerdict::malformed;
    }
}

/// Without the extension OpenSSL takes a certificate to be for every use.
bool is_for_clients(X509* x509) {
    const std::uint32_t uses = X509_get_extended_key_usage(x509);
    return uses != UINT32_MAX && (uses & XKU_SSL_CLIENT) != 0;
}

}  // namespace

Result<Certificate> Certificate::parse(Bytes bytes) {
    if (bytes.size() > kCertificateBytesMax) {
        return fail(
            Errc::limit_exceeded, "a certificate has at most {} bytes", kCertificateBytesMax
        );
    }
    const bool is_pem = as_text(bytes).find(kPemBegin) != std::string_view::npos &&
                        (bytes.empty() || bytes[0] != 0x30);
    auto x509 = CAIRN_TRY(is_pem ? from_pem(bytes) : from_der(bytes));
    return Certificate(std::shared_ptr<X509>(x509.release(), Free()));
}

ByteVector Certificate::der() const {
    return written([&](unsigned char** out) { return i2d_X509(x509_.get(), out); });
}

Sha256 Certificate::fingerprint() const {
    return sha256(der());
}

Sha256 Certificate::key_digest() const {
    X509_PUBKEY* key = X509_get_X509_PUBKEY(x509_.get());
    return sha256(written([&](unsigned char** out) { return i2d_X509_PUBKEY(key, out); }));
}

bool Certificate::is_authority() const {
    return X509_check_ca(x509_.get()) == 1;
}

std::string_view name_of(CertificateVerdict verdict) {
    switch (verdict) {
        case CertificateVerdict::good:
            return "good";
        case CertificateVerdict::other_issuer:
            return "other_issuer";
        case CertificateVerdict::expired:
            return "expired";
        case CertificateVerdict::not_yet_valid:
            return "not_yet_valid";
        case CertificateVerdict::wrong_use:
            return "wrong_use";
        case CertificateVerdict::weak:
            return "weak";
        case CertificateVerdict::malformed:
            return "malformed";
    }
    return "";
}

class CertificateCheck {
public:
    static CertificateVerdict run(
        const Certificate& client, std::span<const Certificate> authorities, UtcTime now
    ) {
        const std::unique_ptr<X509_STORE, Free> store(there(X509_STORE_new()));
        for (const Certificate& authority : authorities) {
            X509_STORE_add_cert(store.get(), authority.x509_.get());
        }
        const std::unique_ptr<X509_STORE_CTX, Free> context(there(X509_STORE_CTX_new()));
        X509* x509 = client.x509_.get();
        if (X509_STORE_CTX_init(context.get(), store.get(), x509, nullptr) != 1) {
            throw std::bad_alloc();
        }
        X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
        X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
        X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_CLIENT);
        X509_VERIFY_PARAM_set_auth_level(rules, kSecurityLevel);
        X509_VERIFY_PARAM_set_time(
            rules, std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count()
        );
        const bool good = X509_verify_cert(context.get()) == 1;
        const int error = X509_STORE_CTX_get_error(context.get());
        // With a partial chain an authority would vouch for itself.
        const bool is_leaf = !client.is_authority();
        ERR_clear_error();
        if (!good) {
            return error == X509_V_OK ? CertificateVerdict::malformed : verdict_of(error);
        }
        return is_leaf && is_for_clients(x509) ? CertificateVerdict::good
                                               : CertificateVerdict::wrong_use;
    }
};

CertificateVerdict check_client_certificate(
    const Certificate& client, std::span<const Certificate> authorities, UtcTime now
) {
    return CertificateCheck::run(client, authorities, now);
}

}  // namespace cairn::crypto
