#include <algorithm>

#include "access/operation.h"
#include "identity/api_key.h"
#include "identity/first_factor.h"

namespace cairn::identity {
namespace {

constexpr std::string_view kColumns =
    "SELECT k.id, k.user_id, k.name, k.scope, k.created_by, k.created, k.expires, k.last_used, "
    "k.revoked FROM api_key k ";

constexpr std::string_view kUnknown = "unknown_key";

Error refused() {
    return fail(Errc::unauthenticated, "this API key opens nothing here").because("bad_api_key");
}

keyring::Place name_place(const ApiKeyId& id) {
    return {.column = "api_key.name", .row = id.bytes()};
}

std::string scope_text(const std::set<access::OperationId>& scope) {
    std::string text;
    for (const access::OperationId one : scope) {
        if (!text.empty()) text += ' ';
        text += access::operation(one).name;
    }
    return text;
}

/// Operations that this Cairn does not know any more are no part of it.
std::set<access::OperationId> scope_from(std::string_view text) {
    std::set<access::OperationId> scope;
    while (!text.empty()) {
        const std::string_view name = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), name.size() + 1));
        for (const access::Operation& one : access::operations()) {
            if (one.name == name) scope.insert(one.id);
        }
    }
    return scope;
}

std::optional<UtcTime> time_from(const std::optional<std::int64_t>& microseconds) {
    if (!microseconds) return std::nullopt;
    return utc_from_microseconds(*microseconds);
}

Result<ApiKey> api_key_from(
    keyring::KeyRing& keys, const keyring::KeyId& agency_key, db::Statement& row
) {
    const auto id = CAIRN_TRY(stored_id<ApiKeyId>(row.bytes(0)));
    const auto user = CAIRN_TRY(stored_id<access::UserId>(row.bytes(1)));
    const auto created_by = CAIRN_TRY(stored_id<access::UserId>(row.bytes(4)));
    ApiKey key{.id = id, .user = user, .created_by = created_by};
    key.scope = scope_from(row.text(3));
    key.created = utc_from_microseconds(row.integer(5));
    key.expires = utc_from_microseconds(row.integer(6));
    key.last_used = time_from(row.optional_integer(7));
    key.revoked = time_from(row.optional_integer(8));
    key.name = CAIRN_TRY(keys.unseal(agency_key, row.bytes(2), name_place(id)));
    return key;
}

/// Why a key is not good now: a code for the log; empty: it is.
std::string_view refusal_of(const Account& account, const ApiKey& key, UtcTime now) {
    if (key.revoked) return "revoked";
    if (now >= key.expires) return "expired";
    if (account.state != access::UserState::active) return kNotActive;
    if (account.roles != kServiceOnly) return "not_a_service";
    return {};
}

}  // namespace

Result<access::Actor> ApiKeys::actor(std::string_view token_text, const Client& client) {
    Found found = CAIRN_TRY(find(token_text));
    const UtcTime now = parts_.clock.now();
    if (found.refusal.empty()) {
        CAIRN_TRY(mark_used(*found.key, now));
        return access::Actor{
            .user = found.account->user,
            .agency = found.account->agency,
            .profile = found.account->profile,
            .roles = found.account->roles,
            .session = "api_key:" + found.key->id.text(),
            .client = client.address,
            .request = client.id,
            .second_factor_at = std::nullopt,
            .scope = std::move(found.key->scope),
        };
    }
    bool has_budget = false;
    CAIRN_TRY(parts_.records.transaction([&]() -> Status {
        const auto network = network_of_keys(parts_.keys, client);
        has_budget = CAIRN_TRY(lock_out_.take_network_attempt(network));
        ActRecord act{.operation = "sign_in_api_key"};
        if (has_budget) act.account = found.account;
        act.refusal = has_budget ? found.refusal : kNetworkLimit;
        return record(parts_.log, now, client, act);
    }));
    return has_budget ? refused() : network_limit();
}

