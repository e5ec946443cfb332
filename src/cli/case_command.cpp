#include "cli/server_talk.h"
#include "client/server_address.h"

namespace cairn::cli {
namespace {

using client::Json;
using client::percent_encoded;
using client::with_query;

constexpr Column kCaseColumns[] = {
    {"ID", "id"},
    {"NUMBER", "number"},
    {"STATE", "state"},
    {"LEVEL", "level"},
    {"OPENED", "opened"},
    {"TITLE", "title"}};
constexpr Column kMemberColumns[] = {{"USER", "user"}, {"LEVEL", "level"}};
constexpr Column kShareColumns[] = {{"AGENCY", "agency"}, {"LEVEL", "level"}};

constexpr const char* kPurpose = "investigation";

struct CaseCommand {
    ServerArguments server;
    std::string id;
    std::string word;
    std::string title;
    bool restricted = false;
    std::string user;
    std::string agency;
    std::string level;
};

std::string path_of(const CaseCommand& command, std::string_view rest = "") {
    return fmt::format("/api/v1/cases/{}{}", percent_encoded(command.id), rest);
}

Result<Exit> run_list(Context& context, const CaseCommand& command) {
    const std::string path = command.word.empty()
                                 ? std::string("/api/v1/cases")
                                 : with_query("/api/v1/cases/search", {{"word", command.word}});
    return show_list(context, command.server, path, kCaseColumns, "No cases.");
}

Result<Exit> run_open(Context& context, const CaseCommand& command) {
    auto connection = CAIRN_TRY(connect(context, command.server));
    const Json body = {{"title", command.title}, {"restricted", command.restricted}};
    const Json made = CAIRN_TRY(connection.create("/api/v1/cases", body));
    CAIRN_TRY(show_done(context, command.server, made, cell_of(made, "id")));
    return Exit::covered_clean;
}

Result<Exit> run_show(Context& context, const CaseCommand& command) {
    auto connection = CAIRN_TRY(connect(context, command.server));
    const Json found = CAIRN_TRY(connection.get(path_of(command)));
    CAIRN_TRY(show_object(context, command.server, found));
    return Exit::covered_clean;
}

Result<Exit> run_close(Context& context, const CaseCommand& command) {
    auto connection = CAIRN_TRY(connect(context, command.server));
    const Json done =
        CAIRN_TRY(connection.edit(path_of(command), fetch::Method::post, path_of(command, "/close"))
        );
    CAIRN_TRY(show_done(context, command.server, done, "Closed."));
    return Exit::covered_clean;
}

Result<Exit> run_members(Context& context, const CaseCommand& command) {
    const std::string path = path_of(command, "/members");
    return show_list(context, command.server, path, kMemberColumns, "No members.");
}

Result<Exit> run_shares(Context& context, const CaseCommand& command) {
    const std::string path = path_of(command, "/shares");
    return show_list(context, command.server, path, kShareColumns, "Shared with no agency.");
}

Result<Exit> set_level(Context& context, const CaseCommand& command, const std::string& path) {
    auto connection = CAIRN_TRY(connect(context, command.server));
    const Json done = CAIRN_TRY(
        connection.edit(path_of(command), fetch::Method::put, path, {{"level", command.level}})
    );
    CAIRN_TRY(show_done(context, command.server, done, "Done."));
    return Exit::covered_clean;
}

Result<Exit> run_member(Context& context, const CaseCommand& command) {
    return set_level(
        context, command, path_of(command, "/members/" + percent_encoded(command.user))
    );
}

Result<Exit> run_share(Context& context, const CaseCommand& command) {
    return set_level(
        context, command, path_of(command, "/shares/" + percent_encoded(command.agency))
    );
}

void add_id(CLI::App& command, CaseCommand& options) {
    command.add_option("id", options.id, "The case; `cairn case list` shows them")
        ->required()
        ->type_name("ID");
}

void add_level(CLI::App& command, CaseCommand& options) {
    command.add_option("level", options.level, "What they may see; none takes it away")
        ->required()
        ->check(CLI::IsMember({"none", "exists", "summary", "read", "work"}));
}

void add_reading(CLI::App& parent, Context& context) {
    auto list = std::make_shared<CaseCommand>();
    CLI::App* command =
        add_server_subcommand(parent, context, "list", "Show your cases", kPurpose, list, run_list);
    command->add_option("--word", list->word, "Only those with a word of the title")
        ->type_name("WORD");
    command->footer("Example:\n  cairn case list --word harbour");

    auto show = std::make_shared<CaseCommand>();
    command =
        add_server_subcommand(parent, context, "show", "Show a case", kPurpose, show, run_show);
    add_id(*command, *show);
    command->footer("Example:\n  cairn case show 0123456789abcdef0123456789abcdef");

    auto members = std::make_shared<CaseCommand>();
    command = add_server_subcommand(
        parent, context, "members", "Show who works on a case", kPurpose, members, run_members
    );
    add_id(*command, *members);
    command->footer("Example:\n  cairn case members 0123456789abcdef0123456789abcdef");

    auto shares = std::make_shared<CaseCommand>();
    command = add_server_subcommand(
        parent, context, "shares", "Show with whom a case is shared", kPurpose, shares, run_shares
    );
    add_id(*command, *shares);
    command->footer("Example:\n  cairn case shares 0123456789abcdef0123456789abcdef");
}

void add_changing(CLI::App& parent, Context& context) {
    auto open = std::make_shared<CaseCommand>();
    CLI::App* command = add_server_subcommand(
        parent, context, "open", "Open a case; prints its id", kPurpose, open, run_open
    );
    command->add_option("title", open->title, "What colleagues call it")
        ->required()
        ->type_name("TITLE");
    command->add_flag("--restricted", open->restricted, "Only its members know of it");
    command->footer("Example:\n  cairn case open \"Harbour 17\"");

    auto close = std::make_shared<CaseCommand>();
    command =
        add_server_subcommand(parent, context, "close", "Close a case", kPurpose, close, run_close);
    add_id(*command, *close);
    command->footer("Example:\n  cairn case close 0123456789abcdef0123456789abcdef");

    auto member = std::make_shared<CaseCommand>();
    command = add_server_subcommand(
        parent, context, "member", "Let a colleague work on a case", kPurpose, member, run_member
    );
    add_id(*command, *member);
    command->add_option("user", member->user, "The colleague")->required()->type_name("USER");
    add_level(*command, *member);
    command->footer(
        "Example:\n"
        "  cairn case member 0123456789abcdef0123456789abcdef "
        "fedcba9876543210fedcba9876543210 work"
    );

    auto share = std::make_shared<CaseCommand>();
    command = add_server_subcommand(
        parent, context, "share", "Share a case with an agency", kPurpose, share, run_share
    );
    add_id(*command, *share);
    command->add_option("agency", share->agency, "The agency")->required()->type_name("AGENCY");
    add_level(*command, *share);
    command->footer(
        "Example:\n"
        "  cairn case share 0123456789abcdef0123456789abcdef "
        "fedcba9876543210fedcba9876543210 summary"
    );
}

}  // namespace

void add_case_command(CLI::App& app, Context& context) {
    CLI::App* parent = app.add_subcommand("case", "Work with cases on a server");
    parent->require_subcommand(1);
    parent->footer("Example:\n  cairn case list");
    add_reading(*parent, context);
    add_changing(*parent, context);
}

}  // namespace cairn::cli
