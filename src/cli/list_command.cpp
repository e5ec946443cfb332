#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/list_on_server.h"
#include "cli/list_output.h"

namespace cairn::cli {
namespace {

using Json = nlohmann::ordered_json;
using hashlist::ListInfo;

struct ImportCommand {
    ServerArguments server;
    std::vector<std::string> files;
    std::string name;
    std::string version;
    std::string source;
    std::string kind;
    std::string scheme;
    std::string category;
    std::string hash_type;
    bool accept_refused = false;
    bool json = false;
};

struct NamedCommand {
    ServerArguments server;
    std::string name;
    bool json = false;
};

/// The place of a command with what it says of its output.
ServerArguments server_of(const ServerArguments& server, bool json) {
    ServerArguments place = server;
    place.json = json;
    return place;
}

Result<Exit> import_there(Context& context, const ImportCommand& command) {
    if (command.files.size() != 1) {
        return fail(Errc::invalid_argument, "a server takes one file for a version");
    }
    return import_list_on_server(
        context,
        server_of(command.server, command.json),
        {.name = command.name,
         .file = command.files.front(),
         .version = command.version,
         .source = command.source,
         .kind = command.kind,
         .scheme = command.scheme,
         .category = command.category,
         .hash_type = command.hash_type,
         .accept_refused = command.accept_refused}
    );
}

Result<Exit> run_import(Context& context, const ImportCommand& command) {
    if (!command.server.server.empty()) return import_there(context, command);
    hashlist::ImportOptions options;
    options.files = command.files;
    options.name = command.name;
    options.version = given(command.version);
    options.source = given(command.source);
    options.scheme = given(command.scheme);
    options.category = given(command.category);
    options.hash_type = given(command.hash_type);
    options.confirm_refused = command.accept_refused;
    if (!command.kind.empty()) options.kind = hashlist::list_kind_from(command.kind);
    const ReadingProgress progress(context, !command.json);
    options.progress = progress.callback();
    auto store = CAIRN_TRY(open_lists(context));
    const auto report = store->import(options);
    progress.clear();
    if (!report) return Error(report.error());
    CAIRN_TRY(
        context.terminal.out(command.json ? json_of(*report).dump(2) + "\n" : text_of(*report))
    );
    return Exit::covered_clean;
}

Result<Exit> run_show(Context& context, const NamedCommand& command) {
    if (!command.server.server.empty()) {
        return show_lists_on_server(context, server_of(command.server, command.json), command.name);
    }
    auto store = CAIRN_TRY(open_lists(context));
    std::vector<ListInfo> lists;
    if (command.name.empty()) {
        lists = CAIRN_TRY(store->lists());
    } else {
        auto one = CAIRN_TRY(store->info(command.name));
        lists.push_back(std::move(one));
    }
    if (command.json) {
        Json all = Json::array();
        for (const ListInfo& list : lists) all.push_back(json_of(list));
        CAIRN_TRY(context.terminal.out(all.dump(2) + "\n"));
        return Exit::covered_clean;
    }
    if (lists.empty()) {
        CAIRN_TRY(context.terminal.out("No lists. `cairn list import FILE --name NAME` adds one.\n")
        );
        return Exit::covered_clean;
    }
    std::vector<std::vector<std::string>> rows = {
        {"NAME", "VERSION", "KIND", "SCHEME", "ENTRIES", "DIGESTS", "PDQ", "IMPORTED"}};
    for (const ListInfo& list : lists) {
        rows.push_back(
            {list.name,
             list.version,
             std::string(hashlist::name_of(list.kind)),
             list.scheme.empty() ? "-" : list.scheme,
             grouped(list.entries),
             grouped(list.digests[0] + list.digests[1] + list.digests[2]),
             grouped(list.pdq_codes),
             format_utc(list.imported_at)}
        );
    }
    CAIRN_TRY(context.terminal.out(table(rows)));
    return Exit::covered_clean;
}

Result<Exit> run_verify(Context& context, const NamedCommand& command) {
    if (!command.server.server.empty()) {
        return verify_list_on_server(context, command.server, command.name);
    }
    auto store = CAIRN_TRY(open_lists(context));
    std::vector<std::string> names;
    if (command.name.empty()) {
        const auto lists = CAIRN_TRY(store->lists());
        for (const ListInfo& list : lists) names.push_back(list.name);
    } else {
        CAIRN_TRY(store->info(command.name));
        names.push_back(command.name);
    }
    bool sound = true;
    for (const std::string& name : names) {
        const auto verified = store->verify(name);
        sound &= verified.has_value();
        const std::string verdict =
            verified ? "intact" : "DAMAGED: " + printable(verified.error().message);
        CAIRN_TRY(context.terminal.out(fmt::format("{}: {}\n", name, verdict)));
    }
    return sound ? Exit::covered_clean : Exit::failed;
}

Result<Exit> run_remove(Context& context, const NamedCommand& command) {
    if (!command.server.server.empty()) {
        return remove_list_on_server(context, command.server, command.name);
    }
    auto store = CAIRN_TRY(open_lists(context));
    CAIRN_TRY(store->remove(command.name));
    CAIRN_TRY(context.terminal.out(fmt::format("List \"{}\" removed.\n", command.name)));
    return Exit::covered_clean;
}

void add_import(CLI::App& list, Context& context) {
    auto options = std::make_shared<ImportCommand>();
    CLI::App* command = list.add_subcommand(
        "import", "Import a hash list: VICS JSON, CSV, digest lines, hashdeep, NSRL"
    );
    command->add_option("file", options->files, "The list; several files are parts of one version")
        ->required()
        ->type_name("FILE");
    command->add_option("--name", options->name, "Name of the list in Cairn")->required();
    command->add_option("--list-version", options->version, "The source's own version")
        ->type_name("TEXT");
    command->add_option("--source", options->source, "Who published it");
    command->add_option("--kind", options->kind, "What the list is for")
        ->check(CLI::IsMember({"illegal", "indicative", "ignore"}));
    command->add_option(
        "--scheme", options->scheme, "Category table, for formats that name none: us-2.0, dhs-cat"
    );
    command->add_option(
        "--category", options->category, "Category of every entry, for formats that carry none"
    );
    command->add_option("--hash-type", options->hash_type, "What lines of 64 hex digits are")
        ->check(CLI::IsMember({"sha256", "pdq"}));
    command->add_flag(
        "--accept-refused",
        options->accept_refused,
        "Import although more than 1 % of the rows are refused"
    );
    command->add_flag("--json", options->json, "Print the report as JSON");
    add_place_options(*command, options->server, kListPurpose);
    command->footer(
        "All or nothing: when the import fails, the former version stays in force.\n"
        "Examples:\n"
        "  cairn list import vics.json --name national\n"
        "  cairn list import md5.txt --name unit --scheme us-2.0 --category 1\n"
        "  cairn list import NSRLFile.txt --name nsrl --kind ignore\n"
        "  cairn list import vics.json --name national --server usual"
    );
    on_command(context, *command, options, run_import);
}

void add_named(
    CLI::App& list,
    Context& context,
    const char* name,
    const char* about,
    const char* footer,
    Result<Exit> (*run)(Context&, const NamedCommand&),
    bool name_needed
) {
    auto options = std::make_shared<NamedCommand>();
    CLI::App* command = list.add_subcommand(name, about);
    command->add_option("name", options->name, "Name of the list")->required(name_needed);
    if (run == run_show) command->add_flag("--json", options->json, "Print JSON");
    add_place_options(*command, options->server, kListPurpose);
    command->footer(footer);
    on_command(context, *command, options, run);
}

}  // namespace

void add_list_command(CLI::App& app, Context& context) {
    CLI::App* list = app.add_subcommand("list", "Import, update, compare and check hash lists");
    list->require_subcommand(1);
    list->footer(
        "Lists are stored keyed: the files alone tell nobody what they contain.\n"
        "Example:\n  cairn list import vics.json --name national && cairn list show"
    );
    list->fallthrough();
    add_list_options(*list, context);
    add_import(*list, context);
    add_named(
        *list,
        context,
        "show",
        "Show the lists there are, on a server also the versions of one; never their content",
        "Example:\n  cairn list show --json",
        run_show,
        false
    );
    add_named(
        *list,
        context,
        "verify",
        "Check that list files are intact",
        "Reads every byte. Example:\n  cairn list verify national",
        run_verify,
        false
    );
    add_named(
        *list,
        context,
        "remove",
        "Remove a list; findings keep its name and version",
        "Example:\n  cairn list remove national",
        run_remove,
        true
    );
    add_list_update_commands(*list, context);
    add_list_inspect_commands(*list, context);
}

}  // namespace cairn::cli
