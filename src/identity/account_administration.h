#pragma once

#include "access/gate.h"
#include "crypto/certificate.h"
#include "identity/session.h"

namespace cairn::identity {

/// Refuses what must not be done unless the second factor was shown within the limit.
Status check_fresh(access::Permit& permit, const SessionLimits& limits);

/// What administrators do with accounts of their own agency, never with their own account, and with
/// a second factor shown just now. Through the gate. Errc::not_found for users of others.
class AccountAdministration {
public:
    explicit AccountAdministration(access::Gate& gate, const SessionLimits& limits = {})
        : gate_(gate), limits_(limits) {}

    /// For a user who was added and never had a password. Whoever holds the token becomes them: it
    /// is handed over, not mailed.
    Result<Token> invite(
        const access::Actor& actor, const access::Ground& ground, const access::UserId& user
    );
    /// Ends all sessions and takes the password away, at once; the token sets another.
    /// Errc::conflict for a user who signs in at an identity provider. The second factor stays, so
    /// that who holds the token is not yet in.
    Result<Token> reset_password(
        const access::Actor& actor, const access::Ground& ground, const access::UserId& user
    );
    /// Takes authenticator and recovery codes away and ends all sessions. Four-eyes, with
    /// parameters(user): with both resets one person alone could become another. Supervisors and
    /// auditors are alerted.
    Status reset_second_factor(
        const access::Actor& actor, const access::Ground& ground, const access::UserId& user
    );
    static std::string parameters(const access::UserId& user);
    Status end_sessions(
        const access::Actor& actor, const access::Ground& ground, const access::UserId& user
    );

    /// A service account's key, by a certificate that is good now; an invited account becomes
    /// active. Errc::invalid_argument says what is wrong with the certificate.
    Status bind_key(
        const access::Actor& actor,
        const access::Ground& ground,
        const access::UserId& user,
        const crypto::Certificate& certificate
    );
    Status unbind_key(
        const access::Actor& actor,
        const access::Ground& ground,
        const access::UserId& user,
        const crypto::Sha256& key_digest
    );
    /// The authority that signs the certificates of the agency's programs.
    Status add_authority(
        const access::Actor& actor,
        const access::Ground& ground,
        const crypto::Certificate& certificate
    );
    Status remove_authority(
        const access::Actor& actor, const access::Ground& ground, const crypto::Sha256& fingerprint
    );

private:
    using Work = std::function<Status(const access::User&, UtcTime now)>;

    Status change_user(
        access::OperationId operation,
        const access::Actor& actor,
        const access::Ground& ground,
        const access::UserId& user,
        const Work& work
    );
    Status change_agency(
        access::OperationId operation,
        const access::Actor& actor,
        const access::Ground& ground,
        const std::function<Status()>& work
    );
    Result<Token> issue(const access::UserId& user, TokenKind kind);
    Status check_has_password(const access::UserId& user);
    Status end_all_sessions(const access::UserId& user);

    access::Gate& gate_;
    SessionLimits limits_;
};

}  // namespace cairn::identity
