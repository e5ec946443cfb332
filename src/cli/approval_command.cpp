#include "cli/server_talk.h"
#include "client/server_address.h"

namespace cairn::cli {
namespace {

using client::Json;
using client::percent_encoded;
using client::with_query;

constexpr const char* kPurpose = "administration";
constexpr Column kColumns[] = {
    {"ID", "id"},
    {"OPERATION", "operation"},
    {"CASE", "case"},
    {"STATE", "state"},
    {"REQUESTED BY", "requested_by"},
    {"EXPIRES", "expires"},
    {"REASON", "reason"}};

struct ApprovalCommand {
    ServerArguments server;
    std::string id;
    std::string state;
    std::string operation;
    std::string case_id;
    std::string user;
    std::string name;
    std::string profile;
    std::string administrator_login;
    std::string administrator_name;
    std::string reason;
};

Result<Exit> run_list(Context& context, const ApprovalCommand& command) {
    const std::string path = with_query("/api/v1/approvals", {{"state", command.state}});
    return show_list(context, command.server, path, kColumns, "No approvals.");
}

Result<Exit> run_request(Context& context, const ApprovalCommand& command) {
    auto connection = CAIRN_TRY(connect(context, command.server));
    Json body = {{"operation", command.operation}, {"reason", command.reason}};
    const auto add = [&body](const char* name, const std::string& value) {
        if (!value.empty()) body[name] = value;
    };
    add("case", command.case_id);
    add("user", command.user);
    add("name", command.name);
    add("profile", command.profile);
    add("administrator_login", command.administrator_login);
    add("administrator_name", command.administrator_name);
    const Json made = CAIRN_TRY(connection.create("/api/v1/approvals", body));
    CAIRN_TRY(show_done(context, command.server, made, cell_of(made, "id")));
    return Exit::covered_clean;
}

std::string path_of(const ApprovalCommand& command, std::string_view act) {
    return fmt::format("/api/v1/approvals/{}/{}", percent_encoded(command.id), act);
}

Result<Exit> run_approve(Context& context, const ApprovalCommand& command) {
    auto connection = CAIRN_TRY(connect(context, command.server));
    const Json done = CAIRN_TRY(connection.post(path_of(command, "approve")));
    CAIRN_TRY(show_done(context, command.server, done, "Approved."));
    return Exit::covered_clean;
}

Result<Exit> run_refuse(Context& context, const ApprovalCommand& command) {
    auto connection = CAIRN_TRY(connect(context, command.server));
    const Json done =
        CAIRN_TRY(connection.post(path_of(command, "refuse"), {{"reason", command.reason}}));
    CAIRN_TRY(show_done(context, command.server, done, "Refused."));
    return Exit::covered_clean;
}

void add_id(CLI::App& command, ApprovalCommand& options) {
    command.add_option("id", options.id, "The approval; `cairn approval list` shows them")
        ->required()
        ->type_name("ID");
}

void add_reason(CLI::App& command, ApprovalCommand& options) {
    command.add_option("--reason", options.reason, "Why; recorded")->required()->type_name("TEXT");
}

void add_request(CLI::App& parent, Context& context) {
    auto options = std::make_shared<ApprovalCommand>();
    CLI::App* command = add_server_subcommand(
        parent,
        context,
        "request",
        "Ask colleagues to approve what you want to do; prints the id",
        kPurpose,
        options,
        run_request
    );
    command->add_option("operation", options->operation, "What you want to do")
        ->required()
        ->type_name("OPERATION");
    add_reason(*command, *options);
    command->add_option("--case", options->case_id, "The case it is done to")->type_name("ID");
    command->add_option("--user", options->user, "The user it is done to")->type_name("ID");
    command->add_option("--name", options->name, "Name of the agency to add")->type_name("NAME");
    command->add_option("--profile", options->profile, "Profile of the agency to add")
        ->type_name("NAME");
    command
        ->add_option(
            "--administrator-login",
            options->administrator_login,
            "What its administrator signs in with"
        )
        ->type_name("LOGIN");
    command
        ->add_option(
            "--administrator-name",
            options->administrator_name,
            "What colleagues call its administrator"
        )
        ->type_name("NAME");
    command->footer(fmt::format(
        "Example:\n  cairn approval request case_shred --case {} --reason \"court order 17\"",
        std::string(32, '0')
    ));
}

}  // namespace

void add_approval_command(CLI::App& app, Context& context) {
    CLI::App* approval =
        app.add_subcommand("approval", "Ask for and give the approvals that some acts need");
    approval->require_subcommand(1);
    approval->footer("Example:\n  cairn approval list --state requested");

    auto list = std::make_shared<ApprovalCommand>();
    CLI::App* command = add_server_subcommand(
        *approval, context, "list", "Show approvals", kPurpose, list, run_list
    );
    command->add_option("--state", list->state, "Only those in this state")->type_name("STATE");
    command->footer("Example:\n  cairn approval list");
    add_request(*approval, context);

    auto approve = std::make_shared<ApprovalCommand>();
    command = add_server_subcommand(
        *approval,
        context,
        "approve",
        "Approve what a colleague asks",
        kPurpose,
        approve,
        run_approve
    );
    add_id(*command, *approve);
    command->footer("Example:\n  cairn approval approve " + std::string(32, '0'));

    auto refuse = std::make_shared<ApprovalCommand>();
    command = add_server_subcommand(
        *approval, context, "refuse", "Refuse what a colleague asks", kPurpose, refuse, run_refuse
    );
    add_id(*command, *refuse);
    add_reason(*command, *refuse);
    command->footer(fmt::format(
        "Example:\n  cairn approval refuse {} --reason \"no order is known here\"",
        std::string(32, '0')
    ));
}

}  // namespace cairn::cli
