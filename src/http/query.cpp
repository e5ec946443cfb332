#include "http/query.h"

#include <algorithm>

#include "base/hex.h"
#include "base/text.h"

namespace cairn::http {
namespace {

bool is_control(unsigned char byte) {
    return byte < ' ' || byte == 0x7F;
}

/// Of a list, up to the next `separator`, which is taken off with it.
std::string_view take_part(std::string_view& list, char separator) {
    const std::size_t at = std::min(list.find(separator), list.size());
    const std::string_view part = list.substr(0, at);
    list.remove_prefix(std::min(at + 1, list.size()));
    return part;
}

Status check_count(std::string_view text, char separator) {
    const auto separators = std::count(text.begin(), text.end(), separator);
    if (static_cast<std::size_t>(separators) < kQueryPartsMax) return ok();
    return fail(Errc::limit_exceeded, "over {} parts between '{}'", kQueryPartsMax, separator);
}

Result<std::string> form_decoded(std::string_view text) {
    std::string blanks(text);
    std::replace(blanks.begin(), blanks.end(), '+', ' ');
    return percent_decoded(blanks);
}

}  // namespace

Result<std::string> percent_decoded(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            decoded += text[at];
            continue;
        }
        const auto byte = hex_decode(text.substr(at + 1, 2));
        if (!byte || byte->size() != 1) {
            return fail(Errc::invalid_argument, "'%' without two hex digits: write it as %25");
        }
        decoded += as_text(*byte);
        at += 2;
    }
    if (!is_utf8(decoded)) return fail(Errc::invalid_argument, "not UTF-8 after decoding %XX");
    if (std::any_of(decoded.begin(), decoded.end(), is_control)) {
        return fail(Errc::invalid_argument, "control characters: leave them out");
    }
    return decoded;
}

Result<std::vector<std::string>> path_segments(std::string_view path) {
    if (!path.starts_with('/')) return fail(Errc::invalid_argument, "a path begins with '/'");
    path.remove_prefix(1);
    CAIRN_TRY(check_count(path, '/'));
    const bool ends_open = path.empty() || path.ends_with('/');
    std::vector<std::string> segments;
    while (!path.empty()) {
        std::string segment = CAIRN_TRY(percent_decoded(take_part(path, '/')));
        if (segment == "." || segment == "..") {
            return fail(Errc::invalid_argument, "the path has a segment '{}': resolve it", segment);
        }
        segments.push_back(std::move(segment));
    }
    if (ends_open) segments.emplace_back();
    return segments;
}

Result<Query> Query::parse(std::string_view query) {
    CAIRN_TRY(check_count(query, '&'));
    Query parsed;
    while (!query.empty()) {
        const bool is_last_open = query.ends_with('&') && query.find('&') == query.size() - 1;
        std::string_view part = take_part(query, '&');
        if (part.find('=') == part.npos || is_last_open) {
            return fail(Errc::invalid_argument, "a parameter without '=': write name=value");
        }
        std::string name = CAIRN_TRY(form_decoded(take_part(part, '=')));
        std::string value = CAIRN_TRY(form_decoded(part));
        if (name.empty()) return fail(Errc::invalid_argument, "a parameter without a name");
        if (parsed.find(name)) {
            return fail(Errc::invalid_argument, "{}: given twice: give it once", printable(name));
        }
        parsed.parameters_.emplace_back(std::move(name), std::move(value));
    }
    return parsed;
}

std::optional<std::string_view> Query::find(std::string_view name) const {
    for (const auto& [one, value] : parameters_) {
        if (one == name) return value;
    }
    return std::nullopt;
}

}  // namespace cairn::http
