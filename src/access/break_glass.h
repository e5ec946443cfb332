#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "access/gate.h"

namespace cairn::access {

// Break-glass: when a life is in danger, somebody may read a case that is not theirs, for an hour,
// and answers for it afterwards (safeguards, section 4).

struct BreakGlassLimits {
    std::chrono::seconds duration = std::chrono::minutes(60);
    std::chrono::seconds review = std::chrono::hours(24);
    std::size_t reason_characters_min = 30;
};

enum class BreakGlassFinding : std::uint8_t { justified, not_justified };

std::string_view name_of(BreakGlassFinding finding);

struct BreakGlass {
    BreakGlassId id;
    UserId user;
    CaseId case_id;
    std::string reason{};
    UtcTime opened{};
    UtcTime ends{};
    UtcTime review_due{};
    std::optional<UtcTime> escalated{};
    std::optional<UserId> reviewed_by{};
    std::optional<UtcTime> reviewed{};
    std::optional<BreakGlassFinding> finding{};
};

class BreakGlasses {
public:
    BreakGlasses(Gate& gate, const BreakGlassLimits& limits) : gate_(gate), limits_(limits) {}

    /// Opens one case of which the user knows that it exists, for reading. Alerts the supervisors
    /// and auditors of the user's agency and of the one that owns the case. Refused while an
    /// earlier one of the user is overdue for review.
    Result<BreakGlassId> open(
        const Actor& actor, const Ground& ground, const CaseId& case_id, const std::string& reason
    );
    /// By another person than who broke it; once.
    Status review(
        const Actor& actor, const Ground& ground, const BreakGlassId& id, BreakGlassFinding finding
    );
    /// Of the agency, as they were opened.
    Result<std::vector<BreakGlass>> list(
        const Actor& actor,
        const Ground& ground,
        const std::optional<Cursor<BreakGlassId>>& after,
        std::int64_t limit
    );

    /// Tells the heads of agencies of what was not reviewed in time, each once. To be run at least
    /// hourly. How many.
    Result<std::size_t> escalate_overdue();

private:
    Gate& gate_;
    BreakGlassLimits limits_;
};

// In the records; no permission is asked here.
/// The one of this user on this case that is open now.
Result<std::optional<BreakGlassId>> open_break_glass(
    db::Database& records, const UserId& user, const CaseId& case_id, UtcTime now
);

using AlertId = Id<struct AlertIdTag>;

/// What somebody has to know of.
struct Alert {
    Role role{};
    std::string kind{};
    std::string object{};  ///< typed id
    UtcTime raised{};
};

/// For those of the agency who have this role. Within a transaction.
Status raise_alert(db::Database& records, const AgencyId& agency, const Alert& alert);

enum class AlertState : std::uint8_t { unseen, seen };

/// An alert in the records.
struct KeptAlert {
    AlertId id;
    Alert alert{};
    std::optional<UtcTime> seen{};
    std::optional<UserId> seen_by{};
};

/// What was raised for the actor's roles, in this state or any, as it was raised.
Result<std::vector<KeptAlert>> alerts(
    Gate& gate,
    const Actor& actor,
    const Ground& ground,
    std::optional<AlertState> state,
    const std::optional<Cursor<AlertId>>& after,
    std::int64_t limit
);
/// Marks an alert for one of the actor's roles as seen; who saw it first stays on it.
/// Not for auditors, who change nothing. Errc::not_found.
Status mark_alert_seen(Gate& gate, const Actor& actor, const Ground& ground, const AlertId& id);

}  // namespace cairn::access
