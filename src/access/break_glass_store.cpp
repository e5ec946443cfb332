#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "access/break_glass.h"

namespace cairn::access {
namespace {

constexpr std::size_t kReasonBytesMax = 4'000;
constexpr std::array kFindings = {BreakGlassFinding::justified, BreakGlassFinding::not_justified};

constexpr std::string_view kColumns =
    "SELECT id, user_id, case_id, reason, opened, ends, review_due, escalated, reviewed_by, "
    "reviewed, finding FROM break_glass ";

keyring::Place reason_place(const BreakGlassId& id) {
    return {.column = "break_glass.reason", .row = id.bytes()};
}

std::string object_of(const BreakGlassId& id) {
    return "break_glass:" + id.text();
}

/// Code points of UTF-8, not counting what is there to fill up.
std::size_t characters_in(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && (byte & 0xC0U) != 0x80U;
    }));
}

Result<BreakGlass> break_glass_from(
    keyring::KeyRing& keys, const keyring::KeyId& key, db::Statement& row
) {
    const auto id = CAIRN_TRY(stored_id<BreakGlassId>(row.bytes(0)));
    const auto user = CAIRN_TRY(stored_id<UserId>(row.bytes(1)));
    const auto case_id = CAIRN_TRY(stored_id<CaseId>(row.bytes(2)));
    BreakGlass one = {.id = id, .user = user, .case_id = case_id};
    one.reason = CAIRN_TRY(keys.unseal(key, row.bytes(3), reason_place(id)));
    one.opened = utc_from_microseconds(row.integer(4));
    one.ends = utc_from_microseconds(row.integer(5));
    one.review_due = utc_from_microseconds(row.integer(6));
    if (!row.is_null(7)) one.escalated = utc_from_microseconds(row.integer(7));
    if (!row.is_null(8)) one.reviewed_by = CAIRN_TRY(stored_id<UserId>(row.bytes(8)));
    if (!row.is_null(9)) one.reviewed = utc_from_microseconds(row.integer(9));
    for (const BreakGlassFinding finding : kFindings) {
        if (row.text(10) == name_of(finding)) one.finding = finding;
    }
    return one;
}

Result<std::optional<BreakGlass>> find_one(
    Gate& gate, const AgencyId& agency, const BreakGlassId& id
) {
    const auto owner = CAIRN_TRY(stored_agency(gate.records(), agency));
    auto find =
        CAIRN_TRY(gate.records().prepare(std::string(kColumns) + "WHERE agency = ? AND id = ?"));
    const bool found = CAIRN_TRY(find.bind(1, agency.bytes()).bind(2, id.bytes()).step());
    if (!found) {
        return std::optional<BreakGlass>();
    }
    auto one = CAIRN_TRY(break_glass_from(gate.keys(), owner.key, find));
    return std::optional(std::move(one));
}

Result<bool> has_overdue_review(db::Database& records, const UserId& user, UtcTime now) {
    auto find = CAIRN_TRY(records.prepare(
        "SELECT 1 FROM break_glass WHERE user_id = ? AND reviewed IS NULL AND review_due <= ? "
        "LIMIT 1"
    ));
    return find.bind(1, user.bytes()).bind(2, microseconds_of(now)).step();
}

