#pragma once

#include <optional>
#include <string>

namespace cairn::fetch {

/// The parts of a URL that has a host, as RFC 3986 has them: scheme and host in lower case, no dot
/// segments in the path, the query without "?".
struct UrlParts {
    std::string scheme{};
    std::string host{};
    std::string port{};  ///< empty when it is the scheme's own or not given
    std::string path{};  ///< at least "/"
    std::string query{};
    bool has_login = false;
};

/// nullopt when the text is no such URL, or has over 2,048 bytes.
std::optional<UrlParts> split_url(const std::string& text);

}  // namespace cairn::fetch
