#pragma once

#include <vector>

#include "access/authority.h"
#include "access/people_store.h"
#include "db/database.h"
#include "keyring/key_ring.h"

namespace cairn::access {

// Authorities in the records. No permission is asked here: see authorities.h.

/// A version of an authority is never changed but for its state and who approved it.
Status insert_authority(
    db::Database& records,
    keyring::KeyRing& keys,
    const AgencyId& agency,
    const Authority& authority
);
/// The newest version that is in force or was, or else the newest; nullopt when the agency has
/// none of this id.
Result<std::optional<Authority>> stored_authority(
    db::Database& records, keyring::KeyRing& keys, const AgencyId& agency, const AuthorityId& id
);
/// All versions of one, the newest first; empty when the agency has none of this id.
Result<std::vector<Authority>> authority_versions(
    db::Database& records, keyring::KeyRing& keys, const AgencyId& agency, const AuthorityId& id
);
/// Those of the agency that are in force, as they were made.
Result<std::vector<Authority>> active_authorities(
    db::Database& records, keyring::KeyRing& keys, const AgencyId& agency
);

struct AuthorityFilter {
    std::optional<AuthorityState> state{};
    std::optional<AuthorityAct> act{};
};
/// Of the agency, all versions, as they were made.
Result<std::vector<Authority>> stored_authorities(
    db::Database& records,
    keyring::KeyRing& keys,
    const AgencyId& agency,
    const AuthorityFilter& filter,
    const std::optional<Cursor<AuthorityId>>& after,
    std::int64_t limit
);
Status store_authority_state(
    db::Database& records,
    const AuthorityId& id,
    std::int64_t version,
    AuthorityState state,
    const std::optional<UserId>& approved_by
);

}  // namespace cairn::access
