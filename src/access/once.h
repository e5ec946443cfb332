#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "access/ids.h"
#include "base/utc_time.h"
#include "crypto/digest.h"
#include "db/database.h"

namespace cairn::access {

/// What was done is remembered so long.
inline constexpr std::chrono::hours kOnceRemembered{24};

/// A client's own name for one act, so that asking again, when no answer came, does it only once.
struct Once {
    crypto::Sha256 key{};      ///< digest of the name; each user has their own
    crypto::Sha256 request{};  ///< digest of all that was asked for
    auto operator<=>(const Once&) const = default;
};

// In the records; no permission is asked here.
/// The typed ids of what came of an act of this name; nullopt when it was not done, or long ago.
/// Errc::conflict (key_reused) when the name stood for another request.
Result<std::optional<std::vector<std::string>>> stored_once(
    db::Database& records, const UserId& user, const Once& once, UtcTime now
);
/// Within the act's transaction.
Status store_once(
    db::Database& records,
    const UserId& user,
    const Once& once,
    const std::vector<std::string>& objects,
    UtcTime now
);
/// Deletes what is remembered no longer. How many. Within a transaction.
Result<std::size_t> sweep_once(db::Database& records, UtcTime now);

}  // namespace cairn::access
