#pragma once

#include "access/gate.h"
#include "identity/api_key.h"
#include "identity/session.h"

namespace cairn::identity {

/// An API key that was just made.
struct IssuedApiKey {
    ApiKeyId id;
    Token token;  ///< shown this once
};

/// What administrators do with the API keys of their agency's service accounts. Through the gate.
/// Errc::not_found for those of others.
class ApiKeyAdministration {
public:
    explicit ApiKeyAdministration(access::Gate& gate, const SessionLimits& limits = {})
        : gate_(gate), limits_(limits) {}

    struct NewKey {
        access::UserId user;  ///< a service account; an invited one becomes active
        std::string name{};
        std::set<access::OperationId> scope{};  ///< at least one, all open to service accounts
        UtcTime expires{};                      ///< within kApiKeyLastsMax
    };
    /// With a second factor shown just now.
    Result<IssuedApiKey> add(
        const access::Actor& actor, const access::Ground& ground, const NewKey& wanted
    );
    /// As they were made; those that have expired are gone after a while.
    Result<std::vector<ApiKey>> list(
        const access::Actor& actor,
        const access::Ground& ground,
        const std::optional<access::Cursor<ApiKeyId>>& after,
        std::int64_t limit
    );
    /// For good. With a second factor shown just now.
    Status revoke(const access::Actor& actor, const access::Ground& ground, const ApiKeyId& id);

private:
    Result<IssuedApiKey> issue(const access::Permit& permit, const NewKey& wanted);

    access::Gate& gate_;
    SessionLimits limits_;
};

}  // namespace cairn::identity
