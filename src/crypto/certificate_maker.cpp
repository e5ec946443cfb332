#include "crypto/certificate_maker.h"

#include <algorithm>
#include <memory>
#include <new>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/text.h"

namespace cairn::crypto {
namespace {

constexpr std::size_t kSerialBytes = 16;
/// RFC 1035 section 2.3.4.
constexpr std::size_t kDnsNameBytesMax = 253;
constexpr std::size_t kDnsLabelBytesMax = 63;
constexpr unsigned kCertificateMode = 0644;
constexpr unsigned kKeyMode = 0600;

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* x509) const { X509_free(x509); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(BIGNUM* number) const { BN_free(number); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
    void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

/// What OpenSSL refuses here, it refuses only when memory or randomness is out.
void must(bool is_done) {
    if (is_done) return;
    ERR_clear_error();
    throw std::bad_alloc();
}

template <typename T>
Owned<T> owned(T* pointer) {
    must(pointer != nullptr);
    return Owned<T>(pointer);
}

bool is_dns_name(std::string_view name) {
    if (name.empty() || name.size() > kDnsNameBytesMax) return false;
    while (!name.empty()) {
        const std::size_t end = std::min(name.find('.'), name.size());
        const std::string_view label = name.substr(0, end);
        const bool is_good = std::all_of(label.begin(), label.end(), [](char byte) {
            return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                   (byte >= '0' && byte <= '9') || byte == '-';
        });
        if (!is_good || label.empty() || label.size() > kDnsLabelBytesMax) return false;
        if (label.front() == '-' || label.back() == '-' || end + 1 == name.size()) return false;
        name.remove_prefix(std::min(end + 1, name.size()));
    }
    return true;
}

/// Looks like an address, which then must be one: "1.2.3" is no name.
bool is_address_like(std::string_view host) {
    return host.find(':') != host.npos || host.find_first_not_of("0123456789.") == host.npos;
}

Status add_host(GENERAL_NAMES* names, const std::string& host) {
    const bool is_address = is_address_like(host);
    ASN1_STRING* value = nullptr;
    if (is_address) {
        value = a2i_IPADDRESS(host.c_str());
    } else if (is_dns_name(host)) {
        value = ASN1_IA5STRING_new();
        must(value != nullptr);
        must(ASN1_STRING_set(value, host.data(), static_cast<int>(host.size())) == 1);
    }
    ERR_clear_error();
    if (value == nullptr || host.find('\0') != host.npos) {
        ASN1_STRING_free(value);
        return fail(
            Errc::invalid_argument,
            "'{}': neither a DNS name nor an IP address: write it as cairn.example.org or "
            "192.0.2.1",
            printable(host)
        );
    }
    GENERAL_NAME* name = GENERAL_NAME_new();
    must(name != nullptr);
    GENERAL_NAME_set0_value(name, is_address ? GEN_IPADD : GEN_DNS, value);
    must(sk_GENERAL_NAME_push(names, name) > 0);
    return ok();
}

void add_extension(X509* x509, int kind, const char* value) {
    const auto extension = owned(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value));
    must(X509_add_ext(x509, extension.get(), -1) == 1);
}

void set_times(X509* x509, UtcTime now, std::chrono::days valid) {
    const auto begin = std::chrono::floor<std::chrono::seconds>(now);
    const auto end = begin + valid - std::chrono::seconds(1);  // the last second counts
    must(ASN1_TIME_set(X509_getm_notBefore(x509), begin.time_since_epoch().count()) != nullptr);
    must(ASN1_TIME_set(X509_getm_notAfter(x509), end.time_since_epoch().count()) != nullptr);
}

void set_serial(X509* x509) {
    std::array<std::uint8_t, kSerialBytes> bytes{};
    random_bytes(bytes);
    bytes.front() &= 0x7F;  // RFC 5280 section 4.1.2.2: positive
    const auto number = owned(BN_bin2bn(bytes.data(), kSerialBytes, nullptr));
    must(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)) != nullptr);
}

template <typename Write>
ByteVector written(const Write& write) {
    const auto bio = owned(BIO_new(BIO_s_secmem()));
    must(write(bio.get()) == 1);
    ByteVector bytes(BIO_ctrl_pending(bio.get()));
    must(BIO_read(bio.get(), bytes.data(), static_cast<int>(bytes.size())) > 0);
    return bytes;
}

}  // namespace

Result<SelfMadeCertificate> make_server_certificate(
    std::span<const std::string> hosts, UtcTime now, std::chrono::days valid
) {
    if (hosts.empty()) {
        return fail(Errc::invalid_argument, "a certificate without a host: name at least one");
    }
    if (valid < std::chrono::days(1) || valid > kCertificateDaysMax) {
        return fail(
            Errc::invalid_argument,
            "{} days: a certificate is valid from 1 to {} days",
            valid.count(),
            kCertificateDaysMax.count()
        );
    }
    const auto names = owned(sk_GENERAL_NAME_new_null());
    for (const std::string& host : hosts) CAIRN_TRY(add_host(names.get(), host));

    const auto key = owned(EVP_EC_gen("P-256"));
    const auto x509 = owned(X509_new());
    must(X509_set_version(x509.get(), X509_VERSION_3) == 1);
    set_serial(x509.get());
    set_times(x509.get(), now, valid);
    must(X509_set_pubkey(x509.get(), key.get()) == 1);
    constexpr std::array<unsigned char, 5> kSubject = {'C', 'a', 'i', 'r', 'n'};
    X509_NAME* name = X509_get_subject_name(x509.get());
    must(
        X509_NAME_add_entry_by_NID(
            name, NID_commonName, MBSTRING_ASC, kSubject.data(), kSubject.size(), -1, 0
        ) == 1
    );
    must(X509_set_issuer_name(x509.get(), name) == 1);
    add_extension(x509.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(x509.get(), NID_key_usage, "critical,digitalSignature");
    add_extension(x509.get(), NID_ext_key_usage, "serverAuth");
    must(
        X509_add1_ext_i2d(x509.get(), NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1
    );
    must(X509_sign(x509.get(), key.get(), EVP_sha256()) > 0);

    const ByteVector certificate =
        written([&](BIO* bio) { return PEM_write_bio_X509(bio, x509.get()); });
    ByteVector key_pem = written([&](BIO* bio) {
        return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    return SelfMadeCertificate{std::string(as_text(certificate)), SecretText(std::move(key_pem))};
}

Status make_server_certificate_files(
    const CertificateFiles& files,
    std::span<const std::string> hosts,
    UtcTime now,
    std::chrono::days valid
) {
    for (const std::string& path : {files.certificate, files.key}) {
        struct stat about {};
        if (::lstat(path.c_str(), &about) != 0) continue;
        return fail(
            Errc::conflict, "{}: is there already: move it away, or use it", printable(path)
        );
    }
    const SelfMadeCertificate made = CAIRN_TRY(make_server_certificate(hosts, now, valid));
    AtomicFile key = CAIRN_TRY(AtomicFile::create(files.key, kKeyMode));
    AtomicFile certificate = CAIRN_TRY(AtomicFile::create(files.certificate, kCertificateMode));
    CAIRN_TRY(key.write(as_bytes(made.key.view())));
    CAIRN_TRY(certificate.write(as_bytes(made.certificate)));
    CAIRN_TRY(key.commit_new());
    return certificate.commit_new();
}

}  // namespace cairn::crypto
