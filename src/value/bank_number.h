#pragma once

#include "value/key.h"

namespace cairn::value {

/// Upper case without blanks; ISO 13616: length of the country, remainder 1 modulo 97.
/// Flaws: not_an_iban, unknown_country, wrong_length, bad_checksum.
Key iban_key(std::string_view text, std::string_view context);

/// "country:bank:number" of a text "bank:number". Flaws: country_needed, bank_needed,
/// bad_characters.
Key bank_account_key(std::string_view text, std::string_view context);

/// What may be kept of a card.
inline constexpr std::size_t kCardDigitsKept = 10;
std::size_t digits_in(std::string_view text);

/// "123456:7890" of any text with ten digits. Flaw: ten_digits_needed.
Key card_key(std::string_view text, std::string_view context);

}  // namespace cairn::value
