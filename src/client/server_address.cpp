#include "client/server_address.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace cairn::client {
namespace {

constexpr std::string_view kScheme = "https://";
constexpr std::size_t kAddressBytesMax = 300;

bool is_unreserved(char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

bool is_host(std::string_view host) {
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const std::string_view name = bracketed ? host.substr(1, host.size() - 2) : host;
    return !name.empty() && std::all_of(name.begin(), name.end(), [bracketed](char c) {
        return is_unreserved(c) || (bracketed && c == ':');
    });
}

bool is_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && end == text.data() + text.size() && port > 0 && port < 65536;
}

/// Where the host ends in "host:port" or "host".
std::size_t host_size(std::string_view authority) {
    const auto from = authority.starts_with('[') ? authority.find(']') : 0;
    return std::min(authority.find(':', from == authority.npos ? 0 : from), authority.size());
}

}  // namespace

Result<std::string> parse_server_address(std::string_view text) {
    const std::string lower = lower_ascii(text);
    std::string_view rest = lower;
    if (rest.starts_with(kScheme)) rest.remove_prefix(kScheme.size());
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const std::size_t size = host_size(rest);
    const bool port_good = size == rest.size() || is_port(rest.substr(size + 1));
    if (text.size() <= kAddressBytesMax && is_host(rest.substr(0, size)) && port_good) {
        return std::string(kScheme) + std::string(rest);
    }
    return fail(
        Errc::invalid_argument,
        "{}: not the address of a server; write it like https://cairn.example.org:8443",
        printable(text)
    );
}

std::string host_of(std::string_view address) {
    address.remove_prefix(std::min(address.size(), kScheme.size()));
    return std::string(address.substr(0, host_size(address)));
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        if (is_unreserved(c)) {
            encoded += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded += '%';
        encoded += kDigits[byte >> 4U];
        encoded += kDigits[byte & 15U];
    }
    return encoded;
}

std::string with_query(
    std::string path,
    std::initializer_list<std::pair<std::string_view, std::string_view>> parameters
) {
    char separator = path.find('?') == path.npos ? '?' : '&';
    for (const auto& [name, value] : parameters) {
        if (value.empty()) continue;
        path += separator;
        path += percent_encoded(name) + '=' + percent_encoded(value);
        separator = '&';
    }
    return path;
}

}  // namespace cairn::client
