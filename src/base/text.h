#pragma once

#include <string>
#include <string_view>

namespace cairn {

/// True when `text` is well-formed UTF-8 (no overlong forms, no surrogates). O(n).
bool is_utf8(std::string_view text);

/// `text` made safe to show on one line: control characters, bidirectional controls, the
/// backslash and bytes that are not UTF-8 become \n, \t, \r, \\, \xHH or \u{H}. Injective.
std::string printable(std::string_view text);

/// ASCII lower case; other bytes unchanged.
std::string lower_ascii(std::string_view text);

/// Bytes in binary units for people: "0 B", "1.5 KiB", "222 MiB".
std::string human_bytes(unsigned long long bytes);

/// "1 item", "2,000 items".
std::string count_of(unsigned long long number, std::string_view noun);

/// 1234567 -> "1,234,567".
std::string grouped(unsigned long long number);

}  // namespace cairn
