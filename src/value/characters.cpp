#include "value/characters.h"

namespace cairn::value {
namespace {

char upper(char c) {
    return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace

std::string compact(std::string_view text) {
    std::string kept;
    for (const char c : text) {
        if (c == ' ' || c == '-' || c == '.' || c == '/') continue;
        const char large = upper(c);
        if (!is_upper(large) && !is_digit(large)) return {};
        kept += large;
    }
    return kept;
}

std::string country_code(std::string_view text) {
    std::string code;
    for (const char c : text) code += upper(c);
    const bool sound = code.size() == 2 && is_upper(code[0]) && is_upper(code[1]);
    return sound ? code : std::string();
}

}  // namespace cairn::value
