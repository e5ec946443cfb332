#include "base/text.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

namespace cairn {
namespace {

/// One decoded character: its length in bytes (0 when malformed) and code point.
struct Utf8Char {
    std::size_t length;
    std::uint32_t code;
};

Utf8Char decode_utf8(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80U) return {1, lead};
    std::size_t length = 0;
    std::uint32_t code = 0;
    std::uint32_t smallest = 0;
    if (lead >= 0xC2U && lead <= 0xDFU) {
        length = 2, code = lead & 0x1FU, smallest = 0x80;
    } else if (lead >= 0xE0U && lead <= 0xEFU) {
        length = 3, code = lead & 0x0FU, smallest = 0x800;
    } else if (lead >= 0xF0U && lead <= 0xF4U) {
        length = 4, code = lead & 0x07U, smallest = 0x10000;
    }
    if (length == 0 || length > text.size()) return {0, 0};
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return {0, 0};
        code = (code << 6U) | (byte(i) & 0x3FU);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < smallest || code > 0x10FFFF || surrogate) return {0, 0};
    return {length, code};
}

/// Characters that would move or hide what stands around them: C0, DEL, C1, line and paragraph
/// separators, zero-width and bidirectional controls.
bool disturbs_a_line(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) ||
           code == 0xFEFF || code == 0x061C;
}

void append_escaped(std::string& out, std::uint32_t code) {
    switch (code) {
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    if (code < 0x80) {
        out += fmt::format("\\x{:02x}", code);
    } else {
        out += fmt::format("\\u{{{:x}}}", code);
    }
}

}  // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const Utf8Char next = decode_utf8(text);
        if (next.length == 0) return false;
        text.remove_prefix(next.length);
    }
    return true;
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Utf8Char next = decode_utf8(text);
        if (next.length == 0) {
            out += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(text.front()));
            text.remove_prefix(1);
            continue;
        }
        if (next.code == '\\') {
            out += "\\\\";
        } else if (disturbs_a_line(next.code)) {
            append_escaped(out, next.code);
        } else {
            out += text.substr(0, next.length);
        }
        text.remove_prefix(next.length);
    }
    return out;
}

std::string lower_ascii(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

std::string human_bytes(unsigned long long bytes) {
    constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    if (bytes < 1024) return fmt::format("{} B", bytes);
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (value /= 1024; value >= 1024 && unit + 1 < kUnits.size(); value /= 1024) ++unit;
    return value < 10 ? fmt::format("{:.1f} {}", value, kUnits.at(unit))
                      : fmt::format("{:.0f} {}", value, kUnits.at(unit));
}

std::string count_of(unsigned long long number, std::string_view noun) {
    return fmt::format("{} {}{}", grouped(number), noun, number == 1 ? "" : "s");
}

std::string grouped(unsigned long long number) {
    std::string digits = fmt::format("{}", number);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
    return digits;
}

}  // namespace cairn
