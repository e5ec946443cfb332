#pragma once

#include <string>
#include <string_view>

#include "value/key.h"

namespace cairn::value {

/// A URL of http or https in one form (RFC 3986, section 6.2): scheme in lower case, host as
/// A-label, no port that is the scheme's own, no dot segments, no fragment, no user and password.
/// Near key: the host. Flaws: not_a_url, other_scheme, no_host.
Key url_key(std::string_view text, std::string_view context);

/// The text without a user and password before the host.
std::string without_login(std::string_view text);

}  // namespace cairn::value
