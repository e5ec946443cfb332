#pragma once

#include <functional>
#include <string>

#include "db/database.h"

namespace cairn::db {

struct BackupProgress {
    std::uint64_t bytes_done = 0;
    std::uint64_t bytes_total = 0;  ///< 0 when nobody knows
};
using ReportBackup = std::function<void(const BackupProgress&)>;

/// Writes a database as it stands at one moment into one new file (mode 0600), while others go on
/// working with it, reads it back whole and makes it durable. Of the table `without_rows`, where
/// one is named and there, the rows are left out, without a trace. Of an SQLite file it is an
/// SQLite file; of a PostgreSQL database it is pg_dump's custom format, and that program must be
/// there. Errc::conflict when the file exists. The file's size.
Result<std::uint64_t> back_up(
    const std::string& location,
    const std::string& file,
    const std::string& without_rows,
    const ReportBackup& report
);

/// Makes a database of such a file, whole or not at all: an SQLite file where none is, or in a
/// PostgreSQL database without tables. Errc::conflict when the place is not empty, invalid_argument
/// when the file is not a backup of the place's engine, corrupt_data when it is damaged.
Status restore(const std::string& file, const std::string& location, const ReportBackup& report);

}  // namespace cairn::db
