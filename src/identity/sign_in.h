#pragma once

#include <memory>
#include <string>
#include <vector>

#include "identity/act_record.h"
#include "identity/credential.h"
#include "identity/password.h"
#include "identity/second_factor.h"
#include "identity/session.h"

namespace cairn::identity {

/// Who somebody says they are: logins are told apart within an agency.
struct Claim {
    std::string_view agency;  ///< its name
    std::string_view login;
};

/// The password was right: what is still wanted before the session is worth anything.
struct HalfSignedIn {
    Token token;
    Stage stage{};
};

/// A complete session.
struct SignedIn {
    Token token;
    std::size_t recovery_codes_left = 0;
};

/// A complete session, by a second factor that was just enrolled.
struct Enrolled {
    Token token;
    std::vector<std::string> recovery_codes;  ///< shown this once
};

/// The way in: password, then second factor. Every attempt is put on record within the transaction
/// that decides it. Who is refused learns nothing about why: unknown, wrong, locked and disabled
/// have one answer and cost one computation of the password's hash. One thread at a time.
class SignIn {
public:
    struct Parts {
        db::Database& records;
        keyring::KeyRing& keys;
        audit::AuditLog& log;
        const Clock& clock;
        PasswordHasher& hasher;
        LockOutLimits lock_out{};
    };

    static Result<std::unique_ptr<SignIn>> open(const Parts& parts, const SessionLimits& limits);

    /// Errc::unauthenticated when refused; Errc::limit_exceeded, whoever it is, when the network
    /// failed too often. The caller wipes the password.
    Result<HalfSignedIn> with_password(
        const Claim& claim, std::string_view password, const Client& client
    );

    /// The second factor, for the session that the password began: a code of the authenticator or a
    /// recovery code. Errc::unauthenticated when refused; the session stays for another try.
    Result<SignedIn> with_code(
        std::string_view token_text, std::string_view code, const Client& client
    );

    /// For a user without second factor: a secret for the authenticator, then its first code.
    Result<TotpEnrolment> begin_enrolment(std::string_view token_text, const Client& client);
    Result<Enrolled> finish_enrolment(
        std::string_view token_text, std::string_view code, const Client& client
    );

private:
    struct Attempt {
        std::optional<Account> account;
        std::string hash;     ///< what the password must match
        std::string refusal;  ///< code; empty: the password decides
    };

    SignIn(const Parts& parts, const SessionLimits& limits, std::string nobodys_hash);

    Result<Attempt> take_attempt(const Claim& claim, const Client& client);
    Result<std::optional<HalfSignedIn>> conclude(
        const Claim& claim,
        const Attempt& attempt,
        const std::string& new_hash,
        const Client& client
    );
    Result<bool> still_stands(const Attempt& attempt);
    Result<Session> session_at(std::string_view token_text, Stage stage);
    Status record(const Client& client, const ActRecord& act);

    Parts parts_;
    Credentials credentials_;
    SecondFactors factors_;
    Sessions sessions_;
    LockOut lock_out_;
    std::string nobodys_hash_;  ///< stands in where there is none to match
};

}  // namespace cairn::identity
