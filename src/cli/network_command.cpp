#include <iostream>

#include "base/text.h"
#include "cli/network_output.h"

namespace cairn::cli {
namespace {

using network::SourceVersion;

struct LookupCommand {
    std::string folder;
    std::vector<std::string> addresses;
    std::string at;
    bool only_imported = false;
    bool json = false;
};

struct SourcesCommand {
    std::string folder;
    bool only_imported = false;
    bool json = false;
};

struct ImportCommand {
    std::string folder;
    std::vector<std::string> files;
    std::string kind;
    std::string name;
    std::string valid_from;
    std::string version;
    std::string licence;
    std::vector<std::string> classes;
    std::string columns;
    bool json = false;
};

struct RemoveCommand {
    std::string folder;
    std::string name;
    std::string valid_from;
};

const SystemClock& system_clock() {
    static const SystemClock kClock;
    return kClock;
}

/// Opens the store and takes in what the system's packages installed, with a word on each.
Result<std::unique_ptr<network::SourceStore>> open_sources(
    const Context& context, const std::string& folder, network::Origin origin
) {
    auto store = CAIRN_TRY(network::SourceStore::open(folder, system_clock()));
    if (origin == network::Origin::imported) return store;
    const auto found = CAIRN_TRY(store->take_installed({}));
    for (const SourceVersion& version : found.taken) {
        context.terminal.error(fmt::format("Taken in: {}.\n", network::title_of(version)));
    }
    for (const std::string& problem : found.problems) {
        const std::string warning = context.terminal.paint(Colour::yellow, "warning:");
        context.terminal.error(fmt::format("{} {}\n", warning, printable(problem)));
    }
    return store;
}

Result<std::optional<UtcTime>> time_from(const std::string& text, std::string_view option) {
    if (text.empty()) return std::optional<UtcTime>();
    auto time = parse_utc(text);
    if (!time) return std::move(time).error().with_context(option);
    return std::optional(*time);
}

/// Asks addresses of one view and prints the answers.
class Asker {
public:
    Asker(const Context& context, const network::View& view, bool json)
        : context_(context), view_(view), json_(json) {}

    Status ask(std::string_view word) {
        ++asked_;
        const auto address = network::parse_address(word);
        if (!address) {
            ++refused_;
            context_.terminal.error("error: " + address.error().message + "\n");
            return ok();
        }
        const network::Answer answer = CAIRN_TRY(view_.look_up(*address));
        return context_.terminal.out(
            json_ ? json_of(answer, view_).dump() + "\n" : text_of(answer, view_, context_.terminal)
        );
    }

