#include "config/configuration.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "base/fd.h"
#include "base/text.h"
#include "config/nearest_word.h"
#include "config/settings.h"
#include "config/toml_document.h"

namespace cairn::config {
namespace {

constexpr std::size_t kShownBytesMax = 60;

/// What a file says, made printable and short.
std::string as_given(std::string_view text) {
    const bool long_text = text.size() > kShownBytesMax;
    return "\"" + printable(text.substr(0, kShownBytesMax)) + (long_text ? "..." : "") + "\"";
}

std::string_view name_of(Node::Kind kind) {
    switch (kind) {
        case Node::Kind::table:
            return "a table";
        case Node::Kind::array:
            return "a list";
        case Node::Kind::text:
            return "a text";
        case Node::Kind::whole_number:
            return "a number";
        case Node::Kind::decimal:
            return "a decimal number";
        case Node::Kind::truth:
            return "true or false";
        case Node::Kind::time:
            return "a date or time";
    }
    return "";
}

std::vector<std::string_view> known_keys() {
    std::vector<std::string_view> keys;
    for (const Section& section : sections()) keys.push_back(section.name);
    for (const Setting& setting : settings()) keys.push_back(setting.key);
    for (const Group& group : groups()) keys.push_back(group.key);
    return keys;
}

template <typename Entry>
const Entry* find_key(std::span<const Entry> entries, std::string_view key) {
    const auto found = std::ranges::find(entries, key, &Entry::key);
    return found == entries.end() ? nullptr : &*found;
}

/// A section, or what sections lie in: "authority" of "authority.longest".
bool is_section(std::string_view key) {
    return std::ranges::any_of(sections(), [key](const Section& section) {
        return section.name == key || section.name.starts_with(std::string(key) + ".");
    });
}

/// Machines may be called what an audit log may not.
std::string name_from(const std::string& host) {
    auto formed = form_text(TextForm::host_like_name, lower_ascii(host), "");
    const auto* name = std::get_if<std::string>(&formed);
    return name == nullptr ? "localhost" : *name;
}

/// Goes through a document once and notes everything that is wrong with it.
class Examiner {
public:
    Examiner(const std::string& file, const Places& places)
        : file_(file),
          folder_(std::filesystem::path(file).parent_path().string()),
          places_(places),
          keys_(known_keys()) {}

    Examined examine(std::string_view text) {
        const Document document = parse_document(text);
        whole_ = document.problems.empty();
        for (const SyntaxProblem& problem : document.problems) {
            add(problem.place, "", problem.reason, "write it as in `cairn config example`");
        }
        walk(document.root, "");
        set_defaults();
        if (whole_) check_together();
        finish_problems();
        return std::move(examined_);
    }

private:
    void add(Place place, std::string_view key, std::string reason, std::string cure) {
        // Far beyond what is shown, so that the first in the file's order are kept; still bounded.
        if (examined_.problems.size() >= 10 * kProblemsMax) return;
        examined_.problems.push_back(
            {file_, place.line, place.column, std::string(key), std::move(reason), std::move(cure)}
        );
    }

    void walk(const Node& table, const std::string& prefix) {
        for (const Member& member : table.members) {
            const std::string key = prefix + member.key;
            // A quoted key with dots would be a second way to a setting.
            if (member.key.find('.') != std::string::npos) {
                add(member.place, key, "has a dot between quotation marks", "write it without them"
                );
            } else if (const Setting* setting = find_key(settings(), key)) {
                take_setting(*setting, member);
            } else if (const Group* group = find_key(groups(), key)) {
                take_group(*group, member);
            } else if (!is_section(key)) {
                add_unknown(member.place, key);
            } else if (member.value.kind == Node::Kind::table) {
                walk(member.value, key + ".");
            } else {
                add(member.place, key, "is a section", fmt::format("begin it with [{}]", key));
            }
        }
    }

    void add_unknown(Place place, const std::string& key) {
        // A search for every one of very many unknown keys would take long.
        if (examined_.problems.size() >= kProblemsMax) return add(place, key, "is no setting", "");
        const auto meant = nearest_key(key, keys_);
        add(place,
            key,
            "is no setting",
            meant ? fmt::format("did you mean {}?", *meant)
                  : "`cairn config example` shows all there are");
    }

    void take_setting(const Setting& setting, const Member& member) {
        examined_.lines.emplace(setting.key, member.place.line);
        std::visit(
            [&](const auto& kind) { take(kind, setting.key, member.place, member.value); },
            setting.value
        );
    }

