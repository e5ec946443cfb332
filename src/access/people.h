#pragma once

#include <vector>

#include "access/gate.h"
#include "access/people_store.h"

namespace cairn::access {

/// Agencies and their people. How an agency is added: identity/agency_addition.h.
class People {
public:
    explicit People(Gate& gate) : gate_(gate) {}

    /// As they were added. Every agency may know the others: it has to name them in referrals.
    Result<std::vector<Agency>> agencies(
        const Actor& actor,
        const Ground& ground,
        const std::optional<Cursor<AgencyId>>& after,
        std::int64_t limit
    );
    /// Errc::not_found.
    Result<Agency> agency(const Actor& actor, const Ground& ground, const AgencyId& id);

    /// Of the actor's own agency. Who has roles of supervision cannot be a service account as well.
    Result<UserId> add_user(const Actor& actor, const Ground& ground, const NewUser& user);
    /// Of the agency, as they were added.
    Result<std::vector<User>> users(
        const Actor& actor,
        const Ground& ground,
        const std::optional<Cursor<UserId>>& after,
        std::int64_t limit
    );
    /// Of the agency. Errc::not_found.
    Result<User> show(const Actor& actor, const Ground& ground, const UserId& user);
    /// Those of the agency whose name or login begins with `prefix`, by name; at most `limit`.
    Result<std::vector<User>> find_users(
        const Actor& actor, const Ground& ground, const std::string& prefix, std::size_t limit
    );
    /// Nobody changes their own. Edits of a user's revision.
    Status set_roles(const Actor& actor, const Ground& ground, const UserId& user, Roles roles);
    Status disable(const Actor& actor, const Ground& ground, const UserId& user);
    Status enable(const Actor& actor, const Ground& ground, const UserId& user);

private:
    Status set_state(
        OperationId operation,
        const Actor& actor,
        const Ground& ground,
        const UserId& user,
        UserState state
    );

    Gate& gate_;
};

/// A user of the agency; of another agency as one that is not there. Errc::not_found.
Result<User> colleague(Gate& gate, const Actor& actor, const UserId& id);

}  // namespace cairn::access
