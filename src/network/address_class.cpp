#include "network/address_class.h"

#include <algorithm>

namespace cairn::network {
namespace {

using std::chrono::days;
using std::chrono::hours;

// reserved is told by a table of its own (special_use.h), plain by the absence of all others.
constexpr std::array kClasses = {
    ClassRow{
        AddressClass::tor_exit, "tor_exit", "exit of the Tor network", true, "", hours(24), true},
    ClassRow{AddressClass::vpn, "vpn", "exit of a VPN or proxy", true, "A1", days(30), true},
    ClassRow{
        AddressClass::relay, "relay", "privacy relay of a provider", true, "", days(30), false},
    ClassRow{AddressClass::hosting, "hosting", "data centre", true, "", days(30), true},
    ClassRow{
        AddressClass::cgn,
        "cgn",
        "carrier-grade NAT: many customers at once",
        true,
        "",
        days(90),
        false},
    ClassRow{
        AddressClass::satellite, "satellite", "satellite provider", false, "A2", days(90), false},
    ClassRow{
        AddressClass::anycast,
        "anycast",
        "one address at many places",
        false,
        "A3",
        days(90),
        false},
    ClassRow{
        AddressClass::drop,
        "drop",
        "hostile network, traffic to be dropped",
        false,
        "XD",
        days(90),
        false},
    ClassRow{
        AddressClass::reserved, "reserved", "never a public source", false, "", hours(0), false},
    ClassRow{AddressClass::dynamic, "dynamic", "changes hands often", true, "", days(90), false},
    ClassRow{
        AddressClass::sticky,
        "sticky",
        "stays with a customer for long",
        true,
        "",
        days(90),
        false},
    ClassRow{AddressClass::business, "business", "company", true, "", days(90), false},
    ClassRow{AddressClass::school, "school", "school or university", true, "", days(90), false},
    ClassRow{
        AddressClass::open_wifi, "open_wifi", "open wireless network", true, "", days(90), false},
    ClassRow{AddressClass::plain, "plain", "none of the others", false, "", hours(0), false},
};

}  // namespace

std::span<const ClassRow> address_classes() {
    return kClasses;
}

const ClassRow& row_of(AddressClass address_class) {
    return kClasses.at(static_cast<std::size_t>(address_class));
}

std::string_view name_of(AddressClass address_class) {
    return row_of(address_class).name;
}

std::optional<AddressClass> class_from(std::string_view name) {
    const auto* const found = std::find_if(kClasses.begin(), kClasses.end(), [&](const auto& row) {
        return row.name == name;
    });
    if (found == kClasses.end()) return std::nullopt;
    return found->address_class;
}

std::string list_class_names() {
    std::string names;
    for (const ClassRow& row : kClasses) {
        if (row.from_lists) names.append(names.empty() ? "" : ", ").append(row.name);
    }
    return names;
}

}  // namespace cairn::network
