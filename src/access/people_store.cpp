#include "access/people_store.h"

#include <algorithm>

namespace cairn::access {
namespace {

constexpr std::size_t kNameBytesMax = 200;
constexpr std::string_view kUserColumns =
    "SELECT id, agency, login, name, state, created, revision ";
constexpr std::string_view kAgencyColumns =
    "SELECT id, name, profile, key_id, created FROM agency ";

Status check_name(std::string_view what, std::string_view text) {
    const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    if (text.empty() || text.size() > kNameBytesMax || has_control) {
        return fail(
            Errc::invalid_argument,
            "a {} has 1 to {} bytes and no control characters",
            what,
            kNameBytesMax
        );
    }
    return ok();
}

/// Logins are told apart without regard to ASCII case, so that none looks like another's.
std::string folded(std::string_view login) {
    std::string lower(login);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

/// Under the agency's key: that a login is taken in another agency must not show.
Result<crypto::Tag256> login_tag(
    keyring::KeyRing& keys, const keyring::KeyId& agency_key, std::string_view login
) {
    return keys.tag(agency_key, "user_account.login", folded(login));
}

Result<UserState> state_from(std::string_view name) {
    for (const UserState state : {UserState::invited, UserState::active, UserState::disabled}) {
        if (name_of(state) == name) return state;
    }
    return fail(Errc::corrupt_data, "user_account: no state '{}'", name);
}

Result<Agency> agency_from(const db::Statement& row) {
    const auto id = CAIRN_TRY(stored_id<AgencyId>(row.bytes(0)));
    const auto profile = CAIRN_TRY(parse_profile(row.text(2)));
    const auto key = CAIRN_TRY(stored_id<keyring::KeyId>(row.bytes(3)));
    return Agency{
        .id = id,
        .name = std::string(row.text(1)),
        .profile = profile,
        .key = key,
        .created = utc_from_microseconds(row.integer(4)),
    };
}

/// The row's columns are read before other statements run.
Result<User> user_from(
    db::Database& records, keyring::KeyRing& keys, const keyring::KeyId& key, db::Statement& row
) {
    const auto id = CAIRN_TRY(stored_id<UserId>(row.bytes(0)));
    const auto agency = CAIRN_TRY(stored_id<AgencyId>(row.bytes(1)));
    User user = {.id = id, .agency = agency, .login = {}, .name = {}};
    user.login = CAIRN_TRY(
        keys.unseal(key, row.bytes(2), {.column = "user_account.login", .row = id.bytes()})
    );
    user.name =
        CAIRN_TRY(keys.unseal(key, row.bytes(3), {.column = "user_account.name", .row = id.bytes()})
        );
    user.state = CAIRN_TRY(state_from(row.text(4)));
    user.created = utc_from_microseconds(row.integer(5));
    user.revision = row.integer(6);
    user.roles = CAIRN_TRY(stored_roles(records, id));
    return user;
}

Status insert_roles(db::Database& records, const UserId& id, Roles roles) {
    auto insert = CAIRN_TRY(records.prepare("INSERT INTO user_role (user_id, role) VALUES (?, ?)"));
    for (const Role role : kRoles) {
        if (!roles.contains(role)) continue;
        CAIRN_TRY(insert.bind(1, id.bytes()).bind(2, name_of(role)).run());
    }
    return ok();
}

}  // namespace

std::string_view name_of(UserState state) {
    switch (state) {
        case UserState::invited:
            return "invited";
        case UserState::active:
            return "active";
        case UserState::disabled:
            return "disabled";
    }
    return "";
}

Status insert_installation(db::Database& records, const Installation& installation, UtcTime now) {
    CAIRN_TRY(check_name("name of an installation", installation.name));
    auto insert = CAIRN_TRY(records.prepare(
        "INSERT INTO installation (id, name, profile, is_local, created) VALUES (1, ?, ?, ?, ?)"
    ));
    insert.bind(1, installation.name).bind(2, name_of(installation.profile));
    insert.bind(3, installation.is_local ? 1 : 0).bind(4, microseconds_of(now));
    CAIRN_TRY(insert.run());
    return records.execute("INSERT INTO access_epoch (id, epoch) VALUES (1, 1)");
}

Result<Installation> stored_installation(db::Database& records) {
    auto find = CAIRN_TRY(records.prepare("SELECT name, profile, is_local FROM installation"));
    const bool found = CAIRN_TRY(find.step());
    if (!found) {
        return fail(
            Errc::not_found, "these records belong to no installation yet; found one first"
        );
    }
    Installation installation;
    installation.name = find.text(0);
    installation.profile = CAIRN_TRY(parse_profile(find.text(1)));
    installation.is_local = find.integer(2) != 0;
    return installation;
}

Result<AgencyId> insert_agency(
    db::Database& records,
    keyring::KeyRing& keys,
    const std::string& name,
    Profile profile,
    UtcTime now
) {
    CAIRN_TRY(check_name("name of an agency", name));
    const auto id = crypto::random_id<AgencyId>();
    const auto key = CAIRN_TRY(keys.create(std::nullopt));
    auto insert = CAIRN_TRY(records.prepare(
        "INSERT INTO agency (id, name, profile, key_id, created) VALUES (?, ?, ?, ?, ?)"
    ));
    insert.bind(1, id.bytes()).bind(2, name).bind(3, name_of(profile));
    insert.bind(4, key.bytes()).bind(5, microseconds_of(now));
    auto inserted = insert.run();
    if (!inserted && inserted.error().code == Errc::conflict) {
        return fail(Errc::conflict, "there is an agency of this name").because("name_taken");
    }
    CAIRN_TRY(std::move(inserted));
    return id;
}

Result<std::vector<Agency>> stored_agencies(
    db::Database& records, const std::optional<Cursor<AgencyId>>& after, std::int64_t limit
) {
    auto find = CAIRN_TRY(records.prepare(
        std::string(kAgencyColumns) + "WHERE (created, id) > (?1, ?2) ORDER BY created, id LIMIT ?3"
    ));
    bind_page(find, 1, after, limit);
    std::vector<Agency> agencies;
    while (CAIRN_TRY(find.step())) {
        auto one = CAIRN_TRY(agency_from(find));
        agencies.push_back(std::move(one));
    }
    return agencies;
}

Result<Agency> stored_agency(db::Database& records, const AgencyId& id) {
    auto find = CAIRN_TRY(records.prepare(std::string(kAgencyColumns) + "WHERE id = ?"));
    const bool found = CAIRN_TRY(find.bind(1, id.bytes()).step());
    if (!found) return fail(Errc::not_found, "no agency {}", id.text());
    return agency_from(find);
}

Result<UserId> insert_user(
    db::Database& records,
    keyring::KeyRing& keys,
    const AgencyId& agency,
    const NewUser& user,
    UtcTime now
) {
    CAIRN_TRY(check_name("login", user.login));
    CAIRN_TRY(check_name("name", user.name));
    const auto owner = CAIRN_TRY(stored_agency(records, agency));
    const auto id = crypto::random_id<UserId>();
    const auto login = CAIRN_TRY(keys.seal(
        owner.key, as_bytes(user.login), {.column = "user_account.login", .row = id.bytes()}
    ));
    const auto name = CAIRN_TRY(keys.seal(
        owner.key, as_bytes(user.name), {.column = "user_account.name", .row = id.bytes()}
    ));
    const auto tag = CAIRN_TRY(login_tag(keys, owner.key, user.login));
    auto insert = CAIRN_TRY(records.prepare(
        "INSERT INTO user_account (id, agency, login_tag, login, name, state, created) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (agency, login_tag) DO NOTHING"
    ));
    insert.bind(1, id.bytes()).bind(2, agency.bytes()).bind(3, Bytes(tag));
    insert.bind(4, Bytes(login)).bind(5, Bytes(name)).bind(6, name_of(user.state));
    insert.bind(7, microseconds_of(now));
    CAIRN_TRY(insert.run());
    if (records.changed_rows() == 0) {
        return fail(Errc::conflict, "this login is taken; choose another").because("login_taken");
    }
    CAIRN_TRY(insert_roles(records, id, user.roles));
    return id;
}

Result<User> stored_user(db::Database& records, keyring::KeyRing& keys, const UserId& id) {
    auto find =
        CAIRN_TRY(records.prepare(std::string(kUserColumns) + "FROM user_account WHERE id = ?"));
    const bool found = CAIRN_TRY(find.bind(1, id.bytes()).step());
    if (!found) {
        return fail(Errc::not_found, "no user {}", id.text());
    }
    const auto agency_id = CAIRN_TRY(stored_id<AgencyId>(find.bytes(1)));
    const auto agency = CAIRN_TRY(stored_agency(records, agency_id));
    return user_from(records, keys, agency.key, find);
}

Result<std::optional<AgencyId>> find_agency(db::Database& records, std::string_view name) {
    auto find = CAIRN_TRY(records.prepare("SELECT id FROM agency WHERE name = ?"));
    const bool found = CAIRN_TRY(find.bind(1, name).step());
    if (!found) return std::optional<AgencyId>();
    const auto id = CAIRN_TRY(stored_id<AgencyId>(find.bytes(0)));
    return std::optional(id);
}

Result<std::optional<UserId>> find_login(
    db::Database& records, keyring::KeyRing& keys, std::string_view agency, std::string_view login
) {
    const auto agency_id = CAIRN_TRY(find_agency(records, agency));
    if (!agency_id) return std::optional<UserId>();
    const auto owner = CAIRN_TRY(stored_agency(records, *agency_id));
    const auto tag = CAIRN_TRY(login_tag(keys, owner.key, login));
    auto find =
        CAIRN_TRY(records.prepare("SELECT id FROM user_account WHERE agency = ? AND login_tag = ?")
        );
    const bool found = CAIRN_TRY(find.bind(1, agency_id->bytes()).bind(2, Bytes(tag)).step());
    if (!found) {
        return std::optional<UserId>();
    }
    const auto id = CAIRN_TRY(stored_id<UserId>(find.bytes(0)));
    return std::optional(id);
}

Result<std::vector<User>> stored_users(
    db::Database& records,
    keyring::KeyRing& keys,
    const AgencyId& agency,
    const std::optional<Cursor<UserId>>& after,
    std::int64_t limit
) {
    const auto owner = CAIRN_TRY(stored_agency(records, agency));
    auto find = CAIRN_TRY(records.prepare(
        std::string(kUserColumns) +
        "FROM user_account WHERE agency = ?1 AND (created, id) > (?2, ?3) "
        "ORDER BY created, id LIMIT ?4"
    ));
    bind_page(find.bind(1, agency.bytes()), 2, after, limit);
    std::vector<User> users;
    while (CAIRN_TRY(find.step())) {
        auto one = CAIRN_TRY(user_from(records, keys, owner.key, find));
        users.push_back(std::move(one));
    }
    return users;
}

Status store_user_state(db::Database& records, const UserId& id, UserState state) {
    auto update = CAIRN_TRY(
        records.prepare("UPDATE user_account SET state = ?, times_disabled = times_disabled + ?, "
                        "revision = revision + 1 WHERE id = ?")
    );
    update.bind(1, name_of(state)).bind(2, state == UserState::disabled ? 1 : 0);
    CAIRN_TRY(update.bind(3, id.bytes()).run());
    if (records.changed_rows() == 0) return fail(Errc::not_found, "no user {}", id.text());
    return ok();
}

Status store_roles(db::Database& records, const UserId& id, Roles roles) {
    auto remove = CAIRN_TRY(records.prepare("DELETE FROM user_role WHERE user_id = ?"));
    CAIRN_TRY(remove.bind(1, id.bytes()).run());
    CAIRN_TRY(insert_roles(records, id, roles));
    auto count =
        CAIRN_TRY(records.prepare("UPDATE user_account SET revision = revision + 1 WHERE id = ?"));
    return count.bind(1, id.bytes()).run();
}

Result<Roles> stored_roles(db::Database& records, const UserId& id) {
    auto find = CAIRN_TRY(records.prepare("SELECT role FROM user_role WHERE user_id = ?"));
    find.bind(1, id.bytes());
    Roles roles;
    while (CAIRN_TRY(find.step())) {
        const Role role = CAIRN_TRY(parse_role(find.text(0)));
        roles.insert(role);
    }
    return roles;
}

}  // namespace cairn::access
