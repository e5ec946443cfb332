#pragma once

#include <string>

#include "db/database.h"

namespace cairn::records {

// The role that a server connects as owns nothing and has just the rights that the code uses, so
// that whoever takes the server over cannot rewrite what was put on record before.

/// Gives `role` its rights on the tables of the records and takes away all others, and puts guards
/// on those of the audit log, in one transaction. `owner` is connected as the owner of the tables,
/// which are up to date. Errc::not_found when there is no such role, conflict when it has more
/// rights than it may have and they are not the owner's to take, unsupported on SQLite.
Status grant_server_role(db::Database& owner, const std::string& role);

}  // namespace cairn::records
