#pragma once

#include "access/gate.h"
#include "identity/first_administrator.h"
#include "identity/session.h"

namespace cairn::identity {

/// Adds agencies to an installation, each with who administers it: nobody else could let them in.
/// Through the gate, with a second factor shown just now.
class AgencyAddition {
public:
    explicit AgencyAddition(access::Gate& gate, const SessionLimits& limits = {})
        : gate_(gate), limits_(limits) {}

    /// Four-eyes, with parameters(agency). Asked again under the same idempotency key while its
    /// administrator has not come in, it gives another invitation in place of the one before: an
    /// answer that was lost must not leave an agency that nobody can enter.
    Result<FirstAdministrator> add(
        const access::Actor& actor, const access::Ground& ground, const NewAgency& agency
    );
    static std::string parameters(const NewAgency& agency);

private:
    Result<FirstAdministrator> invite_again(
        const access::Actor& actor, const access::Ground& ground
    );

    access::Gate& gate_;
    SessionLimits limits_;
};

}  // namespace cairn::identity
