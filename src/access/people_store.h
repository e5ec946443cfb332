#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "access/actor.h"
#include "db/database.h"
#include "keyring/key_ring.h"

namespace cairn::access {

// Agencies and users in the records. No permission is asked here: see people.h.

/// The whole of what these records belong to, said once at their beginning.
struct Installation {
    std::string name{};
    Profile profile{};      ///< upper bound of what its agencies may do
    bool is_local = false;  ///< a case folder of one person, without a server
};

struct Agency {
    AgencyId id;
    std::string name{};
    Profile profile{};
    keyring::KeyId key;
    UtcTime created{};
};

enum class UserState : std::uint8_t { invited, active, disabled };

std::string_view name_of(UserState state);

struct User {
    UserId id;
    AgencyId agency;
    std::string login{};
    std::string name{};
    UserState state = UserState::invited;
    Roles roles{};
    UtcTime created{};
    std::int64_t revision = 1;  ///< counted up when roles or state change
};

/// Where a page of a list goes on: after this one. Lists are in the order they were made.
template <typename IdType>
struct Cursor {
    UtcTime created{};
    IdType id;
};

inline constexpr std::int64_t kPageMax = 1000;

/// For "(created, id) > (?p, ?p+1) ORDER BY created, id LIMIT ?p+2".
template <typename IdType>
void bind_page(
    db::Statement& statement,
    int position,
    const std::optional<Cursor<IdType>>& after,
    std::int64_t limit
) {
    statement.bind(position, after ? microseconds_of(after->created) : std::int64_t{-1});
    statement.bind(position + 1, after ? after->id.bytes() : Bytes());
    statement.bind(position + 2, std::clamp(limit, std::int64_t{0}, kPageMax));
}

/// Within a transaction. Errc::conflict when the records have one.
Status insert_installation(db::Database& records, const Installation& installation, UtcTime now);
/// Errc::not_found with the cure when the records have none.
Result<Installation> stored_installation(db::Database& records);

/// Errc::conflict when the name is taken.
Result<AgencyId> insert_agency(
    db::Database& records,
    keyring::KeyRing& keys,
    const std::string& name,
    Profile profile,
    UtcTime now
);
/// As they were added.
Result<std::vector<Agency>> stored_agencies(
    db::Database& records, const std::optional<Cursor<AgencyId>>& after, std::int64_t limit
);
Result<std::optional<AgencyId>> find_agency(db::Database& records, std::string_view name);
/// Errc::not_found.
Result<Agency> stored_agency(db::Database& records, const AgencyId& id);

struct NewUser {
    std::string login{};  ///< found again whatever its case; unique in the agency
    std::string name{};   ///< for colleagues
    Roles roles{};
    UserState state = UserState::invited;
};

/// Errc::conflict when the login is taken, Errc::invalid_argument for an unusable one.
Result<UserId> insert_user(
    db::Database& records,
    keyring::KeyRing& keys,
    const AgencyId& agency,
    const NewUser& user,
    UtcTime now
);
/// Errc::not_found.
Result<User> stored_user(db::Database& records, keyring::KeyRing& keys, const UserId& id);
/// By the name of the agency and the login in it, for signing in.
Result<std::optional<UserId>> find_login(
    db::Database& records, keyring::KeyRing& keys, std::string_view agency, std::string_view login
);
Result<std::vector<User>> stored_users(
    db::Database& records,
    keyring::KeyRing& keys,
    const AgencyId& agency,
    const std::optional<Cursor<UserId>>& after,
    std::int64_t limit
);
/// Whoever is disabled is out at once, and signs in anew once enabled again.
Status store_user_state(db::Database& records, const UserId& id, UserState state);
Status store_roles(db::Database& records, const UserId& id, Roles roles);
Result<Roles> stored_roles(db::Database& records, const UserId& id);

}  // namespace cairn::access
