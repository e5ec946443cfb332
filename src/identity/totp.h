#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/utc_time.h"

namespace cairn::identity {

/// RFC 6238 with what every authenticator knows: SHA-1, 30 seconds, 6 digits (liboath).
inline constexpr std::size_t kTotpSecretBytes = 20;  ///< RFC 4226 section 4, R6
inline constexpr std::chrono::seconds kTotpStep{30};
inline constexpr unsigned kTotpDigits = 6;
/// Clocks may be apart by so many steps, either way (RFC 6238 section 5.2).
inline constexpr std::int64_t kTotpStepsApart = 1;

/// The number of the step that `time` falls into.
std::int64_t totp_step(UtcTime time);

/// The code of one step.
Result<std::string> totp_code(Bytes secret, std::int64_t step);

/// The step near `now` to which `code` belongs; nullopt when it belongs to none. Blanks within the
/// code are passed over, as authenticators show it in two groups.
Result<std::optional<std::int64_t>> step_of_code(Bytes secret, std::string_view code, UtcTime now);

/// RFC 4648 base32 without padding: how secrets are typed in.
Result<std::string> base32_text(Bytes secret);

/// "otpauth://totp/<issuer>:<account>?secret=...", as authenticators read it from a QR code.
Result<std::string> totp_uri(std::string_view issuer, std::string_view account, Bytes secret);

}  // namespace cairn::identity