Status insert_break_glass(Gate& gate, const AgencyId& agency, const BreakGlass& one) {
    const auto owner = CAIRN_TRY(stored_agency(gate.records(), agency));
    const auto reason =
        CAIRN_TRY(gate.keys().seal(owner.key, as_bytes(one.reason), reason_place(one.id)));
    auto insert = CAIRN_TRY(gate.records().prepare(
        "INSERT INTO break_glass (id, agency, user_id, case_id, reason, opened, ends, review_due) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    ));
    insert.bind(1, one.id.bytes()).bind(2, agency.bytes()).bind(3, one.user.bytes());
    insert.bind(4, one.case_id.bytes()).bind(5, Bytes(reason));
    insert.bind(6, microseconds_of(one.opened)).bind(7, microseconds_of(one.ends));
    return insert.bind(8, microseconds_of(one.review_due)).run();
}

Status alert_all(Gate& gate, const Actor& actor, const CaseKey& key, const BreakGlass& one) {
    Alert alert;
    alert.kind = "break_glass_opened";
    alert.object = object_of(one.id);
    alert.raised = one.opened;
    for (const Role role : {Role::supervisor, Role::auditor}) {
        alert.role = role;
        CAIRN_TRY(raise_alert(gate.records(), actor.agency, alert));
        if (key.agency == actor.agency) continue;
        CAIRN_TRY(raise_alert(gate.records(), key.agency, alert));
    }
    return ok();
}

/// As a list of SQL texts. Names of roles are a closed list; the gate lets nobody in without one.
std::string quoted_roles(Roles roles) {
    std::string text;
    for (const Role role : kRoles) {
        if (!roles.contains(role)) continue;
        text += fmt::format("{}'{}'", text.empty() ? "" : ", ", name_of(role));
    }
    return text.empty() ? "''" : text;
}

Result<KeptAlert> kept_alert_from(const db::Statement& row) {
    const auto id = CAIRN_TRY(stored_id<AlertId>(row.bytes(0)));
    KeptAlert one{.id = id};
    one.alert.role = CAIRN_TRY(parse_role(row.text(1)));
    one.alert.kind = row.text(2);
    one.alert.object = row.text(3);
    one.alert.raised = utc_from_microseconds(row.integer(4));
    if (!row.is_null(5)) one.seen = utc_from_microseconds(row.integer(5));
    if (!row.is_null(6)) one.seen_by = CAIRN_TRY(stored_id<UserId>(row.bytes(6)));
    return one;
}

}  // namespace

std::string_view name_of(BreakGlassFinding finding) {
    switch (finding) {
        case BreakGlassFinding::justified:
            return "justified";
        case BreakGlassFinding::not_justified:
            return "not_justified";
    }
    return "";
}

Result<BreakGlassId> BreakGlasses::open(
    const Actor& actor, const Ground& ground, const CaseId& case_id, const std::string& reason
) {
    BreakGlass one = {
        .id = crypto::random_id<BreakGlassId>(),
        .user = actor.user,
        .case_id = case_id,
        .reason = reason,
    };
    const Act act = {
        .operation = OperationId::break_glass_open,
        .ground = ground,
        .case_id = case_id,
    };
    CAIRN_TRY(gate_.change(actor, act, [&](Permit& permit) -> Status {
        if (characters_in(reason) < limits_.reason_characters_min ||
            reason.size() > kReasonBytesMax) {
            return fail(
                Errc::invalid_argument,
                "the reason has {} to {} characters, blanks not counted",
                limits_.reason_characters_min,
                kReasonBytesMax
            );
        }
        if (CAIRN_TRY(has_overdue_review(gate_.records(), actor.user, permit.now))) {
            permit.refusal = "review_overdue";
            return fail(
                Errc::permission_denied,
                "an earlier one was not reviewed in time; have it reviewed first"
            );
        }
        one.opened = permit.now;
        one.ends = permit.now + limits_.duration;
        one.review_due = permit.now + limits_.review;
        permit.more_objects = {object_of(one.id)};
        CAIRN_TRY(insert_break_glass(gate_, actor.agency, one));
        return alert_all(gate_, actor, *permit.case_key, one);
    }));
    return one.id;
}

Status BreakGlasses::review(
    const Actor& actor, const Ground& ground, const BreakGlassId& id, BreakGlassFinding finding
) {
    const Act act = {
        .operation = OperationId::break_glass_review,
        .ground = ground,
        .objects = {object_of(id)},
    };
    return gate_.change(actor, act, [&](Permit& permit) -> Status {
        const auto one = CAIRN_TRY(find_one(gate_, actor.agency, id));
        if (!one) return fail(Errc::not_found, "no break-glass {}", id.text());
        if (one->user == actor.user) {
            permit.refusal = "reviewer_is_user";
            return fail(Errc::permission_denied, "nobody reviews their own break-glass");
        }
        if (one->reviewed) {
            return fail(Errc::conflict, "break-glass {} was reviewed", id.text())
                .because("reviewed_already");
        }
        auto update = CAIRN_TRY(gate_.records().prepare(
            "UPDATE break_glass SET reviewed_by = ?, reviewed = ?, finding = ? WHERE id = ?"
        ));
        update.bind(1, actor.user.bytes()).bind(2, microseconds_of(permit.now));
        return update.bind(3, name_of(finding)).bind(4, id.bytes()).run();
    });
}

Result<std::vector<BreakGlass>> BreakGlasses::list(
    const Actor& actor,
    const Ground& ground,
    const std::optional<Cursor<BreakGlassId>>& after,
    std::int64_t limit
) {
    const Act act = {.operation = OperationId::break_glass_list, .ground = ground};
    using Rows = std::vector<BreakGlass>;
    return gate_.read<Rows>(actor, act, [&](Permit&) -> Result<Rows> {
        const auto owner = CAIRN_TRY(stored_agency(gate_.records(), actor.agency));
        auto find = CAIRN_TRY(gate_.records().prepare(
            std::string(kColumns) +
            "WHERE agency = ?1 AND (opened, id) > (?2, ?3) ORDER BY opened, id LIMIT ?4"
        ));
        bind_page(find.bind(1, actor.agency.bytes()), 2, after, limit);
        Rows rows;
        while (CAIRN_TRY(find.step())) {
            auto one = CAIRN_TRY(break_glass_from(gate_.keys(), owner.key, find));
            rows.push_back(std::move(one));
        }
        return rows;
    });
}

Result<std::size_t> BreakGlasses::escalate_overdue() {
    std::size_t escalated = 0;
    CAIRN_TRY(gate_.records().transaction([&]() -> Status {
        escalated = 0;
        const UtcTime now = gate_.clock().now();
        auto find = CAIRN_TRY(gate_.records().prepare(
            "SELECT id, agency FROM break_glass "
            "WHERE reviewed IS NULL AND escalated IS NULL AND review_due <= ?"
        ));
        find.bind(1, microseconds_of(now));
        std::vector<std::pair<BreakGlassId, AgencyId>> overdue;
        while (CAIRN_TRY(find.step())) {
            const auto id = CAIRN_TRY(stored_id<BreakGlassId>(find.bytes(0)));
            const auto agency = CAIRN_TRY(stored_id<AgencyId>(find.bytes(1)));
            overdue.emplace_back(id, agency);
        }
        auto mark =
            CAIRN_TRY(gate_.records().prepare("UPDATE break_glass SET escalated = ? WHERE id = ?"));
        for (const auto& [id, agency] : overdue) {
            CAIRN_TRY(mark.bind(1, microseconds_of(now)).bind(2, id.bytes()).run());
            const Alert alert = {
                .role = Role::administrator,
                .kind = "break_glass_not_reviewed",
                .object = object_of(id),
                .raised = now,
            };
            CAIRN_TRY(raise_alert(gate_.records(), agency, alert));
        }
        escalated = overdue.size();
        return ok();
    }));
    return escalated;
}

Result<std::optional<BreakGlassId>> open_break_glass(
    db::Database& records, const UserId& user, const CaseId& case_id, UtcTime now
) {
    auto find = CAIRN_TRY(records.prepare(
        "SELECT id FROM break_glass WHERE user_id = ?1 AND case_id = ?2 AND opened <= ?3 "
        "AND ends > ?3 ORDER BY ends DESC LIMIT 1"
    ));
    find.bind(1, user.bytes()).bind(2, case_id.bytes()).bind(3, microseconds_of(now));
    const bool found = CAIRN_TRY(find.step());
    if (!found) return std::optional<BreakGlassId>();
    const auto id = CAIRN_TRY(stored_id<BreakGlassId>(find.bytes(0)));
    return std::optional(id);
}

Status raise_alert(db::Database& records, const AgencyId& agency, const Alert& alert) {
    const auto id = crypto::random_id<AlertId>();
    auto insert = CAIRN_TRY(records.prepare(
        "INSERT INTO alert (id, agency, role, kind, object, raised) VALUES (?, ?, ?, ?, ?, ?)"
    ));
    insert.bind(1, id.bytes()).bind(2, agency.bytes()).bind(3, name_of(alert.role));
    insert.bind(4, alert.kind).bind(5, alert.object);
    return insert.bind(6, microseconds_of(alert.raised)).run();
}

Result<std::vector<KeptAlert>> alerts(
    Gate& gate,
    const Actor& actor,
    const Ground& ground,
    std::optional<AlertState> state,
    const std::optional<Cursor<AlertId>>& after,
    std::int64_t limit
) {
    const Act act = {.operation = OperationId::alert_list, .ground = ground};
    std::string sql =
        "SELECT id, role, kind, object, raised, seen, seen_by FROM alert "
        "WHERE agency = ?1 AND (raised, id) > (?2, ?3) AND role IN (" +
        quoted_roles(actor.roles) + ")";
    if (state == AlertState::seen) sql += " AND seen IS NOT NULL";
    if (state == AlertState::unseen) sql += " AND seen IS NULL";
    sql += " ORDER BY raised, id LIMIT ?4";
    using Rows = std::vector<KeptAlert>;
    return gate.read<Rows>(actor, act, [&](Permit&) -> Result<Rows> {
        auto find = CAIRN_TRY(gate.records().prepare(sql));
        bind_page(find.bind(1, actor.agency.bytes()), 2, after, limit);
        Rows rows;
        while (CAIRN_TRY(find.step())) {
            auto one = CAIRN_TRY(kept_alert_from(find));
            rows.push_back(std::move(one));
        }
        return rows;
    });
}

Status mark_alert_seen(Gate& gate, const Actor& actor, const Ground& ground, const AlertId& id) {
    const Act act = {
        .operation = OperationId::alert_seen,
        .ground = ground,
        .objects = {"alert:" + id.text()},
    };
    const std::string which =
        " WHERE agency = ?1 AND id = ?2 AND role IN (" + quoted_roles(actor.roles) + ")";
    return gate.change(actor, act, [&](Permit& permit) -> Status {
        auto find = CAIRN_TRY(gate.records().prepare("SELECT 1 FROM alert" + which));
        const bool found = CAIRN_TRY(find.bind(1, actor.agency.bytes()).bind(2, id.bytes()).step());
        if (!found) return fail(Errc::not_found, "no alert {}", id.text());
        find.reset();
        auto mark = CAIRN_TRY(gate.records().prepare(
            "UPDATE alert SET seen = ?3, seen_by = ?4" + which + " AND seen IS NULL"
        ));
        mark.bind(1, actor.agency.bytes()).bind(2, id.bytes());
        return mark.bind(3, microseconds_of(permit.now)).bind(4, actor.user.bytes()).run();
    });
}

}  // namespace cairn::access
