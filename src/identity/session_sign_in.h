#pragma once

#include "identity/act_record.h"
#include "identity/session.h"

namespace cairn::identity {

/// People show the token of their session with each request. One thread at a time.
class SessionSignIn {
public:
    struct Parts {
        db::Database& records;
        keyring::KeyRing& keys;
        audit::AuditLog& log;
        const Clock& clock;
    };

    /// `limits` have passed check_limits().
    SessionSignIn(const Parts& parts, const SessionLimits& limits)
        : parts_(parts), sessions_(parts.records, parts.clock, limits) {}

    /// The user of a complete session, with the roles of this moment; marks it as seen. Outside of
    /// transactions. Errc::unauthenticated: session_over(), or the token has not the form.
    ///
    /// A session that is used from another network than it began at goes on: people travel. But it
    /// is put on record, and administrators and auditors of the agency are alerted
    /// ("session_moved"), once for each session and network.
    Result<access::Actor> actor(std::string_view token_text, const Client& client);

private:
    Status follow(const Token& token, const crypto::Tag256& network, const Client& client);

    Parts parts_;
    Sessions sessions_;
};

}  // namespace cairn::identity
