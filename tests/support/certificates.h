#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace cairn::test {

struct FreeOpenssl {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* x509) const { X509_free(x509); }
    void operator()(BIO* bio) const { BIO_free(bio); }
};
using KeyPair = std::shared_ptr<EVP_PKEY>;

inline KeyPair ec_key() {
    return {EVP_EC_gen("P-256"), FreeOpenssl()};
}
inline KeyPair rsa_key(unsigned bits) {
    return {EVP_RSA_gen(bits), FreeOpenssl()};
}

/// What a certificate of a test says.
struct CertificateText {
    std::string subject;
    std::int64_t not_before;  ///< seconds since 1970
    std::int64_t not_after;
    bool is_authority = false;
    std::string extended_use = "clientAuth";  ///< empty: the extension is left out
    std::string alternative_name = {};        ///< "IP:127.0.0.1"
};

/// A certificate and its key, made by OpenSSL for one test.
struct TestCertificate {
    std::shared_ptr<X509> x509;
    KeyPair key;

    std::string pem() const {
        return text_of([&](BIO* bio) { return PEM_write_bio_X509(bio, x509.get()); });
    }
    std::string key_pem() const {
        return text_of([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
    }

    /// Signed by `issuer`, or by itself.
    static TestCertificate make(
        const CertificateText& text, const TestCertificate* issuer, KeyPair key = ec_key()
    ) {
        const std::shared_ptr<X509> x509(X509_new(), FreeOpenssl());
        X509_set_version(x509.get(), X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), next_serial());
        ASN1_TIME_set(X509_getm_notBefore(x509.get()), text.not_before);
        ASN1_TIME_set(X509_getm_notAfter(x509.get()), text.not_after);
        X509_set_pubkey(x509.get(), key.get());
        X509_NAME* name = X509_get_subject_name(x509.get());
        const std::vector<unsigned char> subject(text.subject.begin(), text.subject.end());
        const int size = static_cast<int>(subject.size());
        X509_NAME_add_entry_by_NID(
            name, NID_commonName, MBSTRING_UTF8, subject.data(), size, -1, 0
        );
        X509* signer = issuer != nullptr ? issuer->x509.get() : x509.get();
        X509_set_issuer_name(x509.get(), X509_get_subject_name(signer));
        const std::string constraints = text.is_authority ? "critical,CA:TRUE" : "CA:FALSE";
        add(x509.get(), NID_basic_constraints, constraints);
        if (text.is_authority) add(x509.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
        if (!text.is_authority && !text.extended_use.empty()) {
            add(x509.get(), NID_ext_key_usage, text.extended_use);
        }
        if (!text.alternative_name.empty()) {
            add(x509.get(), NID_subject_alt_name, text.alternative_name);
        }
        EVP_PKEY* signing_key = issuer != nullptr ? issuer->key.get() : key.get();
        if (X509_sign(x509.get(), signing_key, EVP_sha256()) == 0) {
            throw std::runtime_error("a test certificate could not be signed");
        }
        return {x509, std::move(key)};
    }

private:
    static long next_serial() {
        static long serial = 0;
        return ++serial;
    }

    static void add(X509* x509, int nid, const std::string& value) {
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
        if (extension == nullptr) throw std::runtime_error("no such extension: " + value);
        X509_add_ext(x509, extension, -1);
        X509_EXTENSION_free(extension);
    }

    template <typename Write>
    static std::string text_of(const Write& write) {
        const std::unique_ptr<BIO, FreeOpenssl> bio(BIO_new(BIO_s_mem()));
        write(bio.get());
        char* data = nullptr;
        const long size = BIO_get_mem_data(bio.get(), &data);
        return {data, static_cast<std::size_t>(size)};
    }
};

}  // namespace cairn::test
