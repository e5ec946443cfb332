#include "access/authorities.h"

#include <algorithm>

namespace cairn::access {
namespace {

std::string object_of(const AuthorityId& id) {
    return "authority:" + id.text();
}

Act act_on(OperationId operation, const Ground& ground, const AuthorityId& id) {
    return {.operation = operation, .ground = ground, .objects = {object_of(id)}};
}

bool is_grave(AuthorityActs acts) {
    return std::any_of(kAuthorityActs.begin(), kAuthorityActs.end(), [&](AuthorityAct act) {
        return acts.contains(act) && needs_second_person(act);
    });
}

const Authority* in_state(const std::vector<Authority>& versions, AuthorityState state) {
    const auto found = std::find_if(versions.begin(), versions.end(), [&](const Authority& one) {
        return one.state == state;
    });
    return found == versions.end() ? nullptr : &*found;
}

Status check_profile(const Actor& actor, AuthorityActs acts) {
    for (const AuthorityAct act : kAuthorityActs) {
        if (!acts.contains(act) || profiles_of(act).contains(actor.profile)) continue;
        return fail(
            Errc::invalid_argument,
            "an agency of profile {} may never {}",
            name_of(actor.profile),
            name_of(act)
        );
    }
    return ok();
}

}  // namespace

Result<std::vector<Authority>> Authorities::versions(const Actor& actor, const AuthorityId& id) {
    auto all = CAIRN_TRY(authority_versions(gate_.records(), gate_.keys(), actor.agency, id));
    if (all.empty()) return fail(Errc::not_found, "no authority {}", id.text());
    return all;
}

Result<AuthorityId> Authorities::draft(
    const Actor& actor, const Ground& ground, const AuthorityTerms& terms
) {
    const auto id = crypto::random_id<AuthorityId>();
    const Act act = {.operation = OperationId::authority_draft, .ground = ground};
    CAIRN_TRY(gate_.change(actor, act, [&](Permit& permit) -> Status {
        CAIRN_TRY(check_terms(terms, limits_));
        CAIRN_TRY(check_profile(actor, terms.acts));
        const Authority authority = {
            .id = id,
            .terms = terms,
            .created_by = actor.user,
            .approved_by = std::nullopt,
            .created = permit.now,
        };
        permit.more_objects = {object_of(id)};
        return insert_authority(gate_.records(), gate_.keys(), actor.agency, authority);
    }));
    return id;
}

Status Authorities::amend(
    const Actor& actor, const Ground& ground, const AuthorityId& id, const AuthorityTerms& terms
) {
    const Act act = act_on(OperationId::authority_amend, ground, id);
    return gate_.change(actor, act, [&](Permit& permit) -> Status {
        CAIRN_TRY(check_terms(terms, limits_));
        CAIRN_TRY(check_profile(actor, terms.acts));
        const auto all = CAIRN_TRY(versions(actor, id));
        CAIRN_TRY(check_revision(ground, all.front().version));
        if (in_state(all, AuthorityState::draft) != nullptr) {
            return fail(Errc::conflict, "authority {} has a draft that waits", id.text())
                .because("draft_waits");
        }
        if (in_state(all, AuthorityState::revoked) != nullptr) {
            return fail(Errc::conflict, "authority {} is revoked; draft a new one", id.text())
                .because("revoked_already");
        }
        const Authority authority = {
            .id = id,
            .version = all.front().version + 1,
            .terms = terms,
            .created_by = actor.user,
            .approved_by = std::nullopt,
            // Lists go on by it: no two versions are of one instant.
            .created = std::max(permit.now, all.front().created + std::chrono::microseconds(1)),
        };
        return insert_authority(gate_.records(), gate_.keys(), actor.agency, authority);
    });
}

Status Authorities::activate(const Actor& actor, const Ground& ground, const AuthorityId& id) {
    const Act act = act_on(OperationId::authority_activate, ground, id);
    return gate_.change(actor, act, [&](Permit& permit) -> Status {
        const auto all = CAIRN_TRY(versions(actor, id));
        CAIRN_TRY(check_revision(ground, all.front().version));
        const Authority* next = in_state(all, AuthorityState::draft);
        if (next == nullptr) next = in_state(all, AuthorityState::suspended);
        if (next == nullptr) {
            return fail(Errc::conflict, "authority {} has nothing to put in force", id.text())
                .because("nothing_to_activate");
        }
        if (is_grave(next->terms.acts) && next->created_by == actor.user) {
            permit.refusal = "approver_is_requester";
            return fail(
                Errc::permission_denied, "authority {}: another person must activate it", id.text()
            );
        }
        if (permit.now >= next->terms.ends) {
            return fail(Errc::conflict, "authority {} has ended; amend it", id.text())
                .because("authority_ended");
        }
        for (const Authority& older : all) {
            if (older.version == next->version || older.state == AuthorityState::replaced) continue;
            CAIRN_TRY(store_authority_state(
                gate_.records(), id, older.version, AuthorityState::replaced, std::nullopt
            ));
        }
        return store_authority_state(
            gate_.records(), id, next->version, AuthorityState::active, actor.user
        );
    });
}

Status Authorities::suspend(const Actor& actor, const Ground& ground, const AuthorityId& id) {
    const Act act = act_on(OperationId::authority_suspend, ground, id);
    return gate_.change(actor, act, [&](Permit&) -> Status {
        const auto all = CAIRN_TRY(versions(actor, id));
        CAIRN_TRY(check_revision(ground, all.front().version));
        const Authority* active = in_state(all, AuthorityState::active);
        if (active == nullptr) {
            return fail(Errc::conflict, "authority {} is not in force", id.text())
                .because("not_in_force");
        }
        return store_authority_state(
            gate_.records(), id, active->version, AuthorityState::suspended, std::nullopt
        );
    });
}

Status Authorities::revoke(const Actor& actor, const Ground& ground, const AuthorityId& id) {
    const Act act = act_on(OperationId::authority_revoke, ground, id);
    return gate_.change(actor, act, [&](Permit&) -> Status {
        const auto all = CAIRN_TRY(versions(actor, id));
        CAIRN_TRY(check_revision(ground, all.front().version));
        if (in_state(all, AuthorityState::revoked) != nullptr) {
            return fail(Errc::conflict, "authority {} is revoked already", id.text())
                .because("revoked_already");
        }
        for (const Authority& one : all) {
            if (one.state == AuthorityState::replaced) continue;
            CAIRN_TRY(store_authority_state(
                gate_.records(), id, one.version, AuthorityState::revoked, std::nullopt
            ));
        }
        return ok();
    });
}

Result<std::vector<Authority>> Authorities::list(
    const Actor& actor,
    const Ground& ground,
    const AuthorityFilter& filter,
    const std::optional<Cursor<AuthorityId>>& after,
    std::int64_t limit
) {
    const Act act = {.operation = OperationId::authority_list, .ground = ground};
    using Rows = std::vector<Authority>;
    return gate_.read<Rows>(actor, act, [&](Permit&) {
        return stored_authorities(
            gate_.records(), gate_.keys(), actor.agency, filter, after, limit
        );
    });
}

Result<std::vector<Authority>> Authorities::show(
    const Actor& actor, const Ground& ground, const AuthorityId& id
) {
    const Act act = act_on(OperationId::authority_show, ground, id);
    using Rows = std::vector<Authority>;
    return gate_.read<Rows>(actor, act, [&](Permit&) { return versions(actor, id); });
}

}  // namespace cairn::access
