#include "access/authority_store.h"

namespace cairn::access {
namespace {

constexpr std::string_view kColumns =
    "SELECT id, version, state, body, created_by, approved_by, created FROM authority ";

keyring::Place body_place(const AuthorityId& id) {
    return {.column = "authority.body", .row = id.bytes()};
}

Result<AuthorityState> state_from(std::string_view name) {
    for (const AuthorityState state : kAuthorityStates) {
        if (name_of(state) == name) return state;
    }
    return fail(Errc::corrupt_data, "authority: no state '{}'", name);
}

std::string acts_text(AuthorityActs acts) {
    std::string text;
    for (const AuthorityAct act : kAuthorityActs) {
        if (!acts.contains(act)) continue;
        if (!text.empty()) text += ' ';
        text += name_of(act);
    }
    return text;
}

Result<Authority> authority_from(
    keyring::KeyRing& keys, const keyring::KeyId& key, db::Statement& row
) {
    const auto id = CAIRN_TRY(stored_id<AuthorityId>(row.bytes(0)));
    const auto created_by = CAIRN_TRY(stored_id<UserId>(row.bytes(4)));
    Authority authority = {.id = id, .terms = {}, .created_by = created_by, .approved_by = {}};
    authority.version = row.integer(1);
    authority.state = CAIRN_TRY(state_from(row.text(2)));
    if (!row.is_null(5)) authority.approved_by = CAIRN_TRY(stored_id<UserId>(row.bytes(5)));
    authority.created = utc_from_microseconds(row.integer(6));
    const auto body = CAIRN_TRY(keys.unseal(key, row.bytes(3), body_place(id)));
    authority.terms = CAIRN_TRY(decode_terms(as_bytes(body)));
    return authority;
}

Result<std::vector<Authority>> all_from(
    keyring::KeyRing& keys, const keyring::KeyId& key, db::Statement& rows
) {
    std::vector<Authority> authorities;
    while (CAIRN_TRY(rows.step())) {
        auto one = CAIRN_TRY(authority_from(keys, key, rows));
        authorities.push_back(std::move(one));
    }
    return authorities;
}

}  // namespace

Status insert_authority(
    db::Database& records,
    keyring::KeyRing& keys,
    const AgencyId& agency,
    const Authority& authority
) {
    const auto owner = CAIRN_TRY(stored_agency(records, agency));
    const ByteVector terms = encode_terms(authority.terms);
    const auto body = CAIRN_TRY(keys.seal(owner.key, terms, body_place(authority.id)));
    auto insert = CAIRN_TRY(records.prepare(
        "INSERT INTO authority (id, version, agency, acts, starts, ends, state, body, created_by, "
        "created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    ));
    insert.bind(1, authority.id.bytes()).bind(2, authority.version).bind(3, agency.bytes());
    insert.bind(4, acts_text(authority.terms.acts));
    insert.bind(5, microseconds_of(authority.terms.starts));
    insert.bind(6, microseconds_of(authority.terms.ends));
    insert.bind(7, name_of(authority.state)).bind(8, Bytes(body));
    insert.bind(9, authority.created_by.bytes()).bind(10, microseconds_of(authority.created));
    return insert.run();
}

Result<std::vector<Authority>> authority_versions(
    db::Database& records, keyring::KeyRing& keys, const AgencyId& agency, const AuthorityId& id
) {
    const auto owner = CAIRN_TRY(stored_agency(records, agency));
    auto find = CAIRN_TRY(
        records.prepare(std::string(kColumns) + "WHERE agency = ? AND id = ? ORDER BY version DESC")
    );
    find.bind(1, agency.bytes()).bind(2, id.bytes());
    return all_from(keys, owner.key, find);
}

Result<std::optional<Authority>> stored_authority(
    db::Database& records, keyring::KeyRing& keys, const AgencyId& agency, const AuthorityId& id
) {
    auto versions = CAIRN_TRY(authority_versions(records, keys, agency, id));
    for (Authority& version : versions) {
        if (version.state != AuthorityState::draft) return std::optional(std::move(version));
    }
    if (versions.empty()) return std::optional<Authority>();
    return std::optional(std::move(versions.front()));
}

Result<std::vector<Authority>> active_authorities(
    db::Database& records, keyring::KeyRing& keys, const AgencyId& agency
) {
    const auto owner = CAIRN_TRY(stored_agency(records, agency));
    auto find = CAIRN_TRY(records.prepare(
        std::string(kColumns) + "WHERE agency = ? AND state = ? ORDER BY created, id"
    ));
    find.bind(1, agency.bytes()).bind(2, name_of(AuthorityState::active));
    return all_from(keys, owner.key, find);
}

Result<std::vector<Authority>> stored_authorities(
    db::Database& records,
    keyring::KeyRing& keys,
    const AgencyId& agency,
    const AuthorityFilter& filter,
    const std::optional<Cursor<AuthorityId>>& after,
    std::int64_t limit
) {
    const auto owner = CAIRN_TRY(stored_agency(records, agency));
    auto find = CAIRN_TRY(records.prepare(
        std::string(kColumns) +
        "WHERE agency = ?1 AND (created, id) > (?2, ?3) AND (state = ?5 OR ?5 = '') "
        "AND ' ' || acts || ' ' LIKE ?6 ORDER BY created, id LIMIT ?4"
    ));
    bind_page(find.bind(1, agency.bytes()), 2, after, limit);
    find.bind(5, filter.state ? name_of(*filter.state) : std::string_view());
    find.bind(6, filter.act ? fmt::format("% {} %", name_of(*filter.act)) : std::string("%"));
    return all_from(keys, owner.key, find);
}

Status store_authority_state(
    db::Database& records,
    const AuthorityId& id,
    std::int64_t version,
    AuthorityState state,
    const std::optional<UserId>& approved_by
) {
    auto update = CAIRN_TRY(
        records.prepare("UPDATE authority SET state = ?1, approved_by = coalesce(?2, approved_by) "
                        "WHERE id = ?3 AND version = ?4")
    );
    update.bind(1, name_of(state)).bind(3, id.bytes()).bind(4, version);
    if (approved_by) {
        update.bind(2, approved_by->bytes());
    } else {
        update.bind_null(2);
    }
    return update.run();
}

}  // namespace cairn::access
