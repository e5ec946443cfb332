#include "identity/api_key_administration.h"

#include <algorithm>

#include "access/people.h"
#include "identity/account_administration.h"

namespace cairn::identity {
namespace {

using access::Actor;
using access::Ground;
using access::OperationId;
using access::Permit;

std::string object_of(const ApiKeyId& id) {
    return "api_key:" + id.text();
}

Status check_name(std::string_view name) {
    const bool has_control = std::any_of(name.begin(), name.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    if (!name.empty() && name.size() <= kApiKeyNameBytesMax && !has_control) return ok();
    return fail(
        Errc::invalid_argument,
        "the name of an API key has 1 to {} bytes and no control characters",
        kApiKeyNameBytesMax
    );
}

Status check_scope(const std::set<OperationId>& scope) {
    if (scope.empty()) {
        return fail(Errc::invalid_argument, "name at least one operation that the key is for");
    }
    for (const OperationId one : scope) {
        const access::Operation& rule = access::operation(one);
        if (rule.roles.contains(access::Role::service)) continue;
        return fail(Errc::invalid_argument, "{} is not for service accounts", rule.name);
    }
    return ok();
}

Status check_expiry(UtcTime expires, UtcTime now) {
    if (expires > now && expires <= now + kApiKeyLastsMax) return ok();
    return fail(
        Errc::invalid_argument,
        "an API key expires in the future, after {} days at most",
        std::chrono::duration_cast<std::chrono::days>(kApiKeyLastsMax).count()
    );
}

}  // namespace

Result<IssuedApiKey> ApiKeyAdministration::add(
    const Actor& actor, const Ground& ground, const NewKey& wanted
) {
    const access::Act act = {
        .operation = OperationId::api_key_add,
        .ground = ground,
        .objects = {"user:" + wanted.user.text()},
    };
    std::optional<IssuedApiKey> issued;
    CAIRN_TRY(gate_.change(actor, act, [&](Permit& permit) -> Status {
        CAIRN_TRY(check_fresh(permit, limits_));
        CAIRN_TRY(check_name(wanted.name));
        CAIRN_TRY(check_scope(wanted.scope));
        CAIRN_TRY(check_expiry(wanted.expires, permit.now));
        issued = CAIRN_TRY(issue(permit, wanted));
        permit.more_objects = {object_of(issued->id)};
        return ok();
    }));
    return *std::move(issued);
}

Result<IssuedApiKey> ApiKeyAdministration::issue(const Permit& permit, const NewKey& wanted) {
    const auto user = CAIRN_TRY(access::colleague(gate_, permit.actor, wanted.user));
    if (user.roles != kServiceOnly || user.state == access::UserState::disabled) {
        return fail(Errc::conflict, "user {} is no service account in use", user.id.text())
            .because("no_service_account");
    }
    const std::int64_t count = CAIRN_TRY(count_api_keys(gate_.records(), wanted.user));
    if (count >= kApiKeysMax) {
        return fail(
                   Errc::limit_exceeded,
                   "the account has {} API keys, the most there may be: wait until one has expired",
                   kApiKeysMax
        )
            .because("too_many_keys");
    }
    const auto account = CAIRN_TRY(find_account(gate_.records(), wanted.user));
    const Token token = Token::random(TokenKind::api_key);
    const ApiKey key{
        .id = crypto::random_id<ApiKeyId>(),
        .user = wanted.user,
        .name = wanted.name,
        .scope = wanted.scope,
        .created_by = permit.actor.user,
        .created = permit.now,
        .expires = wanted.expires,
    };
    CAIRN_TRY(insert_api_key(gate_.records(), gate_.keys(), *account, key, token.digest()));
    if (user.state == access::UserState::invited) {
        CAIRN_TRY(access::store_user_state(gate_.records(), wanted.user, access::UserState::active)
        );
    }
    return IssuedApiKey{.id = key.id, .token = token};
}

Result<std::vector<ApiKey>> ApiKeyAdministration::list(
    const Actor& actor,
    const Ground& ground,
    const std::optional<access::Cursor<ApiKeyId>>& after,
    std::int64_t limit
) {
    const access::Act act = {.operation = OperationId::api_key_list, .ground = ground};
    using Rows = std::vector<ApiKey>;
    return gate_.read<Rows>(actor, act, [&](Permit&) {
        return stored_api_keys(gate_.records(), gate_.keys(), actor.agency, after, limit);
    });
}

Status ApiKeyAdministration::revoke(const Actor& actor, const Ground& ground, const ApiKeyId& id) {
    const access::Act act = {
        .operation = OperationId::api_key_revoke,
        .ground = ground,
        .objects = {object_of(id)},
    };
    return gate_.change(actor, act, [&](Permit& permit) -> Status {
        CAIRN_TRY(check_fresh(permit, limits_));
        const auto key = CAIRN_TRY(stored_api_key(gate_.records(), gate_.keys(), actor.agency, id));
        if (key.revoked) {
            return fail(Errc::conflict, "API key {} is revoked already", id.text())
                .because("revoked_already");
        }
        return store_api_key_revoked(gate_.records(), id, permit.now);
    });
}

}  // namespace cairn::identity
