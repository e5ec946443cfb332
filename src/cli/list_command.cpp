#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/command.h"

namespace cairn::cli {
namespace {

using Json = nlohmann::ordered_json;
using hashlist::ImportReport;
using hashlist::ListInfo;

struct ImportCommand {
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
    std::string name;
    bool json = false;
};

std::optional<std::string> given(const std::string& text) {
    if (text.empty()) return std::nullopt;
    return text;
}

Json json_of(const ListInfo& list) {
    return {
        {"name", list.name},
        {"version", list.version},
        {"version_id", list.version_id},
        {"source", list.source},
        {"kind", hashlist::name_of(list.kind)},
        {"scheme", list.scheme},
        {"format", list.format},
        {"imported", format_utc(list.imported_at)},
        {"entries", list.entries},
        {"md5", list.digests[0]},
        {"sha1", list.digests[1]},
        {"sha256", list.digests[2]},
        {"pdq", list.pdq_codes},
        {"file_size", list.file_size_bytes}};
}

Json json_of(const ImportReport& report) {
    Json out;
    out["list"] = json_of(report.list);
    out["unchanged"] = report.unchanged;
    out["file_sha256"] = report.file_sha256;
    out["rows"] = {
        {"read", report.rows_read},
        {"accepted", report.rows_accepted},
        {"merged", report.rows_merged}};
    out["refused"] = report.refused;
    out["warnings"] = report.warnings;
    out["unknown_members"] = report.unknown_members;
    out["categories"] = report.categories;
    Json rows = Json::array();
    for (const hashlist::RefusedRow& row : report.refused_rows) {
        rows.push_back(
            {{"file", printable(row.file)},
             {"line", row.line},
             {"offset", row.offset},
             {"reason", row.reason}}
        );
    }
    out["refused_rows"] = std::move(rows);
    return out;
}

std::string counted(const std::map<std::string, std::uint64_t>& counts) {
    std::string text;
    for (const auto& [name, count] : counts) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", grouped(count), printable(name));
    }
    return text;
}

/// The operator confirms the scheme by reading this: a wrong table would judge wrongly.
std::string categories_text(const ImportReport& report) {
    std::string text = fmt::format("Categories by scheme {}:\n", report.list.scheme);
    for (const auto& [code, count] : report.categories) {
        const std::string name =
            code == "none" ? "given by --category" : "category " + printable(code);
        text += fmt::format("  {}: {}\n", name, count_of(count, "row"));
    }
    return text + "Check that this is the source's own table.\n";
}

std::string text_of(const ImportReport& report) {
    const ListInfo& list = report.list;
    if (report.unchanged) {
        return fmt::format("List \"{}\" already holds this content; nothing changed.\n", list.name);
    }
    std::string text = fmt::format(
        "List \"{}\", version {}, {} ({}): {} entries; {} MD5, {} SHA-1, {} SHA-256, {} PDQ.\n",
        list.name,
        list.version,
        hashlist::name_of(list.kind),
        list.format,
        grouped(list.entries),
        grouped(list.digests[0]),
        grouped(list.digests[1]),
        grouped(list.digests[2]),
        grouped(list.pdq_codes)
    );
    if (!list.scheme.empty()) text += categories_text(report);
    text += fmt::format(
        "Rows: {} read, {} accepted, {} merged.\n",
        grouped(report.rows_read),
        grouped(report.rows_accepted),
        grouped(report.rows_merged)
    );
    if (!report.refused.empty()) text += "Refused: " + counted(report.refused) + ".\n";
    for (const hashlist::RefusedRow& row : report.refused_rows) {
        const std::string where =
            row.line > 0 ? fmt::format("line {}", row.line) : fmt::format("byte {}", row.offset);
        text += fmt::format("  {} {}: {}\n", printable(row.file), where, row.reason);
    }
    if (!report.warnings.empty()) {
        text += "Values left out of kept rows: " + counted(report.warnings) + ".\n";
    }
    if (!report.unknown_members.empty()) {
        text += "Members not known and ignored: " + counted(report.unknown_members) + ".\n";
    }
    return text;
}

Result<Exit> run_import(Context& context, const ImportCommand& command) {
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
    const bool live = context.environment.error_is_terminal && !command.json;
    if (live) {
        options.progress = [&context](std::uint64_t done, std::uint64_t total) {
            context.terminal.error(
                fmt::format("\r\x1b[2K{} of {} read", human_bytes(done), human_bytes(total))
            );
        };
    }
    auto store = CAIRN_TRY(open_lists(context));
    const auto report = store->import(options);
    if (live) context.terminal.error("\r\x1b[2K");
    if (!report) return Error(report.error());
    CAIRN_TRY(
        context.terminal.out(command.json ? json_of(*report).dump(2) + "\n" : text_of(*report))
    );
    return Exit::covered_clean;
}

Result<Exit> run_show(Context& context, const NamedCommand& command) {
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
    command->footer(
        "All or nothing: when the import fails, the former version stays in force.\n"
        "Examples:\n"
        "  cairn list import vics.json --name national\n"
        "  cairn list import md5.txt --name unit --scheme us-2.0 --category 1\n"
        "  cairn list import NSRLFile.txt --name nsrl --kind ignore"
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
    command->footer(footer);
    on_command(context, *command, options, run);
}

}  // namespace

void add_list_command(CLI::App& app, Context& context) {
    CLI::App* list = app.add_subcommand("list", "Import, show, verify and remove hash lists");
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
        "Show the lists there are, never their content",
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
}

}  // namespace cairn::cli
