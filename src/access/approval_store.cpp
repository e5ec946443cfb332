#include <fmt/format.h>

#include "access/approval.h"
#include "access/names.h"

namespace cairn::access {
namespace {

constexpr std::size_t kReasonBytesMax = 4'000;
constexpr std::size_t kParametersBytesMax = 65'536;

constexpr std::string_view kColumns =
    "SELECT id, operation, case_id, parameters, digest, reason, state, requested_by, "
    "requester_session, requested, expires, decided_by, decided, refusal FROM approval ";

keyring::Place place_of(std::string_view column, const ApprovalId& id) {
    return {.column = column, .row = id.bytes()};
}

Result<OperationId> operation_from(std::string_view name) {
    for (const Operation& one : operations()) {
        if (one.name == name) return one.id;
    }
    return fail(Errc::corrupt_data, "approval: no operation '{}'", name);
}

Result<ApprovalState> state_from(std::string_view name) {
    for (const ApprovalState state : kApprovalStates) {
        if (name_of(state) == name) return state;
    }
    return fail(Errc::corrupt_data, "approval: no state '{}'", name);
}

Result<Approval> approval_from(
    keyring::KeyRing& keys, const keyring::KeyId& key, db::Statement& row
) {
    const auto id = CAIRN_TRY(stored_id<ApprovalId>(row.bytes(0)));
    const auto requested_by = CAIRN_TRY(stored_id<UserId>(row.bytes(7)));
    Approval approval = {.id = id, .requested_by = requested_by};
    approval.operation = CAIRN_TRY(operation_from(row.text(1)));
    if (!row.is_null(2)) approval.case_id = CAIRN_TRY(stored_id<CaseId>(row.bytes(2)));
    approval.parameters =
        CAIRN_TRY(keys.unseal(key, row.bytes(3), place_of("approval.parameters", id)));
    const Bytes digest = row.bytes(4);
    if (digest.size() != approval.digest.size()) {
        return fail(Errc::corrupt_data, "approval {}: damaged digest", id.text());
    }
    std::copy(digest.begin(), digest.end(), approval.digest.begin());
    approval.reason = CAIRN_TRY(keys.unseal(key, row.bytes(5), place_of("approval.reason", id)));
    approval.state = CAIRN_TRY(state_from(row.text(6)));
    approval.requester_session = row.text(8);
    approval.requested = utc_from_microseconds(row.integer(9));
    approval.expires = utc_from_microseconds(row.integer(10));
    if (!row.is_null(11)) approval.decided_by = CAIRN_TRY(stored_id<UserId>(row.bytes(11)));
    if (!row.is_null(12)) approval.decided = utc_from_microseconds(row.integer(12));
    if (!row.is_null(13)) {
        approval.refusal =
            CAIRN_TRY(keys.unseal(key, row.bytes(13), place_of("approval.refusal", id)));
    }
    return approval;
}

Status check_text(std::string_view what, std::string_view text) {
    if (text.empty()) return fail(Errc::invalid_argument, "{} is missing", what);
    if (text.size() > kReasonBytesMax) {
        return fail(Errc::limit_exceeded, "{} has over {} bytes", what, kReasonBytesMax);
    }
    return ok();
}

Status insert_approval(
    db::Database& records, keyring::KeyRing& keys, const AgencyId& agency, const Approval& approval
) {
    const auto owner = CAIRN_TRY(stored_agency(records, agency));
    const auto parameters = CAIRN_TRY(keys.seal(
        owner.key, as_bytes(approval.parameters), place_of("approval.parameters", approval.id)
    ));
    const auto reason = CAIRN_TRY(
        keys.seal(owner.key, as_bytes(approval.reason), place_of("approval.reason", approval.id))
    );
    auto insert = CAIRN_TRY(records.prepare(
        "INSERT INTO approval (id, agency, operation, case_id, parameters, digest, reason, state, "
        "requested_by, requester_session, requested, expires) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    ));
    insert.bind(1, approval.id.bytes()).bind(2, agency.bytes());
    insert.bind(3, operation(approval.operation).name);
    if (approval.case_id) {
        insert.bind(4, approval.case_id->bytes());
    } else {
        insert.bind_null(4);
    }
    insert.bind(5, Bytes(parameters)).bind(6, Bytes(approval.digest)).bind(7, Bytes(reason));
    insert.bind(8, name_of(approval.state)).bind(9, approval.requested_by.bytes());
    insert.bind(10, approval.requester_session);
    insert.bind(11, microseconds_of(approval.requested));
    insert.bind(12, microseconds_of(approval.expires));
    return insert.run();
}

Status store_decision(
    db::Database& records,
    const ApprovalId& id,
    ApprovalState state,
    const UserId& by,
    UtcTime now,
    const std::optional<ByteVector>& refusal
) {
    auto update = CAIRN_TRY(records.prepare(
        "UPDATE approval SET state = ?, decided_by = ?, decided = ?, refusal = ? WHERE id = ?"
    ));
    update.bind(1, name_of(state)).bind(2, by.bytes()).bind(3, microseconds_of(now));
    if (refusal) {
        update.bind(4, Bytes(*refusal));
    } else {
        update.bind_null(4);
    }
    return update.bind(5, id.bytes()).run();
}

std::string object_of(const ApprovalId& id) {
    return "approval:" + id.text();
}

Error no_such_approval(const ApprovalId& id) {
    return fail(Errc::not_found, "no approval {}", id.text());
}

}  // namespace

std::string_view name_of(ApprovalState state) {
    switch (state) {
        case ApprovalState::requested:
            return "requested";
        case ApprovalState::approved:
            return "approved";
        case ApprovalState::refused:
            return "refused";
        case ApprovalState::executed:
            return "executed";
    }
    return "";
}

Result<ApprovalState> parse_approval_state(std::string_view name) {
    return parse_name("state of an approval", kApprovalStates, name);
}

crypto::Sha256 approval_digest(
    OperationId id, const std::optional<CaseId>& case_id, std::string_view parameters
) {
    ByteWriter text;
    text.sized(as_bytes(operation(id).name));
    text.sized(case_id ? case_id->bytes() : Bytes());
    text.sized(as_bytes(parameters));
    return crypto::sha256(text.bytes());
}

std::optional<std::string_view> approval_obstacle(
    const Approval& approval, const Actor& approver, const FourEyesLimits& limits, UtcTime now
) {
    if (approval.state != ApprovalState::requested) return "approval_already_decided";
    if (now >= approval.expires) return "approval_expired";
    if (approver.user == approval.requested_by) return "approver_is_requester";
    // Certificates have no session, and API keys show no second factor: service accounts cannot
    // approve at all.
    if (approver.session.empty() || approver.session == approval.requester_session) {
        return "approver_in_same_session";
    }
    const bool is_fresh = approver.second_factor_at && *approver.second_factor_at <= now &&
                          now - *approver.second_factor_at <= limits.fresh_second_factor;
    if (!is_fresh) return "second_factor_not_fresh";
    return std::nullopt;
}

std::optional<std::string_view> execution_obstacle(
    const Approval& approval, const Actor& actor, const Act& act, UtcTime now
) {
    switch (approval.state) {
        case ApprovalState::requested:
            return "approval_required";
        case ApprovalState::refused:
            return "approval_refused";
        case ApprovalState::executed:
            return "approval_used";
        case ApprovalState::approved:
            break;
    }
    if (now >= approval.expires) return "approval_expired";
    if (actor.user != approval.requested_by) return "approval_of_another";
    const auto digest = approval_digest(act.operation, act.case_id, act.parameters);
    if (digest != approval.digest) return "approval_for_something_else";
    return std::nullopt;
}

Result<ApprovalId> Approvals::request(
    const Actor& actor, const Ground& ground, const Request& request
) {
    Approval approval = {.id = crypto::random_id<ApprovalId>(), .requested_by = actor.user};
    const Act act = {
        .operation = OperationId::approval_request,
        .ground = ground,
        .case_id = request.case_id,
    };
    CAIRN_TRY(gate_.change(actor, act, [&](Permit& permit) -> Status {
        if (!operation(request.operation).four_eyes) {
            return fail(
                Errc::invalid_argument, "{} needs no approval", operation(request.operation).name
            );
        }
        CAIRN_TRY(check_text("reason", request.reason));
        if (request.parameters.size() > kParametersBytesMax) {
            return fail(Errc::limit_exceeded, "parameters have over {} bytes", kParametersBytesMax);
        }
        approval.operation = request.operation;
        approval.case_id = request.case_id;
        approval.parameters = request.parameters;
        approval.digest = approval_digest(request.operation, request.case_id, request.parameters);
        approval.reason = request.reason;
        approval.requester_session = actor.session;
        approval.requested = permit.now;
        approval.expires = permit.now + limits_.request;
        permit.more_objects = {object_of(approval.id)};
        return insert_approval(gate_.records(), gate_.keys(), actor.agency, approval);
    }));
    return approval.id;
}

Result<Approval> Approvals::open_request(const Actor& actor, const ApprovalId& id) {
    auto approval = CAIRN_TRY(stored_approval(gate_.records(), gate_.keys(), actor.agency, id));
    if (!approval) return no_such_approval(id);
    return *std::move(approval);
}

Status Approvals::approve(const Actor& actor, const Ground& ground, const ApprovalId& id) {
    const Act act = {
        .operation = OperationId::approval_approve,
        .ground = ground,
        .objects = {object_of(id)},
    };
    return gate_.change(actor, act, [&](Permit& permit) -> Status {
        const auto approval = CAIRN_TRY(open_request(actor, id));
        const auto obstacle = approval_obstacle(approval, actor, limits_, permit.now);
        if (obstacle) {
            permit.refusal = *obstacle;
            return fail(Errc::permission_denied, "approval {}: {}", id.text(), *obstacle);
        }
        return store_decision(
            gate_.records(), id, ApprovalState::approved, actor.user, permit.now, std::nullopt
        );
    });
}

Status Approvals::refuse(
    const Actor& actor, const Ground& ground, const ApprovalId& id, const std::string& why
) {
    const Act act = {
        .operation = OperationId::approval_refuse,
        .ground = ground,
        .objects = {object_of(id)},
    };
    return gate_.change(actor, act, [&](Permit& permit) -> Status {
        CAIRN_TRY(check_text("reason", why));
        const auto approval = CAIRN_TRY(open_request(actor, id));
        if (approval.state != ApprovalState::requested) {
            permit.refusal = "approval_already_decided";
            return fail(Errc::permission_denied, "approval {} was decided", id.text());
        }
        const auto agency = CAIRN_TRY(stored_agency(gate_.records(), actor.agency));
        const auto sealed =
            CAIRN_TRY(gate_.keys().seal(agency.key, as_bytes(why), place_of("approval.refusal", id))
            );
        return store_decision(
            gate_.records(), id, ApprovalState::refused, actor.user, permit.now, sealed
        );
    });
}

Result<std::vector<Approval>> Approvals::list(
    const Actor& actor,
    const Ground& ground,
    std::optional<ApprovalState> state,
    const std::optional<Cursor<ApprovalId>>& after,
    std::int64_t limit
) {
    const Act act = {.operation = OperationId::approval_list, .ground = ground};
    using Rows = std::vector<Approval>;
    return gate_.read<Rows>(actor, act, [&](Permit&) -> Result<Rows> {
        const auto owner = CAIRN_TRY(stored_agency(gate_.records(), actor.agency));
        auto find = CAIRN_TRY(gate_.records().prepare(
            std::string(kColumns) +
            "WHERE agency = ?1 AND (requested, id) > (?2, ?3) AND (state = ?5 OR ?5 = '') "
            "ORDER BY requested, id LIMIT ?4"
        ));
        bind_page(find.bind(1, actor.agency.bytes()), 2, after, limit);
        find.bind(5, state ? name_of(*state) : std::string_view());
        Rows rows;
        while (CAIRN_TRY(find.step())) {
            auto one = CAIRN_TRY(approval_from(gate_.keys(), owner.key, find));
            rows.push_back(std::move(one));
        }
        return rows;
    });
}

Result<Approval> Approvals::show(const Actor& actor, const Ground& ground, const ApprovalId& id) {
    const Act act = {
        .operation = OperationId::approval_show,
        .ground = ground,
        .objects = {object_of(id)},
    };
    return gate_.read<Approval>(actor, act, [&](Permit&) -> Result<Approval> {
        auto approval = CAIRN_TRY(open_request(actor, id));
        const bool may_see = approval.requested_by == actor.user ||
                             operation(OperationId::approval_list).roles.intersects(actor.roles);
        if (!may_see) return no_such_approval(id);
        return approval;
    });
}

Result<std::optional<Approval>> stored_approval(
    db::Database& records, keyring::KeyRing& keys, const AgencyId& agency, const ApprovalId& id
) {
    const auto owner = CAIRN_TRY(stored_agency(records, agency));
    auto find = CAIRN_TRY(records.prepare(std::string(kColumns) + "WHERE agency = ? AND id = ?"));
    const bool found = CAIRN_TRY(find.bind(1, agency.bytes()).bind(2, id.bytes()).step());
    if (!found) {
        return std::optional<Approval>();
    }
    auto approval = CAIRN_TRY(approval_from(keys, owner.key, find));
    return std::optional(std::move(approval));
}

Status store_executed(db::Database& records, const ApprovalId& id) {
    auto update = CAIRN_TRY(records.prepare("UPDATE approval SET state = ? WHERE id = ?"));
    return update.bind(1, name_of(ApprovalState::executed)).bind(2, id.bytes()).run();
}

}  // namespace cairn::access
