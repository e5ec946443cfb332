#pragma once

#include <set>
#include <string>
#include <vector>

#include "identity/act_record.h"
#include "identity/lock_out.h"
#include "identity/token.h"

namespace cairn::identity {

/// The longest that a key may be good for.
inline constexpr std::chrono::hours kApiKeyLastsMax{365 * 24};
/// A service account has few; more are a mistake.
inline constexpr std::int64_t kApiKeysMax = 32;
inline constexpr std::size_t kApiKeyNameBytesMax = 200;
/// Being used is written down so often at most.
inline constexpr std::chrono::seconds kUsedGrain{60};

using ApiKeyId = Id<struct ApiKeyIdTag>;

/// What a program shows with each request instead of a certificate: good for some operations and
/// for a time.
struct ApiKey {
    ApiKeyId id;
    access::UserId user;  ///< the service account
    std::string name{};   ///< what it is for, for people
    std::set<access::OperationId> scope{};
    access::UserId created_by;
    UtcTime created{};
    UtcTime expires{};  ///< first instant it is no longer good
    std::optional<UtcTime> last_used{};
    std::optional<UtcTime> revoked{};
};

/// API keys in the records; of a token its digest alone. No permission is asked here but by
/// actor(): see api_key_administration.h. One thread at a time.
class ApiKeys {
public:
    struct Parts {
        db::Database& records;
        keyring::KeyRing& keys;
        audit::AuditLog& log;
        const Clock& clock;
    };

    explicit ApiKeys(const Parts& parts)
        : parts_(parts), lock_out_(parts.records, parts.clock, {}) {}

    /// The service account of a key, with the roles of this moment and no more than the key's
    /// scope. To be asked with every request: what was revoked, disabled or has expired is out at
    /// once. Outside of transactions. Errc::unauthenticated in the same words whatever the reason,
    /// which is put on record; Errc::limit_exceeded when the network failed too often.
    Result<access::Actor> actor(std::string_view token_text, const Client& client);

private:
    struct Found {
        std::optional<Account> account;
        std::optional<ApiKey> key;
        std::string_view refusal;  ///< code for the log; empty: the key is good
    };

    Result<Found> find(std::string_view token_text);
    Status mark_used(const ApiKey& key, UtcTime now);

    Parts parts_;
    LockOut lock_out_;
};

// In the records; no permission is asked here. Within the caller's transaction.
Status insert_api_key(
    db::Database& records,
    keyring::KeyRing& keys,
    const Account& account,
    const ApiKey& key,
    const crypto::Sha256& digest
);
/// Of the agency's service accounts, as they were made.
Result<std::vector<ApiKey>> stored_api_keys(
    db::Database& records,
    keyring::KeyRing& keys,
    const access::AgencyId& agency,
    const std::optional<access::Cursor<ApiKeyId>>& after,
    std::int64_t limit
);
/// Errc::not_found when the agency has no such key.
Result<ApiKey> stored_api_key(
    db::Database& records,
    keyring::KeyRing& keys,
    const access::AgencyId& agency,
    const ApiKeyId& id
);
/// Of an account, whether good or not.
Result<std::int64_t> count_api_keys(db::Database& records, const access::UserId& user);
Status store_api_key_revoked(db::Database& records, const ApiKeyId& id, UtcTime now);
/// Deletes those that have expired. How many.
Result<std::size_t> sweep_api_keys(db::Database& records, UtcTime now);

}  // namespace cairn::identity
