#include "http/cookie.h"

#include <algorithm>

namespace cairn::http {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

/// cookie-octet
bool is_octet(unsigned char byte) {
    return byte > ' ' && byte < 0x7F && byte != '"' && byte != ',' && byte != ';' && byte != '\\';
}

std::optional<std::string_view> value_of(std::string_view text) {
    if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) {
        text = text.substr(1, text.size() - 2);
    }
    if (!std::all_of(text.begin(), text.end(), is_octet)) return std::nullopt;
    return text;
}

}  // namespace

std::optional<std::string_view> find_cookie(const Fields& fields, std::string_view name) {
    const auto field = fields.find("Cookie");
    std::optional<std::string_view> found;
    std::string_view rest = field.value_or(std::string_view());
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        const std::string_view pair = trimmed(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const std::size_t equals = pair.find('=');
        if (equals == pair.npos || pair.substr(0, equals) != name) continue;
        if (found) return std::nullopt;
        found = value_of(pair.substr(equals + 1));
        if (!found) return std::nullopt;
    }
    return found;
}

}  // namespace cairn::http
