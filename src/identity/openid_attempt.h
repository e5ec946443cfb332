#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/utc_time.h"
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "db/database.h"
#include "identity/openid_provider.h"

namespace cairn::identity {

/// From going to the provider to coming back.
inline constexpr std::chrono::minutes kOpenidAttemptLasts{10};
/// A network may have so many sign-ins at providers under way: who begins is nobody yet, and each
/// takes a row.
inline constexpr std::int64_t kOpenidAttemptsMax = 100;

/// A sign-in that was begun at a provider.
struct OpenidAttempt {
    std::string issuer;
    crypto::Sha256 verifier;  ///< digest of it
};

/// The sign-ins under way at providers. Each is good once. Within the caller's transaction.
class OpenidAttempts {
public:
    OpenidAttempts(db::Database& records, const Clock& clock) : records_(records), clock_(clock) {}

    /// False, and nothing is begun, when the network has too many.
    Result<bool> begin(
        const std::string& issuer, const OpenidSecrets& secrets, const crypto::Tag256& network
    );
    /// Takes an attempt away; nullopt when it is spent, over or was never begun.
    Result<std::optional<OpenidAttempt>> spend(std::string_view state);

    /// Deletes those that are over. How many.
    Result<std::size_t> sweep();

private:
    db::Database& records_;
    const Clock& clock_;
};

}  // namespace cairn::identity
