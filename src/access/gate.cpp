#include "access/gate.h"

#include <algorithm>

#include <fmt/format.h>

#include "access/approval.h"
#include "access/authority_store.h"
#include "access/break_glass.h"

namespace cairn::access {
namespace {

Error refuse(Permit& permit, std::string_view code, std::string_view message) {
    permit.refusal = code;
    return fail(Errc::permission_denied, "{}: {}", permit.operation.name, message);
}

/// In the same words for what is hidden and for what is not there.
Error no_such_case(Permit& permit, const CaseId& id) {
    permit.refusal = "no_such_case";
    return fail(Errc::not_found, "no case {}", id.text());
}

/// The level that somebody needs in the case. That a case exists is enough to be shown it: what is
/// shown then goes by the level.
Level level_needed(const Operation& operation) {
    if (operation.id == OperationId::break_glass_open) return Level::exists;
    if (operation.kind == Kind::change) return Level::work;
    return operation.id == OperationId::case_show ? Level::exists : Level::read;
}

/// The role that is put on record: the first that allows it.
std::string_view acting_role(const Permit& permit) {
    for (const Role role : kRoles) {
        if (permit.actor.roles.contains(role) && permit.operation.roles.contains(role)) {
            return name_of(role);
        }
    }
    return {};
}

std::string_view reason_of(const Permit& permit, const Error& error) {
    if (!permit.refusal.empty()) return permit.refusal;
    if (!error.reason.empty()) return error.reason;
    switch (error.code) {
        case Errc::invalid_argument:
            return "invalid_argument";
        case Errc::not_found:
            return "not_found";
        case Errc::conflict:
            return "conflict";
        case Errc::permission_denied:
            return "permission_denied";
        case Errc::limit_exceeded:
            return "limit_exceeded";
        default:
            return "failed";
    }
}

/// With the code for programs, where the work gave one.
Error told(const Error& error, const Permit& permit) {
    if (permit.refusal.empty()) return error;
    return Error(error).because(permit.refusal);
}

}  // namespace

Status check_revision(const Ground& ground, std::int64_t present) {
    if (!ground.revision || *ground.revision == present) return ok();
    return fail(
               Errc::conflict,
               "it is at revision {} now, not {}: look at it again",
               present,
               *ground.revision
    )
        .because("changed_meanwhile");
}

Gate::Gate(Parts parts, Installation installation)
    : parts_(std::move(parts)),
      installation_(std::move(installation)),
      visibility_(parts_.records) {}

Result<std::unique_ptr<Gate>> Gate::open(Parts parts) {
    auto installation = CAIRN_TRY(stored_installation(parts.records));
    return std::unique_ptr<Gate>(new Gate(std::move(parts), std::move(installation)));
}

Status Gate::change(
    const Actor& actor, const Act& act, const std::function<Status(Permit&)>& work
) {
    const Permit fresh{.actor = actor, .operation = operation(act.operation)};
    std::optional<Permit> permit(fresh);
    Status done = parts_.records.transaction([&]() -> Status {
        permit.emplace(fresh);  // nothing stays of a run before
        // First: of what is done once, nothing may be open any more, such as its approval.
        CAIRN_TRY(check_once(actor, act));
        CAIRN_TRY(check(*permit, act));
        CAIRN_TRY(work(*permit));
        if (act.ground.once) {
            std::vector<std::string> objects = act.objects;
            const auto& more = permit->more_objects;
            objects.insert(objects.end(), more.begin(), more.end());
            CAIRN_TRY(store_once(parts_.records, actor.user, *act.ground.once, objects, permit->now)
            );
        }
        if (permit->operation.four_eyes && act.ground.approval) {
            CAIRN_TRY(store_executed(parts_.records, *act.ground.approval));
        }
        return parts_.log.append(entry_of(*permit, act, ok()));
    });
    if (done) return ok();
    CAIRN_TRY(leave(*permit, act, done));
    return told(done.error(), *permit);
}

Status Gate::check_once(const Actor& actor, const Act& act) {
    if (!act.ground.once) return ok();
    const auto objects =
        CAIRN_TRY(stored_once(parts_.records, actor.user, *act.ground.once, parts_.clock.now()));
    if (!objects) return ok();
    return fail(Errc::conflict, "{}: done already", operation(act.operation).name)
        .because("already_done");
}

Result<std::vector<std::string>> Gate::done_before(const Actor& actor, const Once& once) {
    auto objects = CAIRN_TRY(stored_once(parts_.records, actor.user, once, parts_.clock.now()));
    if (objects) return *std::move(objects);
    return fail(Errc::not_found, "nothing was done under this idempotency key");
}

Result<Permit> Gate::enter(const Actor& actor, const Act& act) {
    Permit permit{.actor = actor, .operation = operation(act.operation)};
    const Status allowed = check(permit, act);
    if (allowed) return permit;
    CAIRN_TRY(leave(permit, act, allowed));
    return told(allowed.error(), permit);
}

Status Gate::leave(const Permit& permit, const Act& act, const Status& outcome) {
    const Status recorded = parts_.record(entry_of(permit, act, outcome));
    if (recorded) return ok();
    return fail(
        Errc::unavailable,
        "{}: not done, since it cannot be put on record ({})",
        permit.operation.name,
        recorded.error().message
    );
}

Status Gate::check(Permit& permit, const Act& act) {
    permit.now = parts_.clock.now();
    CAIRN_TRY(check_rule(permit, act));
    CAIRN_TRY(check_case(permit, act));
    if (permit.operation.act) CAIRN_TRY(check_authority(permit, act));
    if (permit.operation.four_eyes) CAIRN_TRY(check_approval(act, permit));
    return ok();
}

Status Gate::check_rule(Permit& permit, const Act& act) {
    const Operation& rule = permit.operation;
    if (!rule.profiles.contains(permit.actor.profile)) {
        return refuse(permit, "profile_forbids", "not for an agency of this profile");
    }
    if (!rule.profiles.contains(installation_.profile)) {
        return refuse(permit, "installation_forbids", "not in an installation of this profile");
    }
    if (!rule.roles.intersects(permit.actor.roles)) {
        return refuse(permit, "role_forbids", "the user has none of the roles that may");
    }
    if (permit.actor.scope && !permit.actor.scope->contains(rule.id)) {
        return refuse(permit, "scope_forbids", "what was shown to get in is not good for it");
    }
    if (!act.ground.purpose) return refuse(permit, "purpose_required", "name the purpose");
    if (!rule.purposes.contains(*act.ground.purpose)) {
        return refuse(permit, "purpose_forbids", "not for this purpose");
    }
    return ok();
}

Status Gate::check_case(Permit& permit, const Act& act) {
    if (permit.operation.binding == Binding::none) return ok();
    if (!act.case_id) return refuse(permit, "case_required", "name the case");
    const auto found = CAIRN_TRY(visibility_.find(permit.actor, *act.case_id));
    if (!found) return no_such_case(permit, *act.case_id);
    permit.case_key = *found;
    if (permit.operation.break_glass && permit.case_key->level < Level::read) {
        permit.broken_glass =
            CAIRN_TRY(open_break_glass(parts_.records, permit.actor.user, *act.case_id, permit.now)
            );
        if (permit.broken_glass) permit.case_key->level = Level::read;
    }
    if (permit.case_key->level < level_needed(permit.operation)) {
        return refuse(permit, "level_too_low", "the user's level in this case does not allow it");
    }
    return ok();
}

Status Gate::check_authority(Permit& permit, const Act& act) {
    const AuthorityAct needed = *permit.operation.act;
    if (!profiles_of(needed).contains(permit.actor.profile) ||
        !profiles_of(needed).contains(installation_.profile)) {
        return refuse(permit, "profile_forbids", "not for an agency of this profile");
    }
    if (is_witness_bound(needed) && parts_.witnessed && !parts_.witnessed()) {
        return refuse(
            permit,
            "audit_unwitnessed",
            "no other organisation has vouched for the audit log for 24 hours; renew its witness"
        );
    }
    if (installation_.is_local) return ok();
    std::vector<ScopeItem> touches = act.touches;
    if (act.case_id) touches.push_back({ScopeKind::case_id, act.case_id->text()});
    const auto active =
        CAIRN_TRY(active_authorities(parts_.records, parts_.keys, permit.actor.agency));
    std::optional<AuthorityGap> gap;
    for (const Authority& authority : active) {
        if (act.ground.authority && authority.id != *act.ground.authority) continue;
        gap = gap_of(authority, needed, touches, permit.now);
        if (!gap) {
            permit.authority = authority.id;
            return ok();
        }
    }
    // The gap is told only of an authority that was named: others may have other reasons.
    const bool tell = act.ground.authority.has_value() && gap.has_value();
    return refuse(
        permit,
        tell ? name_of(*gap) : "authority_required",
        "no authority of the agency covers it; record one, or name the one that does"
    );
}

Status Gate::check_approval(const Act& act, Permit& permit) {
    if (installation_.is_local) return ok();
    constexpr std::string_view kCure = "it needs the approval of another person; request one";
    if (!act.ground.approval) return refuse(permit, "approval_required", kCure);
    const auto approval = CAIRN_TRY(
        stored_approval(parts_.records, parts_.keys, permit.actor.agency, *act.ground.approval)
    );
    if (!approval) return refuse(permit, "approval_required", kCure);
    const auto obstacle = execution_obstacle(*approval, permit.actor, act, permit.now);
    if (obstacle) return refuse(permit, *obstacle, kCure);
    return ok();
}

Status Gate::still_permitted(const Permit& permit, const Act& act) {
    Permit again{.actor = permit.actor, .operation = permit.operation};
    again.now = parts_.clock.now();
    Status standing = [&]() -> Status {
        CAIRN_TRY(check_rule(again, act));
        CAIRN_TRY(check_case(again, act));
        if (again.operation.act) CAIRN_TRY(check_authority(again, act));
        return ok();
    }();
    if (standing) return ok();
    CAIRN_TRY(leave(again, act, standing));
    return told(standing.error(), again);
}

audit::Entry Gate::entry_of(const Permit& permit, const Act& act, const Status& outcome) const {
    const Actor& actor = permit.actor;
    audit::Entry entry;
    entry.time = permit.now == UtcTime{} ? parts_.clock.now() : permit.now;
    entry.actor = actor.user.text();
    entry.agency = actor.agency.text();
    entry.role = acting_role(permit);
    entry.session = actor.session;
    entry.client = actor.client;
    entry.request = actor.request;
    if (act.ground.purpose) entry.purpose = name_of(*act.ground.purpose);
    if (permit.authority) entry.authority = permit.authority->text();
    if (act.case_id) entry.case_id = act.case_id->text();
    entry.operation = permit.operation.name;
    std::vector<std::string> objects = act.objects;
    objects.insert(objects.end(), permit.more_objects.begin(), permit.more_objects.end());
    if (permit.broken_glass) objects.push_back("break_glass:" + permit.broken_glass->text());
    entry.objects = audit::objects_of(std::move(objects));
    if (permit.operation.four_eyes && act.ground.approval) {
        entry.approval = act.ground.approval->text();
    }
    if (!outcome) {
        const bool refused =
            outcome.error().code == Errc::permission_denied || !permit.refusal.empty();
        entry.outcome = refused ? audit::Outcome::refused : audit::Outcome::error;
        entry.reason = reason_of(permit, outcome.error());
    }
    return entry;
}

}  // namespace cairn::access
