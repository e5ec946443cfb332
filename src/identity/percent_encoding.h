#pragma once

#include <string>
#include <string_view>

namespace cairn::identity {

/// RFC 3986: all but unreserved characters as %XX.
std::string percent_encoded(std::string_view text);

}  // namespace cairn::identity
