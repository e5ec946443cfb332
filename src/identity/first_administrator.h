#pragma once

#include <string>

#include "access/people_store.h"
#include "audit/audit_log.h"
#include "identity/token.h"

namespace cairn::identity {

/// What an installation begins with.
struct Beginning {
    std::string installation{};  ///< its name
    access::Profile profile{};   ///< upper bound of what its agencies may do
    std::string agency{};        ///< name of the first one
    access::Profile agency_profile{};
    std::string login{};  ///< of who administers it
    std::string name{};
};

struct FirstAdministrator {
    access::AgencyId agency;
    access::UserId user;
    Token invitation;  ///< by which they set their password; shown this once
};

/// Makes the installation, its first agency and who administers it, on record, all or nothing.
/// Errc::conflict with the cure when these records belong to an installation already.
Result<FirstAdministrator> begin_installation(
    db::Database& records,
    keyring::KeyRing& keys,
    audit::AuditLog& log,
    const Clock& clock,
    const Beginning& beginning
);

}  // namespace cairn::identity
