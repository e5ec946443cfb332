#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/signed_note.h"

namespace cairn::audit {

/// An agency's name in origins: 1 to 64 letters, digits, '.', '_', ':' and '-'.
Status check_agency(std::string_view agency);

/// The origin of an agency's own log: "<installation>/agency/<agency>". Of no agency: the
/// installation's.
std::string origin_of_log(std::string_view installation, std::string_view agency);

/// The keys among `given` that sign the log with this origin: those of its name, and an
/// installation's for the logs of its agencies, which it signs with the same key.
std::vector<VerifierKey> keys_of_log(std::span<const VerifierKey> given, std::string_view origin);

}  // namespace cairn::audit
