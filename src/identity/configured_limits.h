#pragma once

#include "access/approval.h"
#include "access/break_glass.h"
#include "config/configuration.h"
#include "identity/lock_out.h"
#include "identity/session.h"

namespace cairn::identity {

/// All limits that an installation's configuration sets for access and identity.
struct ConfiguredLimits {
    SessionLimits session{};
    LockOutLimits lock_out{};
    access::FourEyesLimits four_eyes{};
    access::BreakGlassLimits break_glass{};
    access::AuthorityLimits authority{};
};

ConfiguredLimits limits_of(const config::Configuration& configuration);

}  // namespace cairn::identity
