#pragma once

#include "db/database.h"

namespace cairn::oversight {

/// What is found in the logs, and what a witness remembers. After audit::log_schema().
extern const db::Schema kSchema;

}  // namespace cairn::oversight
