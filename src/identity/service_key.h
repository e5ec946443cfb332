#pragma once

#include <vector>

#include "crypto/certificate.h"
#include "identity/account.h"

namespace cairn::identity {

/// An agency has few; more are a mistake.
inline constexpr std::int64_t kAuthoritiesMax = 16;

/// Which authorities an agency trusts to sign its programs' certificates, and which keys its
/// service accounts have. Within the caller's transaction.
class ServiceKeys {
public:
    ServiceKeys(db::Database& records, keyring::KeyRing& keys) : records_(records), keys_(keys) {}

    /// Errc::conflict when it is enrolled already; Errc::limit_exceeded above kAuthoritiesMax.
    Status add_authority(const access::AgencyId& agency, const crypto::Certificate& certificate);
    /// Errc::not_found.
    Status remove_authority(const access::AgencyId& agency, const crypto::Sha256& fingerprint);
    Result<std::vector<crypto::Certificate>> authorities(const access::AgencyId& agency);

    /// Errc::conflict when the key is bound, to whomever.
    Status bind(const access::UserId& user, const crypto::Sha256& key_digest);
    /// Errc::not_found when it is not this user's.
    Status unbind(const access::UserId& user, const crypto::Sha256& key_digest);
    Result<std::optional<Account>> find(const crypto::Sha256& key_digest);

private:
    db::Database& records_;
    keyring::KeyRing& keys_;
};

}  // namespace cairn::identity
