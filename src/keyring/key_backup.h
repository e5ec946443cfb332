#pragma once

#include <string>

#include "base/utc_time.h"
#include "db/database.h"

namespace cairn::keyring {

// Wrapped keys are kept apart from backups of the records, and shorter: a key that was destroyed
// must not come back with an old copy.

/// The table that backups of records leave empty.
inline constexpr const char* kKeyTable = "wrapped_key";

/// A backup of keys serves no longer than this (safeguards, section 7).
inline constexpr std::chrono::days kKeyBackupLife{35};

/// Writes the wrapped keys into one new file (mode 0600), durable. They are of no use without the
/// master key. Errc::conflict when the file exists. How many.
Result<std::size_t> back_up_keys(db::Database& records, const std::string& file, UtcTime now);

/// Puts the keys of such a file into records that have none, all or none. How many.
/// Errc::conflict when there are keys, invalid_argument when it is no such file, corrupt_data when
/// it is damaged, limit_exceeded when it is older than kKeyBackupLife.
Result<std::size_t> restore_keys(db::Database& records, const std::string& file, UtcTime now);

}  // namespace cairn::keyring
