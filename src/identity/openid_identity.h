#pragma once

#include <optional>
#include <string>

#include "identity/account.h"

namespace cairn::identity {

/// Which user somebody is whom a provider names: bound once, by an invitation. Subjects are keyed
/// tags. Within the caller's transaction.
class OpenidIdentities {
public:
    OpenidIdentities(db::Database& records, const keyring::KeyRing& keys)
        : records_(records), keys_(keys) {}

    Result<std::optional<access::UserId>> find(std::string_view issuer, std::string_view subject);
    /// Neither of both may be bound yet.
    Status bind(std::string_view issuer, std::string_view subject, const access::UserId& user);
    /// Whether the user signs in at a provider.
    Result<bool> has_identity(const access::UserId& user);

private:
    crypto::Tag256 tag(std::string_view issuer, std::string_view subject) const;

    db::Database& records_;
    const keyring::KeyRing& keys_;
};

}  // namespace cairn::identity
