#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/utc_time.h"
#include "crypto/digest.h"

struct x509_st;

namespace cairn::crypto {

inline constexpr std::size_t kCertificateBytesMax = std::size_t{64} << 10;

/// An X.509 certificate (OpenSSL). Nothing it says is believed before check_client_certificate().
class Certificate {
public:
    /// One certificate, PEM or DER. Errc::limit_exceeded above kCertificateBytesMax;
    /// Errc::invalid_argument when it is none, or more than one.
    static Result<Certificate> parse(Bytes bytes);

    ByteVector der() const;
    /// SHA-256 of the DER form.
    Sha256 fingerprint() const;
    /// SHA-256 of the subject's public key (SubjectPublicKeyInfo, as RFC 7469 takes it): stays the
    /// same when a certificate is renewed with its key.
    Sha256 key_digest() const;
    /// May sign other certificates.
    bool is_authority() const;

private:
    friend class CertificateCheck;

    explicit Certificate(std::shared_ptr<x509_st> x509) : x509_(std::move(x509)) {}

    std::shared_ptr<x509_st> x509_;  ///< never changed
};

enum class CertificateVerdict : std::uint8_t {
    good,
    other_issuer,  ///< not signed by one of the authorities
    expired,       ///< it, or the authority
    not_yet_valid,
    wrong_use,  ///< not meant for clients, or an authority itself
    weak,       ///< keys or signatures below 112 bits of security
    malformed,  ///< anything else that OpenSSL refuses
};

/// "other_issuer"
std::string_view name_of(CertificateVerdict verdict);

/// Whether one of the authorities signed `client`, itself, for TLS clients (extended key usage
/// clientAuth, which must be there), and both are valid at `now`. Authorities are trusted as they
/// are: what signed them does not matter.
CertificateVerdict check_client_certificate(
    const Certificate& client, std::span<const Certificate> authorities, UtcTime now
);

}  // namespace cairn::crypto
