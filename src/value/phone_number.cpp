#include "value/phone_number.h"

#include <phonenumbers/phonenumberutil.h>

#include "value/characters.h"

namespace cairn::value {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

/// What the library calls a country that is not known.
constexpr const char* kUnknownCountry = "ZZ";

}  // namespace

Key phone_key(std::string_view text, std::string_view context) {
    const PhoneNumberUtil& library = *PhoneNumberUtil::GetInstance();
    std::string given(text);
    if (given.starts_with("00")) given.replace(0, 2, "+");
    const std::string country = country_code(context);
    if (given.front() != '+' && country.empty()) return flawed("country_needed");
    PhoneNumber number;
    const auto outcome = library.Parse(given, country.empty() ? kUnknownCountry : country, &number);
    if (outcome == PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR) return flawed("country_needed");
    if (outcome != PhoneNumberUtil::NO_PARSING_ERROR) return flawed("not_a_number");
    if (!library.IsValidNumber(number)) return flawed("no_such_number");
    std::string key;
    library.Format(number, PhoneNumberUtil::E164, &key);
    return keyed(std::move(key));
}

}  // namespace cairn::value