    void take(
        const DurationSetting& setting, std::string_view key, Place place, const Node& value
    ) {
        const std::string cure = fmt::format(
            "write \"{}\" to \"{}\"",
            format_duration(setting.floor),
            format_duration(setting.ceiling)
        );
        if (value.kind != Node::Kind::text) {
            return add(place, key, fmt::format("is {}, not a duration", name_of(value.kind)), cure);
        }
        const auto duration = parse_duration(value.text);
        if (!duration) {
            return add(
                place,
                key,
                fmt::format("{}: {}", as_given(value.text), duration.error().message),
                cure
            );
        }
        if (*duration < setting.floor || *duration > setting.ceiling) {
            const std::string_view how = *duration < setting.floor ? "short" : "long";
            return add(place, key, fmt::format("{} is too {}", as_given(value.text), how), cure);
        }
        setting.field(examined_.configuration) = *duration;
    }

    void take(const CountSetting& setting, std::string_view key, Place place, const Node& value) {
        const std::string cure = fmt::format("write {} to {}", setting.floor, setting.ceiling);
        if (value.kind != Node::Kind::whole_number) {
            return add(
                place, key, fmt::format("is {}, not a whole number", name_of(value.kind)), cure
            );
        }
        if (value.number < setting.floor || value.number > setting.ceiling) {
            const std::string_view how = value.number < setting.floor ? "small" : "large";
            return add(place, key, fmt::format("{} is too {}", value.number, how), cure);
        }
        setting.field(examined_.configuration) = static_cast<std::uint32_t>(value.number);
    }

    void take(const TextSetting& setting, std::string_view key, Place place, const Node& value) {
        if (auto text = take_text(setting.form, key, place, value)) {
            setting.field(examined_.configuration) = *std::move(text);
        }
    }

    std::optional<std::string> take_text(
        TextForm form, std::string_view key, Place place, const Node& value
    ) {
        if (value.kind != Node::Kind::text) {
            add(place,
                key,
                fmt::format("is {}, not a text", name_of(value.kind)),
                "write it between quotation marks");
            return std::nullopt;
        }
        auto formed = form_text(form, value.text, folder_);
        if (auto* text = std::get_if<std::string>(&formed)) return std::move(*text);
        auto& fault = std::get<Fault>(formed);
        add(place, key, std::move(fault.reason), std::move(fault.cure));
        return std::nullopt;
    }

    void take_group(const Group& group, const Member& member) {
        examined_.lines.emplace(group.key, member.place.line);
        const std::vector<Node>& elements = member.value.elements;
        const bool tables = std::ranges::all_of(elements, [](const Node& element) {
            return element.kind == Node::Kind::table;
        });
        if (member.value.kind != Node::Kind::array || !tables) {
            return add(
                member.place,
                group.key,
                "may stand several times",
                fmt::format("begin each with [[{}]]", group.key)
            );
        }
        if (elements.size() > kGroupElementsMax) {
            return add(
                member.place,
                group.key,
                fmt::format("stands {} times", elements.size()),
                fmt::format("write at most {}", kGroupElementsMax)
            );
        }
        for (const Node& element : elements) take_element(group, element);
    }

    void take_element(const Group& group, const Node& element) {
        group.append(examined_.configuration);
        const std::size_t index = group.size(examined_.configuration) - 1;
        element_places_[group.key].push_back(element.place);
        for (const GroupField& field : group.fields) {
            const std::string key = fmt::format("{}.{}", group.key, field.name);
            const auto member = std::ranges::find(element.members, field.name, &Member::key);
            if (member == element.members.end()) {
                // Unless its line is among those that could not be read.
                if (whole_) {
                    add(element.place, key, "is missing", "write it; each of these is needed");
                }
            } else if (auto text = take_text(field.form, key, member->place, member->value)) {
                field.field(examined_.configuration, index) = *std::move(text);
            }
        }
        for (const Member& member : element.members) {
            const auto known = std::ranges::find(group.fields, member.key, &GroupField::name);
            if (known == group.fields.end()) add_unknown_field(group, member);
        }
    }

    void add_unknown_field(const Group& group, const Member& member) {
        std::vector<std::string_view> names;
        std::string all;
        for (const GroupField& field : group.fields) {
            names.push_back(field.name);
            all += (all.empty() ? "" : ", ") + std::string(field.name);
        }
        const auto meant = nearest_key(member.key, names);
        add(member.place,
            fmt::format("{}.{}", group.key, member.key),
            "is no setting",
            meant ? fmt::format("did you mean {}?", *meant) : "there are: " + all);
    }

    bool is_given(std::string_view key) const { return examined_.lines.contains(key); }

    /// Of the settings whose defaults depend on the place or on each other.
    void set_defaults() {
        Configuration& configuration = examined_.configuration;
        if (!is_given("data_folder")) configuration.data_folder = places_.data_folder;
        if (!is_given("database")) {
            configuration.database = configuration.data_folder + "/records.db";
        }
        if (!is_given("owner_database")) configuration.owner_database = configuration.database;
        if (!is_given("installation.name")) {
            configuration.installation.name = name_from(places_.host);
        }
        Secrets& secrets = configuration.secrets;
        if (!is_given("secrets.folder")) {
            const std::string beside = (std::filesystem::path(folder_) / "secrets").string();
            secrets.folder = places_.credentials_directory.value_or(beside);
        }
        if (places_.credentials_directory == secrets.folder) {
            secrets.guard = crypto::FileGuard::service_manager;
        }
        Server& server = configuration.server;
        if (!is_given("server.certificate_file")) {
            server.certificate_file = secrets.folder + "/server.pem";
        }
        if (!is_given("server.key_file")) server.key_file = secrets.folder + "/server.key";
    }

