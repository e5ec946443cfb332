#pragma once

#include <string>
#include <vector>

#include "identity/account.h"
#include "identity/lock_out.h"
#include "identity/totp.h"

namespace cairn::identity {

inline constexpr std::size_t kRecoveryCodes = 10;
inline constexpr std::size_t kRecoveryCodeBytes = 10;  ///< 80 bits: 16 letters, in four groups

enum class CodeVerdict : std::uint8_t {
    good,
    wrong,
    used_before,  ///< right, but a code opens once
    locked,       ///< not looked at: too many were wrong
};

/// Why a code was refused: for the log, empty when it was good; and for who showed it, who is not
/// told a wrong code from one that was not looked at.
std::string_view refusal_code(CodeVerdict verdict);
Error code_refused(CodeVerdict verdict);

/// What somebody puts into an authenticator; shown once.
struct TotpEnrolment {
    std::string uri;     ///< for a QR code
    std::string secret;  ///< for typing
};

/// Second factors of users: the authenticator that makes codes, and recovery codes for when it is
/// lost. Within the caller's transaction.
class SecondFactors {
public:
    SecondFactors(
        db::Database& records,
        keyring::KeyRing& keys,
        const Clock& clock,
        const LockOutLimits& limits
    )
        : records_(records), keys_(keys), clock_(clock), lock_out_(records, clock, limits) {}

    Result<bool> enrolled(const access::UserId& user);

    /// A new secret that waits for its first code; one that is in force stays so until then.
    Result<TotpEnrolment> begin_enrolment(const Account& account);
    /// Puts the waiting secret in force once `code` is one of it.
    Result<CodeVerdict> finish_enrolment(const Account& account, std::string_view code);

    /// A code of the authenticator, or a recovery code; which of both, its form tells. A good one
    /// is spent; others count towards a lock-out of their own, which the right password does not
    /// lift.
    Result<CodeVerdict> check(const Account& account, std::string_view code);

    /// A new set in place of the old. Shown once: only their keyed digests are kept.
    Result<std::vector<std::string>> renew_recovery_codes(const Account& account);
    Result<std::size_t> recovery_codes_left(const access::UserId& user);

    /// Takes authenticator and recovery codes from a user, who must then enrol anew.
    Status remove(const access::UserId& user);

private:
    Result<CodeVerdict> check_totp(const Account& account, std::string_view code);
    Result<CodeVerdict> spend_recovery_code(const Account& account, std::string_view code);
    Result<std::optional<std::string>> secret_of(const Account& account, std::string_view column);
    Result<crypto::Tag256> recovery_digest(const Account& account, std::string_view code);

    db::Database& records_;
    keyring::KeyRing& keys_;
    const Clock& clock_;
    LockOut lock_out_;
};

}  // namespace cairn::identity
