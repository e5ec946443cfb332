#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "access/actor.h"
#include "access/authority.h"
#include "access/once.h"
#include "access/operation.h"
#include "access/people_store.h"
#include "access/visibility.h"
#include "audit/audit_log.h"
#include "db/database.h"
#include "keyring/key_ring.h"

namespace cairn::access {

/// On what ground somebody acts.
struct Ground {
    std::optional<Purpose> purpose{};
    /// This authority only; without it, any of the agency's that covers the act will do.
    std::optional<AuthorityId> authority{};
    std::optional<ApprovalId> approval{};
    /// Acts that change: asked again under the same name they are not done again, Errc::conflict
    /// (already_done); Errc::conflict (key_reused) when the name stood for another request.
    std::optional<Once> once{};
    /// Edits: what is edited must be at this revision still, Errc::conflict (changed_meanwhile)
    /// otherwise. Of an authority, its newest version.
    std::optional<std::int64_t> revision{};
};

/// Errc::conflict (changed_meanwhile) when the ground names another revision than the present one.
Status check_revision(const Ground& ground, std::int64_t present);

/// What somebody wants to do.
struct Act {
    OperationId operation{};
    Ground ground{};
    std::optional<CaseId> case_id{};
    /// What the act touches, for the authority's scope.
    std::vector<ScopeItem> touches{};
    /// Typed ids for the record ("user:5f0c...").
    std::vector<std::string> objects{};
    /// Canonical JSON of all that decides what will happen: what was approved must be what is done.
    std::string parameters = "{}";
};

/// Leave to do one act, for as long as the work runs.
struct Permit {
    const Actor& actor;
    const Operation& operation;
    UtcTime now{};
    /// Of the case that the act is bound to.
    std::optional<CaseKey> case_key{};
    std::optional<AuthorityId> authority{};
    std::optional<BreakGlassId> broken_glass{};
    /// Typed ids that the work learnt only while it ran; they are put on record too.
    std::vector<std::string> more_objects{};
    /// Set by work that refuses: the code for the record and for Error::reason. A literal. Errors
    /// that are no refusal bring their own reason, which is put on record as well.
    std::string_view refusal{};
};

/// The only way to do anything with what agencies keep: every function of the modules above goes
/// through it. Checks, does and records an act in one transaction; records what it refuses as well.
/// An act that cannot be recorded is not done, a read that cannot be recorded is not answered
/// (Errc::unavailable). One thread at a time.
class Gate {
public:
    struct Parts {
        db::Database& records;
        keyring::KeyRing& keys;
        audit::AuditLog& log;
        const Clock& clock;
        /// Returns when the entry is durable, as audit::AuditQueue::append does.
        std::function<Status(audit::Entry)> record;
        /// True while another organisation vouches for the log, or none was asked to.
        std::function<bool()> witnessed;
    };

    /// The records must have kSchema and an installation.
    static Result<std::unique_ptr<Gate>> open(Parts parts);

    /// An act that changes something. `work` may run again (see Database::transaction).
    /// Errc::permission_denied with the reason; Errc::not_found for what the actor may not know of,
    /// in the same words as for what is not there.
    Status change(const Actor& actor, const Act& act, const std::function<Status(Permit&)>& work);

    /// The typed ids of what came of an act that was done already: of what it touched and of what
    /// it made. Errc::not_found when none was, or over kOnceRemembered ago; Errc::conflict
    /// (key_reused).
    Result<std::vector<std::string>> done_before(const Actor& actor, const Once& once);

    /// An act that only reads. What `work` read is returned once it is on record that it was.
    template <typename Answer>
    Result<Answer> read(
        const Actor& actor, const Act& act, const std::function<Result<Answer>(Permit&)>& work
    ) {
        auto permit = CAIRN_TRY(enter(actor, act));
        Result<Answer> answer = work(permit);
        if (answer) {
            CAIRN_TRY(leave(permit, act, ok()));
            return answer;
        }
        CAIRN_TRY(leave(permit, act, answer.error()));
        if (permit.refusal.empty()) return answer;
        return Error(answer.error()).because(permit.refusal);
    }

    /// An act whose work takes long or changes what is not in the records: files. It is put on
    /// record before it begins ("stage:begun" among its objects), and again as it ended.
    template <typename Answer>
    Result<Answer> perform(
        const Actor& actor, const Act& act, const std::function<Result<Answer>(Permit&)>& work
    ) {
        auto permit = CAIRN_TRY(enter(actor, act));
        Act begun = act;
        begun.objects.push_back("stage:begun");
        CAIRN_TRY(leave(permit, begun, ok()));
        Result<Answer> answer = work(permit);
        CAIRN_TRY(leave(permit, act, answer ? ok() : Status(Error(answer.error()))));
        if (answer || permit.refusal.empty()) return answer;
        return Error(answer.error()).because(permit.refusal);
    }

    /// For work that goes on for long: whether the actor, as they are now, may still do it, and the
    /// authority it began under still stands. To be asked at least once a minute (P2).
    Status still_permitted(const Permit& permit, const Act& act);

    const Installation& installation() const { return installation_; }
    db::Database& records() const { return parts_.records; }
    keyring::KeyRing& keys() const { return parts_.keys; }
    const Clock& clock() const { return parts_.clock; }
    Visibility& visibility() { return visibility_; }

private:
    Gate(Parts parts, Installation installation);

    Status check_once(const Actor& actor, const Act& act);
    /// The permit, or the error with permit.refusal set: both are to be recorded.
    Status check(Permit& permit, const Act& act);
    /// What the table of operations alone says.
    Status check_rule(Permit& permit, const Act& act);
    Status check_case(Permit& permit, const Act& act);
    Status check_authority(Permit& permit, const Act& act);
    Status check_approval(const Act& act, Permit& permit);
    Result<Permit> enter(const Actor& actor, const Act& act);
    Status leave(const Permit& permit, const Act& act, const Status& outcome);
    audit::Entry entry_of(const Permit& permit, const Act& act, const Status& outcome) const;

    Parts parts_;
    Installation installation_;
    Visibility visibility_;
};

}  // namespace cairn::access
