#include "cli/server_talk.h"
#include "client/server_address.h"

namespace cairn::cli {
namespace {

using client::with_query;

constexpr Column kColumns[] = {
    {"INDEX", "index"},
    {"TIME", "time"},
    {"ACTOR", "actor"},
    {"OPERATION", "operation"},
    {"CASE", "case"},
    {"OUTCOME", "outcome"},
    {"REASON", "reason"}};

struct SearchCommand {
    ServerArguments server;
    bool own = false;
    std::string actor;
    std::string operation;
    std::string case_id;
    std::string object;
    std::string outcome;
    std::string from;
    std::string until;
    std::size_t count = 100;
};

Result<Exit> run_search(Context& context, const SearchCommand& command) {
    const std::string path = with_query(
        command.own ? "/api/v1/audit/own-acts" : "/api/v1/audit/acts",
        {{"actor", command.actor},
         {"operation", command.operation},
         {"case", command.case_id},
         {"object", command.object},
         {"outcome", command.outcome},
         {"from", command.from},
         {"until", command.until}}
    );
    return show_list(context, command.server, path, kColumns, "No such acts.", command.count);
}

}  // namespace

void add_audit_search_command(CLI::App& audit, Context& context) {
    auto options = std::make_shared<SearchCommand>();
    CLI::App* command = add_server_subcommand(
        audit, context, "search", "Search a server's log of acts", "oversight", options, run_search
    );
    CLI::Option* const own =
        command->add_flag("--own", options->own, "Your own acts; else, for auditors, everybody's");
    const auto add = [command](const char* name, std::string& value, const char* text) {
        return command->add_option(name, value, text);
    };
    add("--actor", options->actor, "Acts of this actor")->type_name("ACTOR")->excludes(own);
    add("--operation", options->operation, "Acts of this kind")->type_name("NAME");
    add("--case", options->case_id, "Acts in this case")->type_name("ID");
    add("--object", options->object, "Acts upon this object")->type_name("OBJECT");
    add("--outcome", options->outcome, "Acts that ended so")
        ->check(CLI::IsMember({"ok", "refused", "error"}));
    add("--from", options->from, "Acts from this time on")->type_name("TIME");
    add("--until", options->until, "Acts before this time")->type_name("TIME");
    command->add_option("--count", options->count, "Show at most so many, the newest first")
        ->type_name("NUMBER")
        ->capture_default_str();
    command->footer(
        "Example:\n  cairn audit search --operation case_open --from 2027-01-01T00:00:00Z"
    );
}

}  // namespace cairn::cli
