#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace cairn::client {

/// "https://host:port" as it is remembered: lower case, without a path; "https://" may be left
/// out. Errc::invalid_argument for anything else than that.
Result<std::string> parse_server_address(std::string_view text);

/// The host in such an address.
std::string host_of(std::string_view address);

/// `text` as one part of a path or a query (RFC 3986, section 2.1).
std::string percent_encoded(std::string_view text);

/// The path with the parameters that have a value.
std::string with_query(
    std::string path,
    std::initializer_list<std::pair<std::string_view, std::string_view>> parameters
);

}  // namespace cairn::client
