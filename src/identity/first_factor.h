#pragma once

#include "identity/act_record.h"
#include "identity/lock_out.h"
#include "identity/second_factor.h"

namespace cairn::identity {

// What the ways in share, whatever the first factor is. The codes say why somebody was refused; for
// the log alone.

inline constexpr std::string_view kNetworkLimit = "network_limit";
inline constexpr std::string_view kNotActive = "not_active";

/// Whose budget of failures an attempt uses.
crypto::Tag256 network_subject(const keyring::KeyRing& keys, const Client& client);
/// The same for programs that show keys: a program with a wrong one must not keep the people of its
/// office out.
crypto::Tag256 network_of_keys(const keyring::KeyRing& keys, const Client& client);

/// What whoever has no budget left is told.
Error network_limit();

/// How a new session goes on once the first factor was shown. Within the caller's transaction.
Result<Stage> next_stage(SecondFactors& factors, const access::UserId& user);

}  // namespace cairn::identity