    Exit end() const {
        if (refused_ == 0) return Exit::covered_clean;
        return refused_ == asked_ ? Exit::failed : Exit::not_covered;
    }

private:
    const Context& context_;
    const network::View& view_;
    bool json_;
    std::uint64_t asked_ = 0;
    std::uint64_t refused_ = 0;
};

network::Origin origin_of(bool only_imported) {
    return only_imported ? network::Origin::imported : network::Origin::all;
}

std::string_view without_blanks(std::string_view line) {
    constexpr std::string_view kBlanks = " \t\r";
    const auto begin = line.find_first_not_of(kBlanks);
    if (begin == line.npos) return {};
    return line.substr(begin, line.find_last_not_of(kBlanks) - begin + 1);
}

Result<Exit> run_lookup(Context& context, const LookupCommand& command) {
    const auto time = CAIRN_TRY(time_from(command.at, "--at"));
    const network::Origin origin = origin_of(command.only_imported);
    auto store = CAIRN_TRY(open_sources(context, command.folder, origin));
    auto lookup = CAIRN_TRY(network::Lookup::open(*store, origin));
    const auto view = CAIRN_TRY(lookup->at(time.value_or(system_clock().now())));
    Asker asker(context, *view, command.json);
    for (const std::string& word : command.addresses) {
        if (word != "-") {
            CAIRN_TRY(asker.ask(word));
            continue;
        }
        for (std::string line; std::getline(std::cin, line);) {
            const std::string_view address = without_blanks(line);
            if (!address.empty()) CAIRN_TRY(asker.ask(address));
        }
    }
    return asker.end();
}

Result<Exit> run_sources(Context& context, const SourcesCommand& command) {
    const network::Origin origin = origin_of(command.only_imported);
    auto store = CAIRN_TRY(open_sources(context, command.folder, origin));
    auto versions = CAIRN_TRY(store->versions());
    if (command.only_imported) {
        std::erase_if(versions, [](const SourceVersion& version) { return version.installed; });
    }
    CAIRN_TRY(
        context.terminal.out(command.json ? json_of(versions).dump(2) + "\n" : text_of(versions))
    );
    return Exit::covered_clean;
}

Result<network::ImportOptions> options_of(const ImportCommand& command) {
    network::ImportOptions options;
    options.files = command.files;
    options.kind = network::source_kind_from(command.kind).value_or(options.kind);
    options.name = command.name;
    options.valid_from = CAIRN_TRY(time_from(command.valid_from, "--valid-from"));
    options.version = command.version;
    options.licence = command.licence;
    for (const std::string& name : command.classes) {
        const auto known = network::class_from(name);
        if (!known || !network::row_of(*known).from_lists) {
            return fail(
                Errc::invalid_argument,
                "--class {}: no class that a list may give; those are {}",
                name,
                network::list_class_names()
            );
        }
        options.classes.insert(*known);
    }
    if (command.columns.empty()) return options;
    auto columns = network::parse_columns(command.columns);
    if (!columns) return std::move(columns).error().with_context("--columns");
    options.columns = *std::move(columns);
    return options;
}

Result<Exit> run_import(Context& context, const ImportCommand& command) {
    const auto options = CAIRN_TRY(options_of(command));
    auto store = CAIRN_TRY(network::SourceStore::open(command.folder, system_clock()));
    const auto report = CAIRN_TRY(store->import(options));
    CAIRN_TRY(context.terminal.out(command.json ? json_of(report).dump(2) + "\n" : text_of(report))
    );
    return Exit::covered_clean;
}

Result<Exit> run_remove(Context& context, const RemoveCommand& command) {
    const auto time = CAIRN_TRY(time_from(command.valid_from, "--valid-from"));
    auto store = CAIRN_TRY(network::SourceStore::open(command.folder, system_clock()));
    const std::int64_t removed = CAIRN_TRY(store->remove(command.name, time));
    CAIRN_TRY(context.terminal.out(fmt::format(
        "Removed: {} of source \"{}\".\n",
        count_of(static_cast<std::uint64_t>(removed), "version"),
        command.name
    )));
    return Exit::covered_clean;
}

void add_folder(CLI::App& command, const Context& context, std::string& folder) {
    folder = context.environment.data_home + "/networks";
    command.add_option("--sources", folder, "Folder of the sources")
        ->type_name("DIR")
        ->capture_default_str();
}

void add_only_imported(CLI::App& command, bool& only_imported) {
    command.add_flag(
        "--only-imported", only_imported, "Leave out what packages of the system installed"
    );
}

void add_lookup(CLI::App& parent, Context& context) {
    auto options = std::make_shared<LookupCommand>();
    CLI::App* command =
        parent.add_subcommand("lookup", "Say what addresses were at a time, and who says so");
    command
        ->add_option(
            "address", options->addresses, "Addresses, - for a line each of standard input"
        )
        ->required()
        ->type_name("ADDRESS");
    command->add_option("--at", options->at, "The time, with its zone (default: now)")
        ->type_name("TIME");
    add_only_imported(*command, options->only_imported);
    add_folder(*command, context, options->folder);
    command->add_flag("--json", options->json, "One JSON object per line");
    command->footer(
        "Of each source the version nearest to the time answers; what is too far from it is "
        "called\n"
        "stale. An address tells a connection at a time, never a person or a place below a "
        "country.\n"
        "Exit codes: 0 all answered; 3 some words are no addresses; 4 failed, or none is.\n"
        "Examples:\n"
        "  cairn network lookup 192.0.2.7 2001:db8::7 --at 2026-05-01T20:15:00Z\n"
        "  cut -d ' ' -f 1 access.log | cairn network lookup --json -"
    );
    on_command(context, *command, options, run_lookup);
}

void add_sources(CLI::App& parent, Context& context) {
    auto options = std::make_shared<SourcesCommand>();
    CLI::App* command =
        parent.add_subcommand("sources", "Show the sources with their versions and licences");
    add_only_imported(*command, options->only_imported);
    add_folder(*command, context, options->folder);
    command->add_flag("--json", options->json, "Print JSON");
    command->footer("Example:\n  cairn network sources --json");
    on_command(context, *command, options, run_sources);
}

void add_import(CLI::App& parent, Context& context) {
    auto options = std::make_shared<ImportCommand>();
    CLI::App* command =
        parent.add_subcommand("import", "Take in a version of a source: a database or a list");
    command->add_option("file", options->files, "The source; lists may come in several parts")
        ->required()
        ->type_name("FILE");
    command->add_option("--kind", options->kind, "Its format")
        ->required()
        ->check(CLI::IsMember({"location", "mmdb", "networks", "ranges"}));
    command->add_option("--name", options->name, "Name of the source in Cairn")->required();
    command
        ->add_option(
            "--valid-from",
            options->valid_from,
            "When what it says was the case, with zone; databases say it themselves"
        )
        ->type_name("TIME");
    command->add_option("--source-version", options->version, "The source's own version")
        ->type_name("TEXT");
    command->add_option("--licence", options->licence, "Its licence, and who is to be named");
    command
        ->add_option("--class", options->classes, "networks: class of lines without (repeatable)")
        ->type_name("CLASS")
        ->allow_extra_args(false);
    command->add_option(
        "--columns", options->columns, "ranges: what the columns hold, such as first,last,country"
    );
    add_folder(*command, context, options->folder);
    command->add_flag("--json", options->json, "Print the report as JSON");
    command->footer(
        "All or nothing: one bad line refuses the list. Older versions stay.\n"
        "Kinds: location (libloc), mmdb (MaxMind's format), networks (a network, address, range "
        "or\n"
        "AS number a line, classes behind it), ranges (values with a heading that names columns).\n"
        "Examples:\n"
        "  cairn network import GeoLite2-ASN.mmdb --kind mmdb --name geolite-asn\n"
        "  cairn network import vpn.txt --kind networks --name vpn --class vpn \\\n"
        "    --valid-from 2026-11-01T00:00:00Z\n"
        "  cairn network import asn.csv --kind ranges --name asn --columns first,last,asn,operator "
        "\\\n"
        "    --valid-from 2026-11-01T00:00:00Z"
    );
    on_command(context, *command, options, run_import);
}

void add_remove(CLI::App& parent, Context& context) {
    auto options = std::make_shared<RemoveCommand>();
    CLI::App* command =
        parent.add_subcommand("remove", "Remove a source or a version; answers change by it");
    command->add_option("name", options->name, "Name of the source")->required();
    command->add_option("--valid-from", options->valid_from, "Only the version from this time")
        ->type_name("TIME");
    add_folder(*command, context, options->folder);
    command->footer(
        "For what was imported by mistake; versions that answers rest on should stay.\n"
        "Example:\n  cairn network remove vpn --valid-from 2026-11-01T00:00:00Z"
    );
    on_command(context, *command, options, run_remove);
}

}  // namespace

void add_network_command(CLI::App& app, Context& context) {
    CLI::App* command = app.add_subcommand(
        "network", "Say to which country, operator and class an address belonged at a time"
    );
    command->require_subcommand(1);
    command->footer("Example:\n  cairn network lookup 192.0.2.7 --at 2026-05-01T20:15:00+02:00");
    add_lookup(*command, context);
    add_sources(*command, context);
    add_import(*command, context);
    add_remove(*command, context);
}

}  // namespace cairn::cli