Result<ApiKeys::Found> ApiKeys::find(std::string_view token_text) {
    Found found{.account = std::nullopt, .key = std::nullopt, .refusal = kUnknown};
    const auto token = Token::parse(TokenKind::api_key, token_text);
    if (!token) return found;
    const crypto::Sha256 digest = token->digest();
    auto find =
        CAIRN_TRY(parts_.records.prepare("SELECT id, user_id FROM api_key WHERE digest = ?"));
    const bool is_there = CAIRN_TRY(find.bind(1, Bytes(digest)).step());
    if (!is_there) return found;
    const auto id = CAIRN_TRY(stored_id<ApiKeyId>(find.bytes(0)));
    const auto user = CAIRN_TRY(stored_id<access::UserId>(find.bytes(1)));
    find.reset();
    found.account = CAIRN_TRY(find_account(parts_.records, user));
    if (!found.account) return found;
    auto key = stored_api_key(parts_.records, parts_.keys, found.account->agency, id);
    if (!key && key.error().code == Errc::not_found) return found;  // deleted just now
    found.key = CAIRN_TRY(std::move(key));
    found.refusal = refusal_of(*found.account, *found.key, parts_.clock.now());
    return found;
}

Status ApiKeys::mark_used(const ApiKey& key, UtcTime now) {
    if (key.last_used && now < *key.last_used + kUsedGrain) return ok();
    return parts_.records.transaction([&]() -> Status {
        auto mark =
            CAIRN_TRY(parts_.records.prepare("UPDATE api_key SET last_used = ? WHERE id = ?"));
        return mark.bind(1, microseconds_of(now)).bind(2, key.id.bytes()).run();
    });
}

Status insert_api_key(
    db::Database& records,
    keyring::KeyRing& keys,
    const Account& account,
    const ApiKey& key,
    const crypto::Sha256& digest
) {
    const auto name = CAIRN_TRY(keys.seal(account.key, as_bytes(key.name), name_place(key.id)));
    auto insert = CAIRN_TRY(records.prepare(
        "INSERT INTO api_key (id, agency, user_id, digest, name, scope, created_by, created, "
        "expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    ));
    insert.bind(1, key.id.bytes()).bind(2, account.agency.bytes()).bind(3, key.user.bytes());
    insert.bind(4, Bytes(digest)).bind(5, Bytes(name)).bind(6, scope_text(key.scope));
    insert.bind(7, key.created_by.bytes()).bind(8, microseconds_of(key.created));
    return insert.bind(9, microseconds_of(key.expires)).run();
}

Result<std::vector<ApiKey>> stored_api_keys(
    db::Database& records,
    keyring::KeyRing& keys,
    const access::AgencyId& agency,
    const std::optional<access::Cursor<ApiKeyId>>& after,
    std::int64_t limit
) {
    const auto owner = CAIRN_TRY(access::stored_agency(records, agency));
    auto find =
        CAIRN_TRY(records.prepare(
            std::string(kColumns) + "WHERE k.agency = ?1 AND (k.created, k.id) > (?2, ?3) "
                                    "ORDER BY k.created, k.id LIMIT ?4"
        ));
    access::bind_page(find.bind(1, agency.bytes()), 2, after, limit);
    std::vector<ApiKey> all;
    while (CAIRN_TRY(find.step())) {
        auto one = CAIRN_TRY(api_key_from(keys, owner.key, find));
        all.push_back(std::move(one));
    }
    return all;
}

Result<ApiKey> stored_api_key(
    db::Database& records,
    keyring::KeyRing& keys,
    const access::AgencyId& agency,
    const ApiKeyId& id
) {
    const auto owner = CAIRN_TRY(access::stored_agency(records, agency));
    auto find =
        CAIRN_TRY(records.prepare(std::string(kColumns) + "WHERE k.agency = ? AND k.id = ?"));
    const bool found = CAIRN_TRY(find.bind(1, agency.bytes()).bind(2, id.bytes()).step());
    if (!found) return fail(Errc::not_found, "no API key {}", id.text());
    return api_key_from(keys, owner.key, find);
}

Result<std::int64_t> count_api_keys(db::Database& records, const access::UserId& user) {
    auto count = CAIRN_TRY(records.prepare("SELECT count(*) FROM api_key WHERE user_id = ?"));
    return count.bind(1, user.bytes()).run_for_integer();
}

Status store_api_key_revoked(db::Database& records, const ApiKeyId& id, UtcTime now) {
    auto update = CAIRN_TRY(records.prepare("UPDATE api_key SET revoked = ? WHERE id = ?"));
    return update.bind(1, microseconds_of(now)).bind(2, id.bytes()).run();
}

Result<std::size_t> sweep_api_keys(db::Database& records, UtcTime now) {
    auto remove = CAIRN_TRY(records.prepare("DELETE FROM api_key WHERE expires <= ?"));
    CAIRN_TRY(remove.bind(1, microseconds_of(now)).run());
    return static_cast<std::size_t>(records.changed_rows());
}

}  // namespace cairn::identity
