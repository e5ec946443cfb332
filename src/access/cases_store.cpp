#include <algorithm>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "access/cases.h"

namespace cairn::access {
namespace {

constexpr std::size_t kTitleBytesMax = 500;
/// Whoever can only be told that a case exists is told no words of its title.
constexpr Level kTitleLevel = Level::summary;
constexpr std::string_view kColumns =
    "SELECT c.number, c.title, c.state, c.restricted, c.opened, c.agency_number, "
    "c.revision ";

std::string object_of(const CaseId& id) {
    return "case:" + id.text();
}

Act act_on(OperationId operation, const Ground& ground, const CaseId& id) {
    return {
        .operation = operation,
        .ground = ground,
        .case_id = id,
        .objects = {object_of(id)},
    };
}

keyring::Place title_place(const CaseId& id) {
    return {.column = "case_file.title", .row = id.bytes()};
}

/// Letters and digits of ASCII in lower case, and every byte of other characters.
std::set<std::string> words_of(std::string_view text) {
    std::set<std::string> words;
    std::string word;
    for (const char c : text) {
        const bool is_upper = c >= 'A' && c <= 'Z';
        const bool is_lower = c >= 'a' && c <= 'z';
        const bool is_digit = c >= '0' && c <= '9';
        if (is_upper) {
            word += static_cast<char>(c - 'A' + 'a');
        } else if (is_lower || is_digit || static_cast<unsigned char>(c) >= 0x80) {
            word += c;
        } else if (!word.empty()) {
            words.insert(std::exchange(word, {}));
        }
    }
    if (!word.empty()) words.insert(word);
    return words;
}

Result<CaseState> state_from(std::string_view name) {
    for (const CaseState state : {CaseState::open, CaseState::closed}) {
        if (name_of(state) == name) return state;
    }
    return fail(Errc::corrupt_data, "case_file: no state '{}'", name);
}

Status store_member(db::Database& records, std::int64_t number, const UserId& user, Level level) {
    auto remove =
        CAIRN_TRY(records.prepare("DELETE FROM case_member WHERE user_id = ? AND case_number = ?"));
    CAIRN_TRY(remove.bind(1, user.bytes()).bind(2, number).run());
    if (level == Level::none) return ok();
    auto insert = CAIRN_TRY(
        records.prepare("INSERT INTO case_member (user_id, case_number, level) VALUES (?, ?, ?)")
    );
    insert.bind(1, user.bytes()).bind(2, number);
    return insert.bind(3, static_cast<std::int64_t>(level)).run();
}

Status store_words(
    db::Database& records,
    keyring::KeyRing& keys,
    const keyring::KeyId& agency_key,
    std::int64_t number,
    std::string_view title
) {
    auto insert =
        CAIRN_TRY(records.prepare("INSERT INTO case_word (case_number, tag) VALUES (?, ?)"));
    for (const std::string& word : words_of(title)) {
        const auto tag = CAIRN_TRY(keys.tag(agency_key, "case_file.title", word));
        CAIRN_TRY(insert.bind(1, number).bind(2, Bytes(tag)).run());
    }
    return ok();
}

/// Counts the revision up; refuses when the ground names another than the present one.
Status count_revision(db::Database& records, std::int64_t number, const Ground& ground) {
    auto count = CAIRN_TRY(records.prepare(
        "UPDATE case_file SET revision = revision + 1 WHERE number = ? RETURNING revision"
    ));
    const std::int64_t next = CAIRN_TRY(count.bind(1, number).run_for_integer());
    return check_revision(ground, next - 1);
}

Status check_title(std::string_view title) {
    if (!title.empty() && title.size() <= kTitleBytesMax) return ok();
    return fail(Errc::invalid_argument, "a case's title has 1 to {} bytes", kTitleBytesMax);
}

}  // namespace

std::string_view name_of(CaseState state) {
    switch (state) {
        case CaseState::open:
            return "open";
        case CaseState::closed:
            return "closed";
    }
    return "";
}

Result<CaseState> stored_case_state(db::Database& records, std::int64_t number) {
    auto find = CAIRN_TRY(records.prepare("SELECT state FROM case_file WHERE number = ?"));
    const bool found = CAIRN_TRY(find.bind(1, number).step());
    if (!found) return fail(Errc::not_found, "the case is gone");
    return state_from(find.text(0));
}

Result<CaseId> Cases::open(const Actor& actor, const Ground& ground, const NewCase& opened) {
    const Act act = {.operation = OperationId::case_open, .ground = ground};
    std::optional<CaseId> id;
    CAIRN_TRY(gate_.change(actor, act, [&](Permit& permit) -> Status {
        CAIRN_TRY(check_title(opened.title));
        id = CAIRN_TRY(insert(actor, opened, permit.now));
        permit.more_objects = {object_of(*id)};
        return Visibility::changed(gate_.records());
    }));
    return *id;
}

Result<CaseId> Cases::insert(const Actor& actor, const NewCase& opened, UtcTime now) {
    db::Database& records = gate_.records();
    const auto agency = CAIRN_TRY(stored_agency(records, actor.agency));
    const auto id = crypto::random_id<CaseId>();
    const auto key = CAIRN_TRY(gate_.keys().create(agency.key));
    const auto title = CAIRN_TRY(gate_.keys().seal(key, as_bytes(opened.title), title_place(id)));
    auto count = CAIRN_TRY(records.prepare(
        "UPDATE agency SET cases_opened = cases_opened + 1 WHERE id = ? RETURNING cases_opened"
    ));
    const std::int64_t agency_number =
        CAIRN_TRY(count.bind(1, actor.agency.bytes()).run_for_integer());
    auto add = CAIRN_TRY(records.prepare(
        "INSERT INTO case_file (id, agency, agency_number, key_id, title, restricted, state, "
        "retention_class, opened) VALUES (?, ?, ?, ?, ?, ?, ?, 'open_case', ?) RETURNING number"
    ));
    add.bind(1, id.bytes()).bind(2, actor.agency.bytes()).bind(3, agency_number);
    add.bind(4, key.bytes()).bind(5, Bytes(title)).bind(6, opened.restricted ? 1 : 0);
    add.bind(7, name_of(CaseState::open)).bind(8, microseconds_of(now));
    const std::int64_t number = CAIRN_TRY(add.run_for_integer());
    CAIRN_TRY(store_words(records, gate_.keys(), agency.key, number, opened.title));
    CAIRN_TRY(store_member(records, number, actor.user, Level::work));
    return id;
}

Result<Case> Cases::case_from(const db::Statement& row, const CaseKey& key) {
    Case one = {.id = key.id, .agency = key.agency, .title = {}};
    one.state = CAIRN_TRY(state_from(row.text(2)));
    one.restricted = row.integer(3) != 0;
    one.opened = utc_from_microseconds(row.integer(4));
    one.agency_number = row.integer(5);
    one.level = key.level;
    if (key.level >= Level::work) one.revision = row.integer(6);
    if (key.level >= kTitleLevel) {
        one.title = CAIRN_TRY(gate_.keys().unseal(key.key, row.bytes(1), title_place(key.id)));
    }
    return one;
}

Result<std::vector<Case>> Cases::list(
    const Actor& actor,
    const Ground& ground,
    const std::optional<Cursor<CaseId>>& after,
    std::int64_t limit
) {
    const Act act = {.operation = OperationId::case_list, .ground = ground};
    using Rows = std::vector<Case>;
    const auto query = [&](const VisibleCases& visible) -> Result<Rows> {
        auto find = CAIRN_TRY(gate_.records().prepare(
            std::string(kColumns) + "FROM case_file c WHERE (c.opened, c.id) < (?1, ?2) AND " +
            VisibleCases::predicate("c.number", 3) + " ORDER BY c.opened DESC, c.id DESC LIMIT ?5"
        ));
        constexpr auto kNever = std::numeric_limits<std::int64_t>::max();
        find.bind(1, after ? microseconds_of(after->created) : kNever);
        find.bind(2, after ? after->id.bytes() : Bytes());
        visible.bind(find, 3);
        find.bind(5, std::clamp(limit, std::int64_t{0}, kPageMax));
        Rows rows;
        while (CAIRN_TRY(find.step())) {
            auto one = CAIRN_TRY(case_from(find, visible[find.integer(0)]));
            rows.push_back(std::move(one));
        }
        return rows;
    };
    return gate_.read<Rows>(actor, act, [&](Permit&) {
        return gate_.visibility().rows<Case>(actor, Level::exists, query);
    });
}

Result<std::int64_t> Cases::count(const Actor& actor, const Ground& ground) {
    const Act act = {.operation = OperationId::case_count, .ground = ground};
    using Rows = std::vector<std::int64_t>;
    const auto query = [&](const VisibleCases& visible) -> Result<Rows> {
        auto find = CAIRN_TRY(gate_.records().prepare(
            "SELECT count(*) FROM case_file c WHERE " + VisibleCases::predicate("c.number", 1) +
            " HAVING count(*) > 0"
        ));
        visible.bind(find, 1);
        Rows rows;
        while (CAIRN_TRY(find.step())) rows.push_back(find.integer(0));
        return rows;
    };
    return gate_.read<std::int64_t>(actor, act, [&](Permit&) -> Result<std::int64_t> {
        const auto rows =
            CAIRN_TRY(gate_.visibility().rows<std::int64_t>(actor, Level::exists, query));
        return rows.empty() ? 0 : rows.front();
    });
}

Result<std::vector<Case>> Cases::find(
    const Actor& actor, const Ground& ground, const std::string& word, std::int64_t limit
) {
    const Act act = {.operation = OperationId::case_find, .ground = ground};
    using Rows = std::vector<Case>;
    const auto query = [&](const VisibleCases& visible) -> Result<Rows> {
        Rows rows;
        const auto words = words_of(word);
        if (words.size() != 1) return rows;
        const auto agency = CAIRN_TRY(stored_agency(gate_.records(), actor.agency));
        const auto tag = CAIRN_TRY(gate_.keys().tag(agency.key, "case_file.title", *words.begin()));
        auto find = CAIRN_TRY(gate_.records().prepare(
            std::string(kColumns) +
            "FROM case_word w JOIN case_file c ON c.number = w.case_number WHERE w.tag = ?1 AND " +
            VisibleCases::predicate("c.number", 2) + " ORDER BY c.opened DESC, c.id DESC LIMIT ?4"
        ));
        find.bind(1, Bytes(tag)).bind(4, std::clamp(limit, std::int64_t{0}, kPageMax));
        visible.bind(find, 2);
        while (CAIRN_TRY(find.step())) {
            auto one = CAIRN_TRY(case_from(find, visible[find.integer(0)]));
            rows.push_back(std::move(one));
        }
        return rows;
    };
    return gate_.read<Rows>(actor, act, [&](Permit&) {
        return gate_.visibility().rows<Case>(actor, Level::read, query);
    });
}

Result<Case> Cases::show(const Actor& actor, const Ground& ground, const CaseId& id) {
    const Act act = act_on(OperationId::case_show, ground, id);
    return gate_.read<Case>(actor, act, [&](Permit& permit) -> Result<Case> {
        auto find = CAIRN_TRY(
            gate_.records().prepare(std::string(kColumns) + "FROM case_file c WHERE c.number = ?")
        );
        const bool found = CAIRN_TRY(find.bind(1, permit.case_key->number).step());
        if (!found) {
            return fail(Errc::not_found, "no case {}", id.text());
        }
        return case_from(find, *permit.case_key);
    });
}

Status Cases::close(const Actor& actor, const Ground& ground, const CaseId& id) {
    const Act act = act_on(OperationId::case_close, ground, id);
    return gate_.change(actor, act, [&](Permit& permit) -> Status {
        CAIRN_TRY(count_revision(gate_.records(), permit.case_key->number, ground));
        auto update = CAIRN_TRY(gate_.records().prepare(
            "UPDATE case_file SET state = ?, retention_class = 'closed_case', closed = ? "
            "WHERE number = ? AND state = ?"
        ));
        update.bind(1, name_of(CaseState::closed)).bind(2, microseconds_of(permit.now));
        update.bind(3, permit.case_key->number).bind(4, name_of(CaseState::open));
        CAIRN_TRY(update.run());
        if (gate_.records().changed_rows() == 0) {
            return fail(Errc::conflict, "case {} is closed already", id.text())
                .because("closed_already");
        }
        return ok();
    });
}

Result<std::vector<CaseMember>> Cases::members(
    const Actor& actor,
    const Ground& ground,
    const CaseId& id,
    const std::optional<UserId>& after,
    std::int64_t limit
) {
    const Act act = act_on(OperationId::case_member_list, ground, id);
    using Rows = std::vector<CaseMember>;
    return gate_.read<Rows>(actor, act, [&](Permit& permit) -> Result<Rows> {
        // Of another agency's case one sees one's own colleagues only.
        auto find = CAIRN_TRY(gate_.records().prepare(
            "SELECT m.user_id, m.level FROM case_member m JOIN user_account u ON u.id = m.user_id "
            "WHERE m.case_number = ? AND u.agency = ? AND m.user_id > ? ORDER BY m.user_id LIMIT ?"
        ));
        find.bind(1, permit.case_key->number).bind(2, actor.agency.bytes());
        find.bind(3, after ? after->bytes() : Bytes());
        find.bind(4, std::clamp(limit, std::int64_t{0}, kPageMax));
        Rows rows;
        while (CAIRN_TRY(find.step())) {
            const auto user = CAIRN_TRY(stored_id<UserId>(find.bytes(0)));
            rows.push_back({.user = user, .level = static_cast<Level>(find.integer(1))});
        }
        return rows;
    });
}

Status Cases::set_member(
    const Actor& actor, const Ground& ground, const CaseId& id, const CaseMember& member
) {
    Act act = act_on(OperationId::case_member_set, ground, id);
    act.objects.push_back("user:" + member.user.text());
    return gate_.change(actor, act, [&](Permit& permit) -> Status {
        const auto user = CAIRN_TRY(stored_user(gate_.records(), gate_.keys(), member.user));
        if (user.agency != actor.agency) {
            return fail(Errc::not_found, "no user {}", member.user.text());
        }
        CAIRN_TRY(count_revision(gate_.records(), permit.case_key->number, ground));
        CAIRN_TRY(store_member(gate_.records(), permit.case_key->number, member.user, member.level)
        );
        return Visibility::changed(gate_.records());
    });
}

Result<std::vector<CaseShare>> Cases::shares(
    const Actor& actor,
    const Ground& ground,
    const CaseId& id,
    const std::optional<AgencyId>& after,
    std::int64_t limit
) {
    const Act act = act_on(OperationId::case_share_list, ground, id);
    using Rows = std::vector<CaseShare>;
    return gate_.read<Rows>(actor, act, [&](Permit& permit) -> Result<Rows> {
        const bool is_owner = permit.case_key->agency == actor.agency;
        auto find = CAIRN_TRY(gate_.records().prepare(fmt::format(
            "SELECT agency, level FROM case_share WHERE case_number = ?1 AND agency > ?2 {} "
            "ORDER BY agency LIMIT ?3",
            is_owner ? "" : "AND agency = ?4"
        )));
        find.bind(1, permit.case_key->number).bind(2, after ? after->bytes() : Bytes());
        find.bind(3, std::clamp(limit, std::int64_t{0}, kPageMax));
        if (!is_owner) find.bind(4, actor.agency.bytes());
        Rows rows;
        while (CAIRN_TRY(find.step())) {
            const auto agency = CAIRN_TRY(stored_id<AgencyId>(find.bytes(0)));
            rows.push_back({.agency = agency, .level = static_cast<Level>(find.integer(1))});
        }
        return rows;
    });
}

Status Cases::set_share(
    const Actor& actor, const Ground& ground, const CaseId& id, const AgencyId& with, Level level
) {
    Act act = act_on(OperationId::case_share_set, ground, id);
    act.objects.push_back("agency:" + with.text());
    act.touches = {{ScopeKind::agency, with.text()}};
    return gate_.change(actor, act, [&](Permit& permit) -> Status {
        if (permit.case_key->agency != actor.agency) {
            permit.refusal = "not_the_owner";
            return fail(Errc::permission_denied, "only the agency that owns a case shares it");
        }
        if (with == actor.agency) {
            return fail(Errc::invalid_argument, "a case is not shared with its own agency");
        }
        CAIRN_TRY(stored_agency(gate_.records(), with));
        CAIRN_TRY(count_revision(gate_.records(), permit.case_key->number, ground));
        auto remove = CAIRN_TRY(
            gate_.records().prepare("DELETE FROM case_share WHERE agency = ? AND case_number = ?")
        );
        CAIRN_TRY(remove.bind(1, with.bytes()).bind(2, permit.case_key->number).run());
        if (level != Level::none) {
            auto insert = CAIRN_TRY(gate_.records().prepare(
                "INSERT INTO case_share (agency, case_number, level) VALUES (?, ?, ?)"
            ));
            insert.bind(1, with.bytes()).bind(2, permit.case_key->number);
            CAIRN_TRY(insert.bind(3, static_cast<std::int64_t>(level)).run());
        }
        return Visibility::changed(gate_.records());
    });
}

Status Cases::shred(const Actor& actor, const Ground& ground, const CaseId& id) {
    const Act act = act_on(OperationId::case_shred, ground, id);
    CAIRN_TRY(gate_.change(actor, act, [&](Permit& permit) -> Status {
        if (permit.case_key->agency != actor.agency) {
            permit.refusal = "not_the_owner";
            return fail(Errc::permission_denied, "only the agency that owns a case shreds it");
        }
        const std::size_t keys = CAIRN_TRY(gate_.keys().destroy(permit.case_key->key));
        auto remove = CAIRN_TRY(gate_.records().prepare("DELETE FROM case_file WHERE number = ?"));
        CAIRN_TRY(remove.bind(1, permit.case_key->number).run());
        permit.more_objects = {
            "key:" + permit.case_key->key.text(), fmt::format("keys_destroyed:{}", keys)};
        return Visibility::changed(gate_.records());
    }));
    return gate_.records().purge_deleted();
}

}  // namespace cairn::access
