#include "http/accept.h"

#include <algorithm>

#include "base/text.h"

namespace cairn::http {
namespace {

constexpr int kWhole = 1'000;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t";
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

/// "0", "0.5", "1.000" (RFC 9110 section 12.4.2); 0 for all else.
int quality_in(std::string_view text) {
    constexpr std::size_t kDecimalsMax = 3;
    if (text.empty() || text.size() > kDecimalsMax + 2) return 0;
    if (text.front() == '1') {
        const bool is_one = text.size() == 1 || (text[1] == '.' && text.find_first_not_of('0', 2) ==
                                                                       std::string_view::npos);
        return is_one ? kWhole : 0;
    }
    if (text.front() != '0' || (text.size() > 1 && text[1] != '.')) return 0;
    int quality = 0;
    int unit = kWhole;
    for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
        if (digit < '0' || digit > '9') return 0;
        unit /= 10;
        quality += (digit - '0') * unit;
    }
    return quality;
}

}  // namespace

int quality_of(std::string_view accept_encoding, std::string_view coding) {
    int of_all_others = 0;
    while (!accept_encoding.empty()) {
        const std::size_t end = std::min(accept_encoding.find(','), accept_encoding.size());
        const std::string_view member = accept_encoding.substr(0, end);
        accept_encoding.remove_prefix(std::min(end + 1, accept_encoding.size()));
        const std::size_t semicolon = std::min(member.find(';'), member.size());
        const std::string name = lower_ascii(trimmed(member.substr(0, semicolon)));
        int quality = kWhole;
        if (semicolon < member.size()) {
            const std::string weight = lower_ascii(trimmed(member.substr(semicolon + 1)));
            quality = weight.starts_with("q=") ? quality_in(std::string_view(weight).substr(2)) : 0;
        }
        if (name == coding) return quality;
        if (name == "*") of_all_others = quality;
    }
    return of_all_others;
}

}  // namespace cairn::http
