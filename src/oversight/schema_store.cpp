#include "oversight/schema.h"

namespace cairn::oversight {
namespace {

constexpr db::Migration kMigrations[] = {
    {1,
     // How far each log was entered into the tables below.
     "CREATE TABLE followed_log ("
     "  log INTEGER PRIMARY KEY REFERENCES audit_log (id),"
     "  entered INTEGER NOT NULL"
     ") STRICT;"
     // What entries are found by; what they say is read from the log itself. Empty texts: the act
     // had none, or what is stored is no entry.
     "CREATE TABLE indexed_act ("
     "  log INTEGER NOT NULL,"
     "  place INTEGER NOT NULL,"
     "  time INTEGER NOT NULL,"
     "  actor TEXT NOT NULL,"
     "  operation TEXT NOT NULL,"
     "  case_id TEXT NOT NULL,"
     "  outcome INTEGER NOT NULL,"
     "  PRIMARY KEY (log, place)"
     ") STRICT, WITHOUT ROWID;"
     // With the operation: somebody's rare acts are found without looking at all of theirs.
     "CREATE INDEX indexed_act_actor ON indexed_act (log, actor, place, operation, outcome);"
     "CREATE INDEX indexed_act_operation ON indexed_act (log, operation, place, outcome);"
     "CREATE INDEX indexed_act_failed ON indexed_act (log, outcome, place) WHERE outcome <> 0;"
     "CREATE INDEX indexed_act_case ON indexed_act (log, case_id, place) WHERE case_id <> '';"
     "CREATE TABLE indexed_object ("
     "  log INTEGER NOT NULL,"
     "  object TEXT NOT NULL,"
     "  place INTEGER NOT NULL,"
     "  PRIMARY KEY (log, object, place)"
     ") STRICT, WITHOUT ROWID;"
     // Acts lie nearly in the order of their times. A span of places, and the times in it.
     "CREATE TABLE indexed_span ("
     "  log INTEGER NOT NULL,"
     "  span INTEGER NOT NULL,"
     "  time_min INTEGER NOT NULL,"
     "  time_max INTEGER NOT NULL,"
     "  PRIMARY KEY (log, span)"
     ") STRICT, WITHOUT ROWID;"

     // As a witness: the last checkpoint cosigned of each log of others.
     "CREATE TABLE witnessed_log ("
     "  origin TEXT PRIMARY KEY,"
     "  size INTEGER NOT NULL,"
     "  root BLOB NOT NULL,"
     "  note TEXT NOT NULL"
     ") STRICT, WITHOUT ROWID;"
     // Checkpoints that such a log signed and that do not continue the cosigned one.
     "CREATE TABLE contradicting_note ("
     "  origin TEXT NOT NULL,"
     "  size INTEGER NOT NULL,"
     "  root BLOB NOT NULL,"
     "  note TEXT NOT NULL,"
     "  beside TEXT NOT NULL,"  // the note cosigned at that time
     "  status INTEGER NOT NULL,"
     "  seen INTEGER NOT NULL,"
     "  PRIMARY KEY (origin, size, root)"
     ") STRICT, WITHOUT ROWID"},
};

}  // namespace

const db::Schema kSchema{"oversight", kMigrations};

}  // namespace cairn::oversight
