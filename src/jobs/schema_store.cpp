#include "jobs/schema.h"

namespace cairn::jobs {
namespace {

// Times are microseconds of UTC. What somebody asked for (folders, patterns) and why a scan failed
// are sealed under the key of the case.
constexpr db::Migration kMigrations[] = {
    {1,
     "CREATE TABLE scan_job ("
     "  number INTEGER PRIMARY KEY,"
     "  id BLOB NOT NULL UNIQUE,"
     "  case_number INTEGER NOT NULL REFERENCES case_file (number) ON DELETE CASCADE,"
     "  case_id BLOB NOT NULL,"
     // None before it ran first.
     "  scan INTEGER REFERENCES scan (id) ON DELETE CASCADE,"
     "  agency BLOB NOT NULL REFERENCES agency (id),"
     "  user_id BLOB NOT NULL REFERENCES user_account (id),"
     "  purpose TEXT NOT NULL,"
     "  request BLOB NOT NULL,"
     "  state TEXT NOT NULL,"
     "  reason TEXT NOT NULL,"
     "  error BLOB,"
     "  requested INTEGER NOT NULL,"
     "  started INTEGER,"
     "  updated INTEGER,"
     "  ended INTEGER,"
     // Of the run at work, or the last one: what it did so far, and since when.
     "  run_started INTEGER,"
     "  run_bytes INTEGER NOT NULL,"
     "  files INTEGER NOT NULL,"
     "  bytes INTEGER NOT NULL,"
     "  files_total INTEGER,"
     "  bytes_total INTEGER,"
     "  matches INTEGER NOT NULL,"
     "  problems INTEGER NOT NULL,"
     // The server that runs it, for as long as it says so, and how often one did not come back.
     "  runner BLOB,"
     "  lease_until INTEGER,"
     "  lost_runs INTEGER NOT NULL"
     ") STRICT;"
     "CREATE INDEX scan_job_case ON scan_job (case_number, requested);"
     "CREATE INDEX scan_job_agency ON scan_job (agency, state);"
     "CREATE INDEX scan_job_open ON scan_job (number)"
     "  WHERE state IN ('waiting', 'running', 'stopping');"},
};

}  // namespace

const db::Schema kSchema = {.name = "jobs", .migrations = kMigrations};

}  // namespace cairn::jobs
