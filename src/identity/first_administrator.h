#pragma once

#include <string>

#include "access/people_store.h"
#include "audit/audit_log.h"
#include "identity/token.h"

namespace cairn::identity {

/// An agency with who administers it first.
struct NewAgency {
    std::string name{};
    access::Profile profile{};
    std::string administrator_login{};
    std::string administrator_name{};
};

/// What an installation begins with.
struct Beginning {
    std::string installation{};  ///< its name
    access::Profile profile{};   ///< upper bound of what its agencies may do
    NewAgency agency{};          ///< the first one
};

struct FirstAdministrator {
    access::AgencyId agency;
    access::UserId user;
    Token invitation;  ///< by which they set their password; shown this once
};

/// Within the caller's transaction. Errc::conflict when the name is taken.
Result<FirstAdministrator> begin_agency(
    db::Database& records, keyring::KeyRing& keys, const Clock& clock, const NewAgency& agency
);

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
