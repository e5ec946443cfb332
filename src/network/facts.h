#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "network/address_class.h"

namespace cairn::network {

/// Two capital letters of ISO 3166-1; zeros: unknown.
using CountryCode = std::array<char, 2>;

inline constexpr CountryCode kNoCountry{};

/// A code as sources give it, in either case. Nothing for what stands for "unknown" ("", "-",
/// "??", "XX", "ZZ") and for libloc's classes ("A1", "XD").
std::optional<CountryCode> country_from(std::string_view text);
std::string text_of(const CountryCode& country);

/// How a customer is connected, as MaxMind's files tell it.
enum class Connection : std::uint8_t { unknown, cable_dsl, cellular, corporate, dialup, satellite };

std::string_view name_of(Connection connection);
/// "Cable/DSL", "Cellular", ...; unknown for other words.
Connection connection_from(std::string_view text);

/// What one version of a source says of an address. Areas and networks only: there is no room for
/// a place below a country.
struct Facts {
    CountryCode country = kNoCountry;
    std::uint32_t system = 0;   ///< number of the autonomous system; 0: unknown
    std::string operator_name;  ///< of the autonomous system; empty: unknown
    Connection connection = Connection::unknown;
    ClassSet classes;
    auto operator<=>(const Facts&) const = default;
};

/// What a source may say, at most.
struct Coverage {
    bool countries = false;
    bool systems = false;
    bool connections = false;
    ClassSet classes;
    auto operator<=>(const Coverage&) const = default;
};

}  // namespace cairn::network
