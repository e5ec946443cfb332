#include "cli/network_output.h"

#include <set>

#include "base/text.h"

namespace cairn::cli {
namespace {

using Json = nlohmann::ordered_json;
using network::AddressClass;
using network::Answer;
using network::ClassSet;
using network::Fact;
using network::SourceVersion;

template <typename Value>
Json json_of_fact(std::string_view key, Json value, const Fact<Value>& fact) {
    Json out;
    out[std::string(key)] = std::move(value);
    out["source"] = fact.source->name;
    out["version"] = printable(fact.source->version);
    out["valid_from"] = format_utc(fact.source->valid_from);
    out["stale"] = fact.stale;
    return out;
}

std::vector<std::string> names_of(ClassSet classes) {
    std::vector<std::string> names;
    for (const network::ClassRow& row : network::address_classes()) {
        if (classes.contains(row.address_class)) names.emplace_back(row.name);
    }
    return names;
}

std::vector<std::string> stale_subjects(const Answer& answer) {
    std::vector<std::string> names;
    if (answer.country_stale) names.emplace_back("country");
    if (answer.system_stale) names.emplace_back("asn");
    for (std::string& name : names_of(answer.stale_classes)) names.push_back(std::move(name));
    return names;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

void put_facts(Json& out, const Answer& answer) {
    out["country"] = nullptr;
    out["asn"] = nullptr;
    out["operator"] = nullptr;
    out["connection"] = nullptr;
    if (answer.country) {
        out["country"] =
            json_of_fact("code", network::text_of(answer.country->value), *answer.country);
    }
    if (answer.system) out["asn"] = json_of_fact("number", answer.system->value, *answer.system);
    if (answer.operator_name) {
        out["operator"] =
            json_of_fact("name", printable(answer.operator_name->value), *answer.operator_name);
    }
    if (answer.connection) {
        out["connection"] =
            json_of_fact("kind", name_of(answer.connection->value), *answer.connection);
    }
}

/// One line for people: what, and who says so.
template <typename Value>
std::string said(std::string_view what, const Fact<Value>& fact, const Terminal& terminal) {
    const std::string stale =
        fact.stale ? ", " + terminal.paint(Colour::yellow, "stale") : std::string();
    return fmt::format("{} ({}{})", what, printable(title_of(*fact.source)), stale);
}

std::string row(std::string_view name, std::string_view value) {
    return fmt::format("  {:<11} {}\n", name, value.empty() ? "unknown" : value);
}

std::string classes_text(const Answer& answer, const Terminal& terminal) {
    std::vector<std::string> words;
    for (const Fact<AddressClass>& fact : answer.classes) {
        words.push_back(said(network::name_of(fact.value), fact, terminal));
    }
    return words.empty() ? std::string(network::name_of(AddressClass::plain)) : joined(words);
}

std::string tells(const SourceVersion& version) {
    std::vector<std::string> words;
    if (version.coverage.countries) words.emplace_back("country");
    if (version.coverage.systems) words.emplace_back("asn");
    if (version.coverage.connections) words.emplace_back("connection");
    for (std::string& name : names_of(version.coverage.classes)) words.push_back(std::move(name));
    return joined(words);
}

Json json_of_version(const SourceVersion& version) {
    Json out;
    out["name"] = version.name;
    out["kind"] = name_of(version.kind);
    out["version"] = printable(version.version);
    out["valid_from"] = format_utc(version.valid_from);
    out["imported_at"] = format_utc(version.imported_at);
    out["installed"] = version.installed;
    out["licence"] = printable(version.licence);
    out["sha256"] = version.sha256;
    out["ranges"] = version.ranges;
    Json facts = Json::array();
    if (version.coverage.countries) facts.push_back("country");
    if (version.coverage.systems) facts.push_back("asn");
    if (version.coverage.connections) facts.push_back("connection");
    out["facts"] = std::move(facts);
    out["classes"] = names_of(version.coverage.classes);
    return out;
}

}  // namespace

Json json_of(const Answer& answer, const network::View& view) {
    Json out;
    out["address"] = answer.address.text();
    out["at"] = format_utc(view.time());
    out["link_key"] = answer.address.link_key().text();
    if (answer.reserved != nullptr) {
        out["reserved"] = {
            {"network", answer.reserved->network},
            {"use", answer.reserved->use},
            {"source", answer.reserved->source},
            {"refusal", code_of(answer.reserved->refusal)}};
    }
    if (answer.tunnel != network::Tunnel::none) out["tunnel"] = name_of(answer.tunnel);
    put_facts(out, answer);
    out["classes"] = names_of(answer.class_set());
    Json sources = Json::array();
    for (const Fact<AddressClass>& fact : answer.classes) {
        sources.push_back(json_of_fact("class", network::name_of(fact.value), fact));
    }
    out["class_sources"] = std::move(sources);
    out["stale"] = stale_subjects(answer);
    out["not_covered"] =
        answer.reserved != nullptr ? std::vector<std::string>() : names_of(view.not_covered());
    return out;
}

std::string text_of(const Answer& answer, const network::View& view, const Terminal& terminal) {
    std::string text = fmt::format("{} at {}\n", answer.address.text(), format_utc(view.time()));
    if (answer.reserved != nullptr) {
        const network::SpecialUse& use = *answer.reserved;
        return text + row("reserved",
                          fmt::format(
                              "{} ({}, {}): never a public source", use.use, use.network, use.source
                          ));
    }
    std::string country;
    std::string system;
    if (answer.country) {
        country = said(network::text_of(answer.country->value), *answer.country, terminal);
    }
    if (answer.system) {
        system = said(fmt::format("AS{}", answer.system->value), *answer.system, terminal);
    }
    text += row("country", country) + row("system", system);
    if (answer.operator_name) {
        const std::string name = printable(answer.operator_name->value);
        text += row("operator", said(name, *answer.operator_name, terminal));
    }
    if (answer.connection) {
        text +=
            row("connection",
                said(name_of(answer.connection->value), *answer.connection, terminal));
    }
    if (answer.tunnel != network::Tunnel::none) text += row("tunnel", name_of(answer.tunnel));
    text += row("classes", classes_text(answer, terminal));
    if (answer.stale()) text += row("stale", joined(stale_subjects(answer)));
    if (!view.not_covered().empty()) text += row("no source", joined(names_of(view.not_covered())));
    return text;
}

Json json_of(const std::vector<SourceVersion>& versions) {
    Json all = Json::array();
    for (const SourceVersion& version : versions) all.push_back(json_of_version(version));
    return all;
}

std::string text_of(const std::vector<SourceVersion>& versions) {
    if (versions.empty()) {
        return "No sources. Packages libloc-database and tor-geoipdb bring some; "
               "`cairn network import` adds others.\n";
    }
    std::vector<std::vector<std::string>> rows = {
        {"NAME", "VERSION", "VALID FROM", "KIND", "RANGES", "FROM", "TELLS"}};
    std::set<std::pair<std::string, std::string>> licences;
    for (const SourceVersion& version : versions) {
        rows.push_back(
            {version.name,
             printable(version.version),
             format_utc(version.valid_from),
             std::string(name_of(version.kind)),
             grouped(version.ranges),
             version.installed ? "package" : "import",
             tells(version)}
        );
        licences.emplace(version.name, version.licence.empty() ? "unknown" : version.licence);
    }
    std::string text = table(rows) + "Licences:\n";
    for (const auto& [name, licence] : licences) {
        text += fmt::format("  {}: {}\n", name, printable(licence));
    }
    return text;
}

Json json_of(const network::ImportReport& report) {
    Json out;
    out["source"] = json_of_version(report.version);
    out["unchanged"] = report.unchanged;
    return out;
}

std::string text_of(const network::ImportReport& report) {
    const SourceVersion& version = report.version;
    if (report.unchanged) {
        return fmt::format(
            "Source \"{}\" has this content from that time already; nothing changed.\n",
            version.name
        );
    }
    return fmt::format(
        "Source \"{}\", version {}, valid from {}: {}; tells {}.\n",
        version.name,
        printable(version.version),
        format_utc(version.valid_from),
        count_of(version.ranges, "range"),
        tells(version)
    );
}

}  // namespace cairn::cli
