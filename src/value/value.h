#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cairn::value {

/// What a value is: decides how it is read, normalised and compared.
enum class Kind : std::uint8_t {
    email,         ///< local part as given, domain as A-label
    phone,         ///< E.164; context: the country of numbers without "+"
    account_name,  ///< a handle; context: the service
    account_id,    ///< the service's own id of an account; context: the service
    imei,          ///< of a device's radio
    serial,        ///< of a device; context: its maker
    mac,           ///< of a network interface
    domain,        ///< A-label
    url,           ///< http or https
    iban,
    bank_account,  ///< one without IBAN: bank code and number; context: the country
    card,          ///< first six and last four digits, never more
    wallet,        ///< context: the chain
    digest,        ///< MD5, SHA-1 or SHA-256
    register_id,   ///< of an organisation in a register; context: the country
    plate,         ///< of a vehicle; context: the country
    vin,           ///< of a vehicle
};

inline constexpr Kind kKinds[] = {
    Kind::email,
    Kind::phone,
    Kind::account_name,
    Kind::account_id,
    Kind::imei,
    Kind::serial,
    Kind::mac,
    Kind::domain,
    Kind::url,
    Kind::iban,
    Kind::bank_account,
    Kind::card,
    Kind::wallet,
    Kind::digest,
    Kind::register_id,
    Kind::plate,
    Kind::vin,
};

std::string_view name_of(Kind kind);
Result<Kind> parse_kind(std::string_view name);

/// Longer texts are no values.
inline constexpr std::size_t kTextBytesMax = 2048;

/// A value as somebody gave it, and as it is compared. What cannot be normalised is kept as it was
/// given, says why, and never links anything.
struct Value {
    Kind kind{};
    std::string text{};     ///< as given; of a card only what may be kept
    std::string context{};  ///< country (ISO 3166-1 alpha-2), service, maker or chain
    /// Equal values have equal keys, others have not; empty when the value is flawed. Shown to
    /// people too: with the context in front, where it decides.
    std::string key{};
    /// Why there is no key; a literal: "bad_checksum", "country_needed".
    std::string_view flaw{};
    /// A wider key under which it may be *suggested* that two values are one, never said:
    /// an address without its plus-tag. Empty when there is none.
    std::string near_key{};

    bool links() const { return !key.empty(); }
};

/// Reads one. Errc::invalid_argument for what must not be stored at all: no text, text over
/// kTextBytesMax or not UTF-8, a whole card number, a URL's password is left out.
/// Source of the rules: casework specification, section 3. O(n).
Result<Value> read(Kind kind, std::string_view text, std::string_view context = {});

}  // namespace cairn::value
