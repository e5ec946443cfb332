#pragma once

#include <chrono>

#include "base/utc_time.h"
#include "crypto/secret.h"
#include "db/database.h"

namespace cairn::identity {

/// Safeguards A7: after so many failures the next attempt waits, twice as long each time.
struct LockOutLimits {
    std::int64_t failures_max = 5;
    std::chrono::seconds first_delay{10 * 60};
};

inline constexpr std::chrono::hours kLongestDelay{24};
/// Failures are forgotten so long after the last delay.
inline constexpr std::chrono::hours kFailuresRemembered{24};

/// A network may fail so often at once, and then once in kNetworkFailureEvery: room for an office
/// behind one address, none for guessing across accounts.
inline constexpr int kNetworkFailuresMax = 30;
inline constexpr std::chrono::minutes kNetworkFailureEvery{5};

/// How long the next attempt has to wait after so many failures.
std::chrono::microseconds delay_after(std::int64_t failures, const LockOutLimits& limits);

/// Counts failures. Whoever is counted is a keyed tag: those unknown here are counted like all
/// others. An attempt counts as failed from its beginning, so that many at once gain nothing. All
/// within the caller's transaction.
class LockOut {
public:
    LockOut(db::Database& records, const Clock& clock, const LockOutLimits& limits)
        : records_(records), clock_(clock), limits_(limits) {}

    /// Takes one attempt; false, and nothing is counted, while the subject is locked.
    Result<bool> take_attempt(const crypto::Tag256& subject);
    /// Forgets the failures of a subject.
    Status succeeded(const crypto::Tag256& subject);

    /// Takes one of the network's attempts; false when it has none left.
    Result<bool> take_network_attempt(const crypto::Tag256& network);
    /// Gives one back that was no failure.
    Status return_network_attempt(const crypto::Tag256& network);

    /// Deletes what no longer counts. How many rows.
    Result<std::size_t> sweep();

private:
    db::Database& records_;
    const Clock& clock_;
    LockOutLimits limits_;
};

}  // namespace cairn::identity
