#include "network/facts.h"

#include <algorithm>

#include "base/text.h"

namespace cairn::network {
namespace {

// XX and ZZ mean "unknown", XD is libloc's word for networks to be dropped.
constexpr std::array<std::string_view, 3> kNoCountries = {"XD", "XX", "ZZ"};

struct ConnectionWord {
    Connection connection;
    std::string_view name;
    std::string_view word;  ///< lower case, as MaxMind's files have it
};
constexpr std::array kConnections = {
    ConnectionWord{Connection::unknown, "", ""},
    ConnectionWord{Connection::cable_dsl, "cable_dsl", "cable/dsl"},
    ConnectionWord{Connection::cellular, "cellular", "cellular"},
    ConnectionWord{Connection::corporate, "corporate", "corporate"},
    ConnectionWord{Connection::dialup, "dialup", "dialup"},
    ConnectionWord{Connection::satellite, "satellite", "satellite"},
};

}  // namespace

std::optional<CountryCode> country_from(std::string_view text) {
    if (text.size() != 2) return std::nullopt;
    CountryCode code{};
    for (std::size_t i = 0; i < 2; ++i) {
        const char c =
            text[i] >= 'a' && text[i] <= 'z' ? static_cast<char>(text[i] - 'a' + 'A') : text[i];
        if (c < 'A' || c > 'Z') return std::nullopt;
        code.at(i) = c;
    }
    const auto* const none = std::find(kNoCountries.begin(), kNoCountries.end(), text_of(code));
    if (none != kNoCountries.end()) return std::nullopt;
    return code;
}

std::string text_of(const CountryCode& country) {
    return country == kNoCountry ? "" : std::string(country.begin(), country.end());
}

std::string_view name_of(Connection connection) {
    return kConnections.at(static_cast<std::size_t>(connection)).name;
}

Connection connection_from(std::string_view text) {
    const std::string word = lower_ascii(text);
    for (const ConnectionWord& known : kConnections) {
        if (known.word == word) return known.connection;
    }
    return Connection::unknown;
}

}  // namespace cairn::network
