#pragma once

#include "db/database.h"

namespace cairn::jobs {

/// Refers to the tables of access and scan.
extern const db::Schema kSchema;

}  // namespace cairn::jobs
