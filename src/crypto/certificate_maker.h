#pragma once

#include <chrono>
#include <span>
#include <string>

#include "base/utc_time.h"
#include "crypto/secret.h"

namespace cairn::crypto {

/// Browsers take no certificate of a server that is valid for longer (CA/Browser Forum Baseline
/// Requirements 6.3.2, as of 2018; self-made ones are still held to it).
inline constexpr std::chrono::days kCertificateDaysMax{825};

/// A certificate that vouches for itself, and its key (ECDSA P-256), PEM.
struct SelfMadeCertificate {
    std::string certificate;
    SecretText key;
};

/// For a server under these DNS names and IP addresses, from `now`. Errc::invalid_argument without
/// a host, for what is neither, and for more than kCertificateDaysMax.
Result<SelfMadeCertificate> make_server_certificate(
    std::span<const std::string> hosts, UtcTime now, std::chrono::days valid
);

struct CertificateFiles {
    std::string certificate;
    std::string key;
};

/// The same into two new files, the key readable by its owner alone. Errc::conflict when one of
/// them is there; then neither is touched.
Status make_server_certificate_files(
    const CertificateFiles& files,
    std::span<const std::string> hosts,
    UtcTime now,
    std::chrono::days valid
);

}  // namespace cairn::crypto
