#include <algorithm>

#include "config/settings.h"

namespace cairn::config {
namespace {

constexpr std::size_t kLineBytesMax = 98;

using Value = std::variant<std::uint32_t, std::string>;

Value value_of(const Setting& setting, Configuration& configuration) {
    struct {
        Configuration& from;
        Value operator()(const DurationSetting& kind) const {
            return format_duration(kind.field(from), kind.unit);
        }
        Value operator()(const CountSetting& kind) const { return kind.field(from); }
        Value operator()(const TextSetting& kind) const { return kind.field(from); }
    } reader{configuration};
    return std::visit(reader, setting.value);
}

/// A value as TOML. Texts hold no control character (text_form.cpp).
std::string toml_of(const Value& value) {
    if (const auto* number = std::get_if<std::uint32_t>(&value)) return fmt::format("{}", *number);
    std::string out = "\"";
    for (const char c : std::get<std::string>(value)) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

void append_comment(std::string& out, std::string_view text) {
    std::string line = "#";
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        if (line.size() + 1 + word.size() > kLineBytesMax) {
            out += line + "\n";
            line = "#";
        }
        line += " " + std::string(word);
    }
    out += line + "\n";
}

/// The bounds, or the default that words say.
std::string limits_of(const Setting& setting) {
    struct {
        std::string operator()(const DurationSetting& kind) const {
            return fmt::format(
                "From {} to {}.", format_duration(kind.floor), format_duration(kind.ceiling)
            );
        }
        std::string operator()(const CountSetting& kind) const {
            return fmt::format("From {} to {}.", kind.floor, kind.ceiling);
        }
        std::string operator()(const TextSetting& kind) const {
            return fmt::format("Default: {}.", kind.default_words);
        }
    } words;
    return std::visit(words, setting.value);
}

Value example_of(const Setting& setting) {
    Configuration defaults;
    const auto* text = std::get_if<TextSetting>(&setting.value);
    return text == nullptr ? value_of(setting, defaults) : Value(std::string(text->example));
}

void append_example(std::string& out, const Setting& setting) {
    out += "\n";
    append_comment(out, std::string(setting.explanation) + " " + limits_of(setting));
    out += fmt::format("#{} = {}\n", name_in_section(setting.key), toml_of(example_of(setting)));
}

void append_example(std::string& out, const Group& group) {
    out += "\n";
    append_comment(out, group.explanation);
    out += fmt::format("#[[{}]]\n", group.key);
    for (const GroupField& field : group.fields) {
        append_comment(out, field.explanation);
        out += fmt::format("#{} = {}\n", field.name, toml_of(std::string(field.example)));
    }
}

/// Calls back for all of one section, the settings before the groups.
template <typename OnSetting, typename OnGroup>
void for_section(std::string_view section, OnSetting on_setting, OnGroup on_group) {
    for (const Setting& setting : settings()) {
        if (section_of(setting.key) == section) on_setting(setting);
    }
    for (const Group& group : groups()) {
        if (section_of(group.key) == section) on_group(group);
    }
}

/// Shows the settings in force one after the other.
class Shown {
public:
    explicit Shown(const Examined& examined)
        : examined_(examined), configuration_(examined.configuration) {}

    std::vector<ShownSetting> all() {
        add_section("");
        for (const Section& section : sections()) add_section(section.name);
        return std::move(shown_);
    }

private:
    void add_section(std::string_view section) {
        for_section(
            section,
            [this](const Setting& setting) {
                shown_.push_back(
                    {std::string(setting.key),
                     value_of(setting, configuration_),
                     line_of(setting.key)}
                );
            },
            [this](const Group& group) { add_group(group); }
        );
    }
    void add_group(const Group& group) {
        for (std::size_t i = 0; i < group.size(configuration_); ++i) {
            for (const GroupField& field : group.fields) {
                shown_.push_back(
                    {fmt::format("{}[{}].{}", group.key, i + 1, field.name),
                     field.field(configuration_, i),
                     line_of(group.key)}
                );
            }
        }
    }
    unsigned line_of(std::string_view key) const {
        const auto found = examined_.lines.find(key);
        return found == examined_.lines.end() ? 0 : found->second;
    }

    const Examined& examined_;
    Configuration configuration_;
    std::vector<ShownSetting> shown_;
};

/// The head that stands before a setting, such as "[audit]" or "[[audit.witness]]".
std::string head_of(std::string_view key) {
    const auto bracket = key.find('[');
    if (bracket != key.npos) return fmt::format("[[{}]]", key.substr(0, bracket));
    const std::string_view section = section_of(key);
    return section.empty() ? "" : fmt::format("[{}]", section);
}

}  // namespace

std::vector<ShownSetting> settings_in_force(const Examined& examined) {
    return Shown(examined).all();
}

std::string show(const Examined& examined) {
    std::string out;
    std::string part;  // what the last setting belongs to: "audit", "audit.witness[1]"
    for (const ShownSetting& setting : settings_in_force(examined)) {
        const std::string_view belongs_to = section_of(setting.key);
        if (belongs_to != part) {
            part = belongs_to;
            out += fmt::format("\n{}\n", head_of(setting.key));
        }
        const std::string from =
            setting.line == 0 ? "default" : fmt::format("line {}", setting.line);
        // What is empty is not set: as a comment it can be read again.
        const auto* text = std::get_if<std::string>(&setting.value);
        const std::string_view mark = text != nullptr && text->empty() ? "#" : "";
        out += fmt::format(
            "{}{} = {}  # {}\n", mark, name_in_section(setting.key), toml_of(setting.value), from
        );
    }
    return out;
}

std::string example() {
    std::string out;
    append_comment(
        out,
        "Configuration of Cairn (TOML). Every setting stands here with its default, or with an "
        "example where the default depends on the machine; a setting is in force without the "
        "number sign before it. Durations are written \"90 s\", \"15 min\", \"12 h\", \"30 d\"; "
        "relative paths begin in the folder of this file. `cairn config check` finds all mistakes "
        "at once."
    );
    const auto append = [&out](const auto& entry) { append_example(out, entry); };
    for_section("", append, append);
    for (const Section& section : sections()) {
        out += "\n";
        append_comment(out, section.explanation);
        out += fmt::format("[{}]\n", section.name);
        for_section(section.name, append, append);
    }
    return out;
}

}  // namespace cairn::config
