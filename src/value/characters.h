#pragma once

#include <string>
#include <string_view>

namespace cairn::value {

// ASCII alone, whatever the locale.

inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
inline bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
inline bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

/// Letters in upper case and digits; blanks, dashes, dots and slashes left out. Empty when the text
/// has anything else.
std::string compact(std::string_view text);

/// Two letters, as ISO 3166-1 has them, in upper case; empty when the text is no such code. Whether
/// there is such a country is not asked.
std::string country_code(std::string_view text);

}  // namespace cairn::value
