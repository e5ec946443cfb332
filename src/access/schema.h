#pragma once

#include "db/database.h"

namespace cairn::access {

/// Agencies, people, cases and who sees them, authorities, approvals.
extern const db::Schema kSchema;

}  // namespace cairn::access
