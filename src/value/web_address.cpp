#include "value/web_address.h"

#include <fmt/format.h>

#include "fetch/url.h"
#include "value/host_name.h"

namespace cairn::value {
namespace {

/// Percent codes in upper case (RFC 3986, section 6.2.2.1).
std::string with_large_codes(std::string text) {
    for (std::size_t at = 0; at + 2 < text.size(); ++at) {
        if (text[at] != '%') continue;
        for (const std::size_t digit : {at + 1, at + 2}) {
            if (text[digit] >= 'a' && text[digit] <= 'f') {
                text[digit] = static_cast<char>(text[digit] - 'a' + 'A');
            }
        }
    }
    return text;
}

}  // namespace

Key url_key(std::string_view text, std::string_view /*context*/) {
    const auto url = fetch::split_url(std::string(text));
    if (!url) return flawed("not_a_url");
    if (url->scheme != "http" && url->scheme != "https") return flawed("other_scheme");
    // Addresses in place of names stay as they are.
    std::string host = a_label(url->host);
    if (host.empty()) host = url->host;
    if (host.empty()) return flawed("no_host");
    std::string key = fmt::format("{}://{}", url->scheme, host);
    if (!url->port.empty()) key += ":" + url->port;
    key += with_large_codes(url->path);
    if (!url->query.empty()) key += "?" + with_large_codes(url->query);
    return {.text = std::move(key), .flaw = {}, .near = std::move(host)};
}

std::string without_login(std::string_view text) {
    const std::size_t slashes = text.find("//");
    if (slashes == std::string_view::npos) return std::string(text);
    const std::size_t begin = slashes + 2;
    const std::size_t end = std::min(text.find_first_of("/?#", begin), text.size());
    const std::size_t at = text.substr(0, end).rfind('@');
    if (at == std::string_view::npos || at < begin) return std::string(text);
    return fmt::format("{}{}", text.substr(0, begin), text.substr(at + 1));
}

}  // namespace cairn::value
