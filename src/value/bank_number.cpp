#include "value/bank_number.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "value/characters.h"

namespace cairn::value {
namespace {

struct IbanLength {
    std::string_view country;
    std::size_t characters;
};

/// Source: SWIFT's register of IBANs (ISO 13616), in the order of the countries.
constexpr auto kIbanLengths = std::to_array<IbanLength>({
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22},
    {"BH", 22}, {"BI", 27}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24},
    {"DE", 22}, {"DJ", 27}, {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18},
    {"FK", 18}, {"FO", 18}, {"FR", 27}, {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27},
    {"GT", 28}, {"HN", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26},
    {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32}, {"LI", 21}, {"LT", 20},
    {"LU", 20}, {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19}, {"MN", 20},
    {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NI", 28}, {"NL", 18}, {"NO", 15}, {"OM", 23}, {"PK", 24},
    {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"RU", 33}, {"SA", 24},
    {"SC", 31}, {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"SO", 23}, {"ST", 25},
    {"SV", 28}, {"TL", 23}, {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20},
    {"YE", 30},
});
constexpr std::size_t kShortestIban = 15;

unsigned number_of(char c) {
    return static_cast<unsigned>(is_digit(c) ? c - '0' : c - 'A' + 10);
}

/// Of the number that the letters and digits write, letters as 10 to 35 (ISO 7064, MOD 97-10).
unsigned remainder_97(std::string_view text) {
    unsigned remainder = 0;
    for (const char c : text) {
        const unsigned number = number_of(c);
        remainder = (remainder * (number < 10 ? 10 : 100) + number) % 97;
    }
    return remainder;
}

}  // namespace

Key iban_key(std::string_view text, std::string_view /*context*/) {
    std::string iban = compact(text);
    if (iban.size() < kShortestIban || country_code(iban.substr(0, 2)).empty() ||
        !is_digit(iban[2]) || !is_digit(iban[3])) {
        return flawed("not_an_iban");
    }
    const auto* row =
        std::ranges::find(kIbanLengths, std::string_view(iban).substr(0, 2), &IbanLength::country);
    if (row == kIbanLengths.end()) return flawed("unknown_country");
    if (iban.size() != row->characters) return flawed("wrong_length");
    if (remainder_97(iban.substr(4) + iban.substr(0, 4)) != 1) return flawed("bad_checksum");
    return keyed(std::move(iban));
}

Key bank_account_key(std::string_view text, std::string_view context) {
    const std::string country = country_code(context);
    if (country.empty()) return flawed("country_needed");
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return flawed("bank_needed");
    const std::string bank = compact(text.substr(0, colon));
    const std::string number = compact(text.substr(colon + 1));
    if (bank.empty() || number.empty()) return flawed("bad_characters");
    return keyed(fmt::format("{}:{}:{}", country, bank, number));
}

std::size_t digits_in(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, is_digit));
}

Key card_key(std::string_view text, std::string_view /*context*/) {
    std::string digits;
    std::ranges::copy_if(text, std::back_inserter(digits), is_digit);
    if (digits.size() != kCardDigitsKept) return flawed("ten_digits_needed");
    return keyed(digits.insert(6, ":"));
}

}  // namespace cairn::value
