#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "audit/audit_log.h"
#include "identity/session.h"

namespace cairn::identity {

/// Where a request comes from.
struct Client {
    std::string address;
    std::string id;  ///< of the request
};

/// An act of somebody who is not yet, or only by a session, known: it stands in the log without the
/// help of access::Gate.
struct ActRecord {
    std::string_view operation;
    std::optional<Account> account = std::nullopt;  ///< none: "unknown"
    std::string session = {};                       ///< session_name(); empty: none
    std::string refusal = {};                       ///< code; empty: it was done
};

/// Puts an act on record, within the caller's transaction.
Status record(audit::AuditLog& log, UtcTime now, const Client& client, const ActRecord& act);

}  // namespace cairn::identity
