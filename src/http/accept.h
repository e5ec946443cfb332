#pragma once

#include <string_view>

namespace cairn::http {

/// How much a client likes `coding`, in thousandths, as its Accept-Encoding field says (RFC 9110
/// section 12.5.3); 0: not at all. What it does not name, and all in a malformed field, is not
/// acceptable.
int quality_of(std::string_view accept_encoding, std::string_view coding);

}  // namespace cairn::http
