#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.h"

namespace cairn::config {

/// Seals what the records hold.
inline constexpr std::string_view kMasterKeyFile = "master.key";
/// Signs checkpoints of the audit log.
inline constexpr std::string_view kAuditKeyFile = "audit.key";
/// Keys the hash lists.
inline constexpr std::string_view kListKeyFile = "list.key";

/// One of the keys above. Errc::not_found when there is no such file, permission_denied when
/// others may read it or its folder may be changed by others; the message says the cure.
Result<crypto::SecretKey> read_secret_key(const Secrets& secrets, std::string_view file);
/// The same for a secret of another kind, such as a client's with a provider of OpenID Connect.
Result<crypto::SecretText> read_secret_text(const Secrets& secrets, std::string_view file);

/// What is wrong with the secret files: of the keys those that exist, and all files that the
/// configuration names. `examined` must be without problems.
std::vector<Problem> check_secrets(const Examined& examined, const std::string& file);

}  // namespace cairn::config
