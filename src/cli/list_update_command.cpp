#include "base/text.h"
#include "cli/list_on_server.h"
#include "cli/list_output.h"

namespace cairn::cli {
namespace {

using Json = nlohmann::ordered_json;
using hashlist::UpdateReport;

struct UpdateCommand {
    ServerArguments server;
    std::string name;
    std::vector<std::string> add;
    std::vector<std::string> withdraw;
    std::string version;
    std::string category;
    std::string hash_type;
    bool accept_refused = false;
    bool no_merge = false;
    bool json = false;
};

struct MergeCommand {
    std::string name;
};

Json json_of(const UpdateReport& report) {
    Json out = cli::json_of(report.added);
    out["entries"] = {
        {"added", report.entries_added},
        {"present", report.entries_present},
        {"replaced", report.entries_replaced},
        {"withdrawn", report.entries_withdrawn}};
    out["withdraw"] = {
        {"rows", report.withdraw_rows},
        {"refused", report.withdraw_refused},
        {"unknown", report.values_unknown}};
    out["merged"] = report.merged;
    if (!report.merge_problem.empty()) out["merge_problem"] = printable(report.merge_problem);
    return out;
}

std::string text_of(const UpdateReport& report) {
    const hashlist::ListInfo& list = report.added.list;
    if (report.added.unchanged) {
        return fmt::format("List \"{}\": nothing to change.\n", list.name);
    }
    std::string text = fmt::format(
        "List \"{}\", version {}: {} added, {} withdrawn, {} replaced; {} entries in force.\n",
        list.name,
        list.version,
        grouped(report.entries_added),
        grouped(report.entries_withdrawn),
        grouped(report.entries_replaced),
        grouped(list.entries)
    );
    if (report.entries_present > 0) {
        text += fmt::format("{} said nothing new.\n", count_of(report.entries_present, "row"));
    }
    if (report.added.rows_read > 0) text += rows_text(report.added);
    if (report.withdraw_rows > 0) {
        text += fmt::format(
            "To withdraw: {} read, {} without a fingerprint; {} not on the list.\n",
            count_of(report.withdraw_rows, "row"),
            grouped(report.withdraw_refused),
            count_of(report.values_unknown, "fingerprint")
        );
    }
    if (report.merged) text += "The list's files were merged.\n";
    if (!report.merge_problem.empty()) {
        text += fmt::format(
            "The list's files could not be merged: {}\nThe update is in force all the same; "
            "`cairn list merge {}` tries again.\n",
            printable(report.merge_problem),
            list.name
        );
    }
    return text;
}

Result<Exit> update_there(Context& context, const UpdateCommand& command) {
    if (command.add.size() + command.withdraw.size() != 1) {
        return fail(
            Errc::invalid_argument, "a server takes one file at a time, with --add or --withdraw"
        );
    }
    const bool adds = !command.add.empty();
    ServerArguments server = command.server;
    server.json = command.json;
    return update_list_on_server(
        context,
        server,
        {.name = command.name,
         .file = adds ? command.add.front() : command.withdraw.front(),
         .version = command.version,
         .source = {},
         .kind = {},
         .scheme = {},
         .category = command.category,
         .hash_type = command.hash_type,
         .accept_refused = command.accept_refused},
        adds ? ListUpdate::add : ListUpdate::withdraw
    );
}

Result<Exit> run_update(Context& context, const UpdateCommand& command) {
    if (!command.server.server.empty()) return update_there(context, command);
    hashlist::UpdateOptions options;
    options.name = command.name;
    options.add = command.add;
    options.withdraw = command.withdraw;
    options.version = given(command.version);
    options.category = given(command.category);
    options.hash_type = given(command.hash_type);
    options.confirm_refused = command.accept_refused;
    options.merge = !command.no_merge;
    const ReadingProgress progress(context, !command.json);
    options.progress = progress.callback();
    auto store = CAIRN_TRY(open_lists(context));
    const auto report = store->update(options);
    progress.clear();
    if (!report) return Error(report.error());
    CAIRN_TRY(
        context.terminal.out(command.json ? json_of(*report).dump(2) + "\n" : text_of(*report))
    );
    return Exit::covered_clean;
}

Result<Exit> run_merge(Context& context, const MergeCommand& command) {
    auto store = CAIRN_TRY(open_lists(context));
    const bool merged = CAIRN_TRY(store->merge(command.name));
    CAIRN_TRY(context.terminal.out(
        fmt::format("List \"{}\" is one file {}.\n", command.name, merged ? "again" : "already")
    ));
    return Exit::covered_clean;
}

void add_update(CLI::App& list, Context& context) {
    auto options = std::make_shared<UpdateCommand>();
    CLI::App* command = list.add_subcommand(
        "update", "Add entries to a list and withdraw others, in force at once"
    );
    command->add_option("name", options->name, "Name of the list")->required();
    command->add_option("--add", options->add, "File with rows to add (repeatable)")
        ->type_name("FILE")
        ->allow_extra_args(false);
    command
        ->add_option(
            "--withdraw",
            options->withdraw,
            "File with rows, digests or PDQ codes: every entry with one of them is withdrawn"
        )
        ->type_name("FILE")
        ->allow_extra_args(false);
    command->add_option("--list-version", options->version, "The source's own version")
        ->type_name("TEXT");
    command->add_option(
        "--category", options->category, "Category of every added entry, for formats without one"
    );
    command->add_option("--hash-type", options->hash_type, "What lines of 64 hex digits are")
        ->check(CLI::IsMember({"sha256", "pdq"}));
    command->add_flag(
        "--accept-refused",
        options->accept_refused,
        "Update although more than 1 % of the rows are refused"
    );
    CLI::Option* const no_merge = command->add_flag(
        "--no-merge", options->no_merge, "Leave the merging of many updates to `cairn list merge`"
    );
    command->add_flag("--json", options->json, "Print the report as JSON");
    no_merge->excludes(add_place_options(*command, options->server, kListPurpose));
    command->footer(
        "All or nothing. Running programs that follow the list see the change within a second.\n"
        "Examples:\n"
        "  cairn list update national --add new.json\n"
        "  cairn list update national --withdraw false_matches.txt --hash-type pdq\n"
        "  cairn list update national --add new.json --server usual"
    );
    on_command(context, *command, options, run_update);
}

void add_merge(CLI::App& list, Context& context) {
    auto options = std::make_shared<MergeCommand>();
    CLI::App* command =
        list.add_subcommand("merge", "Make one file of a list and its updates, in the background");
    command->add_option("name", options->name, "Name of the list")->required();
    command->footer(
        "Answers stay the same; they come faster. Updates do this by themselves when they have\n"
        "become many. Example:\n  cairn list merge national"
    );
    on_command(context, *command, options, run_merge);
}

}  // namespace

void add_list_update_commands(CLI::App& list, Context& context) {
    add_update(list, context);
    add_merge(list, context);
}

}  // namespace cairn::cli
