#pragma once

#include "db/database.h"

namespace cairn::identity {

/// Passwords, second factors, sessions, invitations, certificates. After access::kSchema.
extern const db::Schema kSchema;

}  // namespace cairn::identity
