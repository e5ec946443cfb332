#pragma once

#include <optional>

#include "access/people_store.h"

namespace cairn::identity {

/// A user, as far as letting them in needs to know.
struct Account {
    access::UserId user;
    access::AgencyId agency;
    access::Profile profile;
    keyring::KeyId key;  ///< of the agency: what is kept of credentials is sealed under it
    access::UserState state;
    access::Roles roles;
    std::int64_t times_disabled = 0;
};

/// Of service accounts, which are programs' and nothing else.
inline constexpr access::Roles kServiceOnly = {access::Role::service};

Result<std::optional<Account>> find_account(db::Database& records, const access::UserId& user);

}  // namespace cairn::identity
