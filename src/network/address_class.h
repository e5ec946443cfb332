#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/enum_set.h"

namespace cairn::network {

/// What an address is used for. An address may have several.
enum class AddressClass : std::uint8_t {
    tor_exit,
    vpn,
    relay,
    hosting,
    cgn,
    satellite,
    anycast,
    drop,
    reserved,
    dynamic,
    sticky,
    business,
    school,
    open_wifi,
    plain,
};

using ClassSet = EnumSet<AddressClass>;

/// A row of the table of classes.
struct ClassRow {
    AddressClass address_class;
    std::string_view name;     ///< "tor_exit", in JSON, lists and on screen
    std::string_view meaning;  ///< a noun
    bool from_lists;           ///< whether an imported list may say it
    /// The flag of libloc that says it: "A1"; empty where none does.
    std::string_view flag;
    /// How far the date of a version may be from the time asked for.
    std::chrono::hours fresh_for;
    /// Whether an answer is stale where no version dated near enough speaks of this class.
    bool expected;
};

/// All classes, in the order of AddressClass.
std::span<const ClassRow> address_classes();
const ClassRow& row_of(AddressClass address_class);
std::string_view name_of(AddressClass address_class);
std::optional<AddressClass> class_from(std::string_view name);
/// "cgn, hosting, ...": the classes that lists may give.
std::string list_class_names();

/// The same for country and autonomous system.
inline constexpr std::chrono::hours kPlaceFreshFor = std::chrono::days(90);

}  // namespace cairn::network
