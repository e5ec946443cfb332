#include "value/device_number.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/hex.h"
#include "base/text.h"
#include "value/characters.h"
#include "value/name_key.h"

namespace cairn::value {
namespace {

constexpr std::size_t kImeiDevice = 14;
constexpr std::size_t kImeiDigits = 15;
constexpr std::size_t kImeiWithSoftware = 16;
constexpr std::size_t kVinCharacters = 17;

/// Whether the last digit is the Luhn digit of those before it (ISO/IEC 7812-1, annex B).
bool ends_with_luhn_digit(std::string_view digits) {
    int sum = 0;
    bool is_doubled = false;
    for (std::size_t i = digits.size(); i-- > 0; is_doubled = !is_doubled) {
        const int digit = digits[i] - '0';
        const int counted = is_doubled ? 2 * digit : digit;
        sum += counted > 9 ? counted - 9 : counted;
    }
    return sum % 10 == 0;
}

struct DigestRow {
    std::string_view name;
    std::size_t characters;
    std::string_view of_nothing;
};

constexpr auto kDigests = std::to_array<DigestRow>({
    {"md5", 32, "d41d8cd98f00b204e9800998ecf8427e"},
    {"sha1", 40, "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {"sha256", 64, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
});

}  // namespace

Key imei_key(std::string_view text, std::string_view /*context*/) {
    const std::string digits = compact(text);
    const bool sound = std::ranges::all_of(digits, is_digit) && digits.size() >= kImeiDevice &&
                       digits.size() <= kImeiWithSoftware;
    if (!sound) return flawed("not_an_imei");
    if (digits.size() == kImeiDigits && !ends_with_luhn_digit(digits)) {
        return flawed("bad_checksum");
    }
    if (digits.find_first_not_of('0') == std::string::npos) return flawed("no_device");
    return keyed(digits.substr(0, kImeiDevice));
}

Key serial_key(std::string_view text, std::string_view context) {
    const std::string maker = folded_name(context);
    if (maker.empty()) return flawed("maker_needed");
    const std::string serial = compact(text);
    if (serial.empty()) return flawed("bad_characters");
    return keyed(fmt::format("{}:{}", maker, serial));
}

Key mac_key(std::string_view text, std::string_view /*context*/) {
    std::string digits;
    for (const char c : text) {
        if (c != ':' && c != '-' && c != '.' && c != ' ') digits += c;
    }
    const auto octets = hex_decode(digits);
    if (!octets || octets->size() != 6) return flawed("not_a_mac");
    const auto is = [&](std::uint8_t value) {
        return std::ranges::all_of(*octets, [&](std::uint8_t octet) { return octet == value; });
    };
    if (is(0x00) || is(0xFF)) return flawed("no_device");
    const std::uint8_t first = octets->front();
    if ((first & 0x01U) != 0) return flawed("group_mac");
    if ((first & 0x02U) != 0) return flawed("random_mac");
    std::string key = hex_encode(*octets);
    for (std::size_t at = 10; at > 0; at -= 2) key.insert(at, ":");
    return keyed(std::move(key));
}

Key vin_key(std::string_view text, std::string_view /*context*/) {
    std::string vin = compact(text);
    if (vin.size() != kVinCharacters || vin.find_first_of("IOQ") != std::string::npos) {
        return flawed("not_a_vin");
    }
    return keyed(std::move(vin));
}

Key plate_key(std::string_view text, std::string_view context) {
    const std::string country = country_code(context);
    if (country.empty()) return flawed("country_needed");
    // Plates may have letters beyond ASCII.
    const std::string plate = folded_name(text);
    if (plate.empty()) return flawed("bad_characters");
    return keyed(fmt::format("{}:{}", country, plate));
}

Key digest_key(std::string_view text, std::string_view /*context*/) {
    std::string digits = lower_ascii(text);
    std::string named;
    if (const std::size_t colon = digits.find(':'); colon != std::string::npos) {
        named = digits.substr(0, colon);
        std::erase(named, '-');
        digits.erase(0, colon + 1);
    }
    const auto* row = std::ranges::find(kDigests, digits.size(), &DigestRow::characters);
    if (row == kDigests.end() || !hex_decode(digits) || (!named.empty() && named != row->name)) {
        return flawed("not_a_digest");
    }
    if (digits == row->of_nothing) return flawed("empty_file");
    return keyed(fmt::format("{}:{}", row->name, digits));
}

}  // namespace cairn::value
