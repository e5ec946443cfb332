#pragma once

#include <chrono>
#include <span>
#include <string_view>
#include <variant>

#include "config/configuration.h"
#include "config/duration_text.h"
#include "config/text_form.h"

namespace cairn::config {

// The one table of settings: reading, checks, bounds, example, `show` and the document come from
// it and from the initial values in Configuration.

template <typename T>
using Field = T& (*)(Configuration&);

struct DurationSetting {
    Field<std::chrono::seconds> field;
    std::chrono::seconds floor;
    std::chrono::seconds ceiling;
    DurationUnit unit;  ///< in which it is shown
};

struct CountSetting {
    Field<std::uint32_t> field;
    std::uint32_t floor;
    std::uint32_t ceiling;
};

/// A text whose default depends on where the program runs.
struct TextSetting {
    Field<std::string> field;
    TextForm form;
    std::string_view default_words;  ///< the default in words, a noun
    std::string_view example;
};

struct Setting {
    std::string_view key;          ///< with its section: sign_in.idle_limit
    std::string_view explanation;  ///< one sentence
    std::variant<DurationSetting, CountSetting, TextSetting> value;
};

/// Each must be given.
struct GroupField {
    std::string_view name;
    std::string_view explanation;
    TextForm form;
    std::string& (*field)(Configuration&, std::size_t index);
    std::string_view example;
};

/// A table that may stand any number of times: [[audit.witness]].
struct Group {
    std::string_view key;
    std::string_view explanation;
    std::span<const GroupField> fields;
    std::size_t (*size)(const Configuration&);
    void (*append)(Configuration&);
};

struct Section {
    std::string_view name;
    std::string_view explanation;
};

/// The settings in order, those of a section together.
std::span<const Setting> settings();
std::span<const Group> groups();
/// The sections in order; the settings before the first belong to none.
std::span<const Section> sections();

/// "sign_in" of "sign_in.idle_limit"; empty for a setting of no section.
std::string_view section_of(std::string_view key);
/// "idle_limit" of "sign_in.idle_limit".
std::string_view name_in_section(std::string_view key);

inline constexpr std::size_t kGroupElementsMax = 16;

}  // namespace cairn::config
