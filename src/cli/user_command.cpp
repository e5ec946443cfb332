#include "cli/server_talk.h"
#include "client/server_address.h"

namespace cairn::cli {
namespace {

using client::Json;
using client::percent_encoded;

constexpr const char* kPurpose = "administration";
constexpr Column kColumns[] = {
    {"ID", "id"}, {"LOGIN", "login"}, {"NAME", "name"}, {"STATE", "state"}, {"ROLES", "roles"}};

struct UserCommand {
    ServerArguments server;
    std::string id;
    std::string login;
    std::string name;
    std::vector<std::string> roles;
};

std::string path_of(const UserCommand& command, std::string_view rest = "") {
    return fmt::format("/api/v1/users/{}{}", percent_encoded(command.id), rest);
}

Result<Exit> run_list(Context& context, const UserCommand& command) {
    return show_list(context, command.server, "/api/v1/users", kColumns, "No users.");
}

Result<Exit> run_add(Context& context, const UserCommand& command) {
    auto connection = CAIRN_TRY(connect(context, command.server));
    const Json body = {
        {"login", command.login},
        {"name", command.name.empty() ? command.login : command.name},
        {"roles", command.roles}};
    const Json made = CAIRN_TRY(connection.create("/api/v1/users", body));
    CAIRN_TRY(show_done(context, command.server, made, cell_of(made, "id")));
    return Exit::covered_clean;
}

Result<Exit> run_invite(Context& context, const UserCommand& command) {
    auto connection = CAIRN_TRY(connect(context, command.server));
    const Json made = CAIRN_TRY(connection.post(path_of(command, "/invitation")));
    CAIRN_TRY(show_invitation(context, command.server, connection, made, "token"));
    return Exit::covered_clean;
}

Result<Exit> run_roles(Context& context, const UserCommand& command) {
    auto connection = CAIRN_TRY(connect(context, command.server));
    const Json done = CAIRN_TRY(connection.edit(
        path_of(command), fetch::Method::put, path_of(command, "/roles"), {{"roles", command.roles}}
    ));
    CAIRN_TRY(show_done(context, command.server, done, "Done."));
    return Exit::covered_clean;
}

Result<Exit> act(Context& context, const UserCommand& command, std::string_view name) {
    auto connection = CAIRN_TRY(connect(context, command.server));
    const Json done =
        CAIRN_TRY(connection.edit(path_of(command), fetch::Method::post, path_of(command, name)));
    CAIRN_TRY(show_done(context, command.server, done, "Done."));
    return Exit::covered_clean;
}

Result<Exit> run_disable(Context& context, const UserCommand& command) {
    return act(context, command, "/disable");
}

Result<Exit> run_enable(Context& context, const UserCommand& command) {
    return act(context, command, "/enable");
}

/// A command that is about one user.
CLI::App* add_for_one(
    CLI::App& parent,
    Context& context,
    const char* name,
    const char* text,
    const std::shared_ptr<UserCommand>& options,
    Result<Exit> (*run)(Context&, const UserCommand&)
) {
    CLI::App* command = add_server_subcommand(parent, context, name, text, kPurpose, options, run);
    command->add_option("id", options->id, "The user; `cairn user list` shows them")
        ->required()
        ->type_name("ID");
    command->footer(fmt::format("Example:\n  cairn user {} {}", name, std::string(32, '0')));
    return command;
}

void add_roles(CLI::App& command, UserCommand& options) {
    command.add_option("--role", options.roles, "A role of theirs (repeatable)")
        ->required()
        ->check(CLI::IsMember(
            {"administrator",
             "supervisor",
             "investigator",
             "analyst",
             "reviewer",
             "auditor",
             "service"}
        ))
        ->allow_extra_args(false);
}

}  // namespace

void add_user_command(CLI::App& app, Context& context) {
    CLI::App* user = app.add_subcommand("user", "Administer the users of your agency on a server");
    user->require_subcommand(1);
    user->footer("Example:\n  cairn user list");

    auto list = std::make_shared<UserCommand>();
    add_server_subcommand(
        *user, context, "list", "Show the users of your agency", kPurpose, list, run_list
    )
        ->footer("Example:\n  cairn user list --json");

    auto add = std::make_shared<UserCommand>();
    CLI::App* command = add_server_subcommand(
        *user, context, "add", "Add a user; prints the id", kPurpose, add, run_add
    );
    command->add_option("login", add->login, "What they sign in with")
        ->required()
        ->type_name("LOGIN");
    command->add_option("--name", add->name, "What colleagues call them")->type_name("NAME");
    add_roles(*command, *add);
    command->footer("Example:\n  cairn user add maria --role investigator --role analyst");

    auto options = std::make_shared<UserCommand>();
    add_for_one(*user, context, "invite", "Make an invitation for a user", options, run_invite);

    auto roles = std::make_shared<UserCommand>();
    command = add_for_one(*user, context, "roles", "Give a user other roles", roles, run_roles);
    add_roles(*command, *roles);
    command->footer(
        fmt::format("Example:\n  cairn user roles {} --role auditor", std::string(32, '0'))
    );

    auto disable = std::make_shared<UserCommand>();
    add_for_one(*user, context, "disable", "Let a user in no more", disable, run_disable);
    auto enable = std::make_shared<UserCommand>();
    add_for_one(*user, context, "enable", "Let a user in again", enable, run_enable);
}

}  // namespace cairn::cli
