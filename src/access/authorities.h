#pragma once

#include <vector>

#include "access/authority.h"
#include "access/authority_store.h"
#include "access/gate.h"

namespace cairn::access {

/// The legal bases that an agency has put on record.
class Authorities {
public:
    Authorities(Gate& gate, const AuthorityLimits& limits) : gate_(gate), limits_(limits) {}

    /// As a draft: it allows nothing yet.
    Result<AuthorityId> draft(
        const Actor& actor, const Ground& ground, const AuthorityTerms& terms
    );
    /// A new version, as a draft; the one in force stays so until the new one is activated.
    /// Errc::conflict when a draft waits already, or nothing can come of the authority any more.
    Status amend(
        const Actor& actor, const Ground& ground, const AuthorityId& id, const AuthorityTerms& terms
    );
    /// Puts the draft, or what was suspended, in force; an older version ends with that. For acts
    /// that need it by another person than the draft's (needs_second_person()).
    Status activate(const Actor& actor, const Ground& ground, const AuthorityId& id);
    Status suspend(const Actor& actor, const Ground& ground, const AuthorityId& id);
    /// For good: a revoked authority is never put in force again.
    Status revoke(const Actor& actor, const Ground& ground, const AuthorityId& id);

    /// Of the agency, all versions, as they were made.
    Result<std::vector<Authority>> list(
        const Actor& actor,
        const Ground& ground,
        const AuthorityFilter& filter,
        const std::optional<Cursor<AuthorityId>>& after,
        std::int64_t limit
    );
    /// All versions of one, the newest first. Errc::not_found.
    Result<std::vector<Authority>> show(
        const Actor& actor, const Ground& ground, const AuthorityId& id
    );

private:
    Result<std::vector<Authority>> versions(const Actor& actor, const AuthorityId& id);

    Gate& gate_;
    AuthorityLimits limits_;
};

}  // namespace cairn::access
