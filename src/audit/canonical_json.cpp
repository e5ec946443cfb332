#include "audit/canonical_json.h"

#include <array>
#include <charconv>

#include "audit/entry.h"
#include "base/text.h"

namespace cairn::audit {
namespace {

/// RFC 8785 3.2.2.2: these have a short escape, other control characters \u00xx in lower case, and
/// nothing else is escaped.
struct ShortEscape {
    char meaning;
    char letter;
};
constexpr std::array<ShortEscape, 7> kShortEscapes = {{
    {'\b', 'b'},
    {'\t', 't'},
    {'\n', 'n'},
    {'\f', 'f'},
    {'\r', 'r'},
    {'"', '"'},
    {'\\', '\\'},
}};
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kControlEscape = "u00";

char letter_of(char meaning) {
    for (const ShortEscape& escape : kShortEscapes) {
        if (escape.meaning == meaning) return escape.letter;
    }
    return '\0';
}

const ShortEscape* escape_with(char letter) {
    for (const ShortEscape& escape : kShortEscapes) {
        if (escape.letter == letter) return &escape;
    }
    return nullptr;
}

/// The control character that "u00xx" stands for; 0x20 when it is none that is spelt so.
char control_of(std::string_view spelt) {
    if (spelt.size() != 5 || !spelt.starts_with(kControlEscape)) return ' ';
    const auto high = kHexDigits.find(spelt[3]);
    const auto low = kHexDigits.find(spelt[4]);
    if (high > 1 || low == std::string_view::npos) return ' ';
    const auto control = static_cast<char>(high * 16 + low);
    return letter_of(control) == '\0' ? control : ' ';
}

bool is_plain(char c) {
    return static_cast<unsigned char>(c) >= 0x20U && c != '"' && c != '\\';
}

}  // namespace

bool CanonicalReader::take(char c) {
    if (at_end() || text_[position_] != c) return false;
    ++position_;
    return true;
}

Status CanonicalReader::expect(char c) {
    if (take(c)) return ok();
    return fail(Errc::corrupt_data, "'{}' wanted at offset {}", c, position_);
}

/// After a backslash.
bool CanonicalReader::take_escape() {
    if (escape_with(peek()) != nullptr && !at_end()) {
        ++position_;
        return true;
    }
    if (control_of(text_.substr(position_, 5)) == ' ') return false;
    position_ += 5;
    return true;
}

Result<std::string_view> CanonicalReader::string() {
    CAIRN_TRY(expect('"'));
    const std::size_t begin = position_;
    unsigned char seen = 0;
    while (position_ < text_.size() && text_[position_] != '"') {
        const char c = text_[position_];
        ++position_;
        seen |= static_cast<unsigned char>(c);
        if (is_plain(c) || (c == '\\' && take_escape())) continue;
        return fail(
            Errc::corrupt_data, "string spelt otherwise than RFC 8785 at {}", position_ - 1
        );
    }
    const std::string_view spelt = text_.substr(begin, position_ - begin);
    CAIRN_TRY(expect('"'));
    if (seen >= 0x80U && !is_utf8(spelt)) {
        return fail(Errc::corrupt_data, "string at offset {} is not UTF-8", begin);
    }
    return spelt;
}

Result<std::uint64_t> CanonicalReader::integer() {
    std::uint64_t value = 0;
    const char* begin = text_.data() + position_;
    const char* end = text_.data() + text_.size();
    const auto [stopped, error] = std::from_chars(begin, end, value);
    const bool padded = stopped - begin > 1 && *begin == '0';
    if (error != std::errc() || padded || value > kIntegerMax) {
        return fail(Errc::corrupt_data, "integer below 2^53 wanted at offset {}", position_);
    }
    position_ += static_cast<std::size_t>(stopped - begin);
    return value;
}

std::string unescaped(std::string_view spelt) {
    std::string out;
    out.reserve(spelt.size());
    while (!spelt.empty()) {
        const char c = spelt.front();
        spelt.remove_prefix(1);
        if (c != '\\') {
            out.push_back(c);
            continue;
        }
        const ShortEscape* escape = escape_with(spelt.front());
        out.push_back(escape != nullptr ? escape->meaning : control_of(spelt.substr(0, 5)));
        spelt.remove_prefix(escape != nullptr ? 1 : 5);
    }
    return out;
}

void append_string(std::string& out, std::string_view text) {
    out.push_back('"');
    for (const char c : text) {
        if (is_plain(c)) {
            out.push_back(c);
        } else if (const char letter = letter_of(c); letter != '\0') {
            out.push_back('\\');
            out.push_back(letter);
        } else {
            out += fmt::format("\\{}{:02x}", kControlEscape, static_cast<unsigned char>(c));
        }
    }
    out.push_back('"');
}

}  // namespace cairn::audit
