#pragma once

#include <vector>

#include "access/break_glass.h"
#include "identity/session.h"

namespace cairn::identity {

/// What one round of housekeeping took away or passed on, and what it could not do.
struct HousekeepingReport {
    std::size_t sessions = 0;
    std::size_t lock_outs = 0;  ///< counters of failures
    std::size_t invitations = 0;
    std::size_t openid_attempts = 0;
    std::size_t api_keys = 0;
    std::size_t once = 0;       ///< names of acts that are remembered no longer
    std::size_t escalated = 0;  ///< break-glasses that were not reviewed in time
    std::vector<Error> failures{};
};

/// Takes away what is over and escalates what is overdue; to be run once a minute. Each task stands
/// by itself: what fails is reported, and tried again the next time. Several servers may do it at
/// once. Outside of transactions.
HousekeepingReport keep_house(
    access::Gate& gate,
    const SessionLimits& session_limits,
    const access::BreakGlassLimits& break_glass_limits
);

}  // namespace cairn::identity