    Place place_of_key(std::string_view key) const {
        const auto found = examined_.lines.find(key);
        return found == examined_.lines.end() ? Place{} : Place{found->second, 1};
    }

    /// What only the settings together say; of no use while lines are missing.
    void check_together() {
        check_witnesses();
        check_repeated("sign_in.openid_connect", {"name"});
        check_repeated("audit.witness", {"name", "key"});
        check_repeated("fetch.own_host", {"name"});
        check_repeated("scan.root", {"name"});
        check_secrets_folder();
    }

    void check_witnesses() {
        const Audit& audit = examined_.configuration.audit;
        constexpr std::string_view kKey = "audit.witnesses_required";
        // One is the default, and holds from the first witness on.
        if (audit.witnesses_required <= std::max<std::size_t>(1, audit.witnesses.size())) return;
        add(place_of_key(kKey),
            kKey,
            fmt::format(
                "{} are required, {} named", audit.witnesses_required, audit.witnesses.size()
            ),
            "add an [[audit.witness]] for each, or require fewer");
    }

    /// One witness twice would count twice.
    void check_repeated(std::string_view group_key, std::vector<std::string_view> names) {
        const Group& group = *find_key(groups(), group_key);
        for (const GroupField& field : group.fields) {
            if (std::ranges::find(names, field.name) == names.end()) continue;
            std::set<std::string> seen;
            for (std::size_t i = 0; i < group.size(examined_.configuration); ++i) {
                const std::string& value = field.field(examined_.configuration, i);
                if (value.empty() || seen.insert(value).second) continue;
                add(element_places_[group_key][i],
                    fmt::format("{}.{}", group_key, field.name),
                    "is the same as of one above",
                    "leave one of the two out");
            }
        }
    }

    /// Safeguard M7: keys never lie beside what they protect.
    void check_secrets_folder() {
        const Configuration& configuration = examined_.configuration;
        if (configuration.data_folder.empty()) return;
        const std::string below =
            configuration.data_folder == "/" ? "/" : configuration.data_folder + "/";
        if (!(configuration.secrets.folder + "/").starts_with(below)) return;
        const bool given = is_given("secrets.folder");
        add(place_of_key(given ? "secrets.folder" : "data_folder"),
            "secrets.folder",
            "lies in the data folder, where the keys would be copied with what they protect",
            "name a folder outside of data_folder");
    }

    void finish_problems() {
        auto& problems = examined_.problems;
        std::ranges::stable_sort(problems, {}, [](const Problem& problem) {
            return std::pair(problem.line, problem.column);
        });
        if (problems.size() > kProblemsMax) problems.resize(kProblemsMax);
    }

    const std::string& file_;
    std::string folder_;
    const Places& places_;
    std::vector<std::string_view> keys_;
    bool whole_ = true;  ///< no line had to be left out
    std::map<std::string_view, std::vector<Place>> element_places_;
    Examined examined_;
};

}  // namespace

std::string text_of(const Problem& problem) {
    std::string text = printable(problem.file);
    if (problem.line != 0) text += fmt::format(":{}:{}", problem.line, problem.column);
    if (!problem.key.empty()) text += ": " + printable(problem.key.substr(0, kShownBytesMax));
    text += ": " + problem.reason;
    if (!problem.cure.empty()) text += "; " + problem.cure;
    return text;
}

Examined parse_configuration(std::string_view text, const std::string& file, const Places& places) {
    return Examiner(file, places).examine(text);
}

Result<Examined> examine_file(const std::string& file, const Places& places) {
    const auto bytes = read_file(file, kDocumentBytesMax);
    if (!bytes && bytes.error().code != Errc::limit_exceeded) return Error(bytes.error());
    if (bytes) return parse_configuration(as_text(*bytes), file, places);
    // One byte too many is as good as all of them.
    return parse_configuration(std::string(kDocumentBytesMax + 1, ' '), file, places);
}

Result<Configuration> read_configuration(const std::string& file, const Places& places) {
    Examined examined = CAIRN_TRY(examine_file(file, places));
    if (examined.problems.empty()) return std::move(examined.configuration);
    std::string text;
    for (const Problem& problem : examined.problems) {
        text += (text.empty() ? "" : "\n") + text_of(problem);
    }
    return fail(Errc::invalid_argument, "{}", text);
}

}  // namespace cairn::config
