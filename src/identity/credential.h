#pragma once

#include <optional>
#include <string>

#include "identity/account.h"

namespace cairn::identity {

/// The hashes of passwords, sealed. Within the caller's transaction.
class Credentials {
public:
    Credentials(db::Database& records, keyring::KeyRing& keys) : records_(records), keys_(keys) {}

    /// nullopt when the user has no password.
    Result<std::optional<std::string>> password_hash(const Account& account);
    Status set_password_hash(const Account& account, const std::string& hash);
    Status remove_password(const access::UserId& user);

private:
    db::Database& records_;
    keyring::KeyRing& keys_;
};

}  // namespace cairn::identity
