#include "identity/housekeeping.h"

#include <functional>

#include "identity/api_key.h"
#include "identity/invitation.h"
#include "identity/lock_out.h"
#include "identity/openid_attempt.h"

namespace cairn::identity {
namespace {

using Sweep = std::function<Result<std::size_t>()>;

/// In a transaction of its own, since another server may be sweeping the same rows.
Result<std::size_t> swept(db::Database& records, const Sweep& sweep) {
    std::size_t count = 0;
    CAIRN_TRY(records.transaction([&]() -> Status {
        count = CAIRN_TRY(sweep());
        return ok();
    }));
    return count;
}

void keep(
    HousekeepingReport& report,
    std::size_t& count,
    std::string_view doing,
    Result<std::size_t> outcome
) {
    if (outcome) {
        count = *outcome;
    } else {
        report.failures.push_back(std::move(outcome).error().with_context(doing));
    }
}

}  // namespace

HousekeepingReport keep_house(
    access::Gate& gate,
    const SessionLimits& session_limits,
    const access::BreakGlassLimits& break_glass_limits
) {
    db::Database& records = gate.records();
    const Clock& clock = gate.clock();
    HousekeepingReport report;
    keep(report, report.sessions, "sweeping sessions", swept(records, [&] {
             return Sessions(records, clock, session_limits).sweep();
         }));
    keep(report, report.lock_outs, "sweeping failed sign-ins", swept(records, [&] {
             return LockOut(records, clock, {}).sweep();
         }));
    keep(report, report.invitations, "sweeping invitations", swept(records, [&] {
             return Invitations(records, clock).sweep();
         }));
    keep(report, report.openid_attempts, "sweeping sign-ins at providers", swept(records, [&] {
             return OpenidAttempts(records, clock).sweep();
         }));
    keep(report, report.api_keys, "sweeping API keys", swept(records, [&] {
             return sweep_api_keys(records, clock.now());
         }));
    keep(report, report.once, "sweeping idempotency keys", swept(records, [&] {
             return access::sweep_once(records, clock.now());
         }));
    keep(
        report,
        report.escalated,
        "escalating break-glasses",
        access::BreakGlasses(gate, break_glass_limits).escalate_overdue()
    );
    return report;
}

}  // namespace cairn::identity
