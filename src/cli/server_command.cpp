#include "base/text.h"
#include "cli/server_talk.h"
#include "client/server_address.h"

namespace cairn::cli {
namespace {

using client::ServerAccount;
using client::ServerAccounts;

struct ListCommand {
    bool json = false;
};

Result<Exit> run_list(Context& context, const ListCommand& command) {
    const auto known = CAIRN_TRY(ServerAccounts::open(servers_file(context)));
    client::Json all = client::Json::array();
    std::vector<std::vector<std::string>> rows = {{"ADDRESS", "AGENCY", "LOGIN", "STATE", "USUAL"}};
    for (const ServerAccount& one : known.all()) {
        const bool usual = one.address == known.usual();
        const char* const state = one.token.empty() ? "signed_out" : "signed_in";
        all.push_back(
            {{"address", one.address},
             {"agency", one.agency},
             {"login", one.login},
             {"state", state},
             {"usual", usual}}
        );
        rows.push_back(
            {one.address, printable(one.agency), printable(one.login), state, usual ? "yes" : ""}
        );
    }
    const std::string text = rows.size() > 1 ? table(rows) : "No servers; `cairn login ADDRESS`.\n";
    CAIRN_TRY(context.terminal.out(command.json ? all.dump(2) + "\n" : text));
    return Exit::covered_clean;
}

struct OneServer {
    std::string address;
};

Result<Exit> run_use(Context& context, const OneServer& command) {
    auto known = CAIRN_TRY(ServerAccounts::open(servers_file(context)));
    const std::string address = CAIRN_TRY(client::parse_server_address(command.address));
    CAIRN_TRY(known.choose(address));
    CAIRN_TRY(known.save());
    CAIRN_TRY(context.terminal.out(fmt::format("{} is the usual server now.\n", address)));
    return Exit::covered_clean;
}

Result<Exit> run_remove(Context& context, const OneServer& command) {
    auto known = CAIRN_TRY(ServerAccounts::open(servers_file(context)));
    const std::string address = CAIRN_TRY(client::parse_server_address(command.address));
    CAIRN_TRY(known.remove(address));
    CAIRN_TRY(known.save());
    CAIRN_TRY(context.terminal.out(fmt::format("{} is forgotten here.\n", address)));
    return Exit::covered_clean;
}

void add_one(
    CLI::App& server,
    Context& context,
    const char* name,
    const char* text,
    Result<Exit> (*run)(Context&, const OneServer&)
) {
    auto options = std::make_shared<OneServer>();
    CLI::App* command = server.add_subcommand(name, text);
    command->add_option("address", options->address, "The server")
        ->required()
        ->type_name("ADDRESS");
    command->footer(fmt::format("Example:\n  cairn server {} cairn.example.org:8443", name));
    on_command(context, *command, options, run);
}

}  // namespace

void add_server_command(CLI::App& app, Context& context) {
    CLI::App* server = app.add_subcommand("server", "Show and choose the servers you sign in to");
    server->require_subcommand(1);
    server->footer("Example:\n  cairn server use cairn.example.org:8443");
    auto options = std::make_shared<ListCommand>();
    CLI::App* list = server->add_subcommand("list", "Show the servers that are remembered");
    list->add_flag("--json", options->json, "Print JSON");
    list->footer("Example:\n  cairn server list");
    on_command(context, *list, options, run_list);
    add_one(*server, context, "use", "Make one the usual server", run_use);
    add_one(
        *server,
        context,
        "remove",
        "Forget one with its session here; `cairn logout` ends the session first",
        run_remove
    );
}

}  // namespace cairn::cli
