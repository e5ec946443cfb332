// What is accepted as a certificate is read back from its own DER form, and can be checked.
#include <cstdlib>

#include "crypto/certificate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cairn::crypto;
    const auto certificate = Certificate::parse({data, size});
    if (!certificate) return 0;
    const auto again = Certificate::parse(certificate->der());
    if (!again || again->fingerprint() != certificate->fingerprint()) std::abort();
    if (again->key_digest() != certificate->key_digest()) std::abort();
    const cairn::UtcTime now{std::chrono::seconds(1'790'000'000)};
    const auto verdict = check_client_certificate(*certificate, {}, now);
    if (verdict == CertificateVerdict::good) std::abort();  // nobody vouched for it
    return 0;
}
