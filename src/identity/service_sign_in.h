#pragma once

#include "identity/act_record.h"
#include "identity/service_key.h"

namespace cairn::identity {

/// Programs show a client certificate with each connection; there are no sessions. One thread at a
/// time.
class ServiceSignIn {
public:
    struct Parts {
        db::Database& records;
        keyring::KeyRing& keys;
        audit::AuditLog& log;
        const Clock& clock;
    };

    explicit ServiceSignIn(const Parts& parts) : parts_(parts), keys_(parts.records, parts.keys) {}

    /// The service account that the certificate's key is bound to, with the roles of this moment.
    /// To be asked with every request: what was unbound, disabled or has expired is out at once.
    /// Outside of transactions. The TLS layer has verified that the client holds the key.
    /// Errc::unauthenticated in the same words whatever the reason, which is put on record.
    Result<access::Actor> actor(const crypto::Certificate& certificate, const Client& client);

private:
    Result<std::string> refusal_of(
        const std::optional<Account>& account, const crypto::Certificate& certificate
    );

    Parts parts_;
    ServiceKeys keys_;
};

}  // namespace cairn::identity
