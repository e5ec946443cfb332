#pragma once

#include <string>
#include <string_view>

#include "hashlist/list_record.h"

namespace cairn::hashlist {

/// Whether the head is that of an SQLite file, as NSRL RDS v3 is.
bool is_sqlite(std::string_view head);

/// Reads the digests of an NSRL RDS v3 database, opened read-only and immutable. Runs no code of
/// the file: no triggers, no functions in views, no extensions.
Status read_nsrl_sqlite(const std::string& path, RecordSink& sink);

}  // namespace cairn::hashlist
