#include "access/people.h"

#include <algorithm>

namespace cairn::access {
namespace {

std::string object_of(const UserId& id) {
    return "user:" + id.text();
}

Status check_roles(Roles roles) {
    if (roles.empty()) return fail(Errc::invalid_argument, "a user needs a role");
    if (roles.contains(Role::service) && roles != Roles{Role::service}) {
        return fail(
            Errc::invalid_argument,
            "a service account has no other role: people have accounts of their own"
        );
    }
    return ok();
}

bool begins_with(std::string_view text, std::string_view prefix) {
    const auto same = [](char a, char b) {
        const auto lower = [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        };
        return lower(a) == lower(b);
    };
    return text.size() >= prefix.size() &&
           std::equal(prefix.begin(), prefix.end(), text.begin(), same);
}

}  // namespace

Result<User> colleague(Gate& gate, const Actor& actor, const UserId& id) {
    auto user = stored_user(gate.records(), gate.keys(), id);
    if (user && user->agency != actor.agency) {
        return fail(Errc::not_found, "no user {}", id.text());
    }
    return user;
}

Result<std::vector<Agency>> People::agencies(
    const Actor& actor,
    const Ground& ground,
    const std::optional<Cursor<AgencyId>>& after,
    std::int64_t limit
) {
    const Act act = {.operation = OperationId::agency_list, .ground = ground};
    using Rows = std::vector<Agency>;
    return gate_.read<Rows>(actor, act, [&](Permit&) {
        return stored_agencies(gate_.records(), after, limit);
    });
}

Result<Agency> People::agency(const Actor& actor, const Ground& ground, const AgencyId& id) {
    const Act act = {
        .operation = OperationId::agency_show,
        .ground = ground,
        .objects = {"agency:" + id.text()},
    };
    return gate_.read<Agency>(actor, act, [&](Permit&) {
        return stored_agency(gate_.records(), id);
    });
}

Result<UserId> People::add_user(const Actor& actor, const Ground& ground, const NewUser& user) {
    const Act act = {.operation = OperationId::user_add, .ground = ground};
    std::optional<UserId> added;
    CAIRN_TRY(gate_.change(actor, act, [&](Permit& permit) -> Status {
        CAIRN_TRY(check_roles(user.roles));
        added =
            CAIRN_TRY(insert_user(gate_.records(), gate_.keys(), actor.agency, user, permit.now));
        permit.more_objects = {object_of(*added)};
        return ok();
    }));
    return *added;
}

Result<std::vector<User>> People::users(
    const Actor& actor,
    const Ground& ground,
    const std::optional<Cursor<UserId>>& after,
    std::int64_t limit
) {
    const Act act = {.operation = OperationId::user_list, .ground = ground};
    using Rows = std::vector<User>;
    return gate_.read<Rows>(actor, act, [&](Permit&) {
        return stored_users(gate_.records(), gate_.keys(), actor.agency, after, limit);
    });
}

Result<User> People::show(const Actor& actor, const Ground& ground, const UserId& user) {
    const Act act = {
        .operation = OperationId::user_show,
        .ground = ground,
        .objects = {object_of(user)},
    };
    return gate_.read<User>(actor, act, [&](Permit&) { return colleague(gate_, actor, user); });
}

// Names are sealed, so all of the agency's are opened: O(users of the agency).
Result<std::vector<User>> People::find_users(
    const Actor& actor, const Ground& ground, const std::string& prefix, std::size_t limit
) {
    const Act act = {.operation = OperationId::user_find, .ground = ground};
    using Rows = std::vector<User>;
    return gate_.read<Rows>(actor, act, [&](Permit&) -> Result<Rows> {
        Rows found;
        std::optional<Cursor<UserId>> after;
        for (;;) {
            auto page =
                CAIRN_TRY(stored_users(gate_.records(), gate_.keys(), actor.agency, after, kPageMax)
                );
            if (page.empty()) break;
            after = Cursor<UserId>{.created = page.back().created, .id = page.back().id};
            for (User& user : page) {
                if (begins_with(user.name, prefix) || begins_with(user.login, prefix)) {
                    found.push_back(std::move(user));
                }
            }
        }
        std::sort(found.begin(), found.end(), [](const User& a, const User& b) {
            return std::tie(a.name, a.id) < std::tie(b.name, b.id);
        });
        found.erase(
            found.begin() + static_cast<std::ptrdiff_t>(std::min(limit, found.size())), found.end()
        );
        return found;
    });
}

Status People::set_roles(
    const Actor& actor, const Ground& ground, const UserId& user, Roles roles
) {
    const Act act = {
        .operation = OperationId::user_set_roles,
        .ground = ground,
        .objects = {object_of(user)},
    };
    return gate_.change(actor, act, [&](Permit& permit) -> Status {
        CAIRN_TRY(check_roles(roles));
        const auto found = CAIRN_TRY(colleague(gate_, actor, user));
        if (user == actor.user) {
            permit.refusal = "own_account";
            return fail(Errc::permission_denied, "nobody changes their own roles");
        }
        CAIRN_TRY(check_revision(ground, found.revision));
        return store_roles(gate_.records(), user, roles);
    });
}

Status People::disable(const Actor& actor, const Ground& ground, const UserId& user) {
    return set_state(OperationId::user_disable, actor, ground, user, UserState::disabled);
}

Status People::enable(const Actor& actor, const Ground& ground, const UserId& user) {
    return set_state(OperationId::user_enable, actor, ground, user, UserState::active);
}

Status People::set_state(
    OperationId operation,
    const Actor& actor,
    const Ground& ground,
    const UserId& user,
    UserState state
) {
    const Act act = {.operation = operation, .ground = ground, .objects = {object_of(user)}};
    return gate_.change(actor, act, [&](Permit& permit) -> Status {
        const auto found = CAIRN_TRY(colleague(gate_, actor, user));
        if (user == actor.user) {
            permit.refusal = "own_account";
            return fail(Errc::permission_denied, "nobody disables or enables their own account");
        }
        CAIRN_TRY(check_revision(ground, found.revision));
        if (state == UserState::active && found.state != UserState::disabled) {
            return fail(Errc::conflict, "user {} is not disabled", user.text())
                .because("not_disabled");
        }
        return store_user_state(gate_.records(), user, state);
    });
}

}  // namespace cairn::access
