#pragma once

#include "db/backup.h"

namespace cairn::db {

// What an engine does for backup.h.

/// Copies an SQLite database as it stands at one moment over the empty file `to`, and checks the
/// copy whole. The table `without_rows` is emptied in it. Not durable yet.
Status copy_sqlite_file(
    const std::string& from,
    const std::string& to,
    const std::string& without_rows,
    const ReportBackup& report
);

/// pg_dump into the empty file `to`, then reads that whole.
Status dump_postgresql(
    const std::string& location,
    const std::string& to,
    const std::string& without_rows,
    const ReportBackup& report
);
/// pg_restore in one transaction.
Status restore_postgresql(
    const std::string& file, const std::string& location, const ReportBackup& report
);

}  // namespace cairn::db
