#include "cli/server_talk.h"
#include "client/server_address.h"

namespace cairn::cli {
namespace {

using client::Json;

constexpr const char* kPurpose = "administration";
constexpr Column kColumns[] = {{"ID", "id"}, {"NAME", "name"}, {"PROFILE", "profile"}};

struct AgencyCommand {
    ServerArguments server;
    std::string name;
    std::string profile;
    std::string administrator_login;
    std::string administrator_name;
};

Result<Exit> run_list(Context& context, const AgencyCommand& command) {
    return show_list(context, command.server, "/api/v1/agencies", kColumns, "No agencies.");
}

Result<Exit> run_add(Context& context, const AgencyCommand& command) {
    auto connection = CAIRN_TRY(connect(context, command.server));
    const Json body = {
        {"name", command.name},
        {"profile", command.profile},
        {"administrator_login", command.administrator_login},
        {"administrator_name", command.administrator_name}};
    const Json made = CAIRN_TRY(connection.create("/api/v1/agencies", body));
    CAIRN_TRY(show_invitation(context, command.server, connection, made, "invitation"));
    return Exit::covered_clean;
}

void add_adding(CLI::App& parent, Context& context) {
    auto options = std::make_shared<AgencyCommand>();
    CLI::App* command = add_server_subcommand(
        parent,
        context,
        "add",
        "Add an agency and invite its administrator, once a colleague approved it",
        kPurpose,
        options,
        run_add
    );
    command->add_option("name", options->name, "What the agency is called")
        ->required()
        ->type_name("NAME");
    command->add_option("--profile", options->profile, "What kind of organisation it is")
        ->required()
        ->check(CLI::IsMember({"provider", "hotline", "police", "auditor"}));
    command
        ->add_option(
            "--administrator-login",
            options->administrator_login,
            "What its administrator signs in with"
        )
        ->required()
        ->type_name("LOGIN");
    command
        ->add_option(
            "--administrator-name",
            options->administrator_name,
            "What colleagues call its administrator"
        )
        ->required()
        ->type_name("NAME");
    command->footer(
        "The approval is asked for with the same words:\n"
        "  cairn approval request agency_add --name \"Agency B\" --profile hotline\n"
        "    --administrator-login anna --administrator-name Anna --reason \"it joins\"\n"
        "\n"
        "Example:\n"
        "  cairn agency add \"Agency B\" --profile hotline --administrator-login anna\n"
        "    --administrator-name Anna --approval 00000000000000000000000000000000"
    );
}

}  // namespace

void add_agency_command(CLI::App& app, Context& context) {
    CLI::App* agency = app.add_subcommand("agency", "Show and add the agencies of a server");
    agency->require_subcommand(1);
    agency->footer("Example:\n  cairn agency list");

    auto list = std::make_shared<AgencyCommand>();
    add_server_subcommand(*agency, context, "list", "Show the agencies", kPurpose, list, run_list)
        ->footer("Example:\n  cairn agency list");
    add_adding(*agency, context);
}

}  // namespace cairn::cli
