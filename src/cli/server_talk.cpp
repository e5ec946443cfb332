#include "cli/server_talk.h"

#include "base/text.h"
#include "client/server_address.h"
#include "fetch/https_client.h"

namespace cairn::cli {
namespace {

using client::Json;

/// Making a password's hash takes a server about a second, and others may wait before.
constexpr std::chrono::seconds kTimeMax{60};

std::string pretty(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string text_of(const Json& value) {
    if (value.is_null()) return {};
    if (value.is_string()) return printable(value.get<std::string>());
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    if (!value.is_array()) return printable(value.dump());
    std::string text;
    for (const Json& one : value) text += (text.empty() ? "" : ", ") + text_of(one);
    return text;
}

/// Members that name a thing come first, whatever their letters.
std::vector<std::string> names_in_order(const Json& object) {
    std::vector<std::string> names;
    for (const char* const first : {"id", "name", "title", "login", "state"}) {
        if (object.contains(first)) names.emplace_back(first);
    }
    for (const auto& [name, value] : object.items()) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    return names;
}

}  // namespace

void add_server_options(CLI::App& command, ServerArguments& arguments) {
    command.add_option("--server", arguments.server, "The server; else the usual one")
        ->type_name("ADDRESS");
    command.add_flag("--json", arguments.json, "Print JSON");
}

void add_ground_options(CLI::App& command, ServerArguments& arguments, const char* purpose) {
    arguments.ground.purpose = purpose;
    add_server_options(command, arguments);
    command.add_option("--purpose", arguments.ground.purpose, "What it is done for; recorded")
        ->type_name("NAME")
        ->capture_default_str();
    command.add_option("--authority", arguments.ground.authority, "The authority it is done under")
        ->type_name("ID");
    command.add_option("--approval", arguments.ground.approval, "A colleague's approval of it")
        ->type_name("ID");
}

CLI::Option* add_place_options(CLI::App& command, ServerArguments& arguments, const char* purpose) {
    arguments.ground.purpose = purpose;
    CLI::Option* const server =
        command
            .add_option(
                "--server", arguments.server, "Work on this server; \"usual\" is the usual one"
            )
            ->type_name("ADDRESS");
    command
        .add_option("--purpose", arguments.ground.purpose, "What it is done for; recorded there")
        ->type_name("NAME")
        ->capture_default_str()
        ->needs(server);
    command
        .add_option(
            "--authority", arguments.ground.authority, "The authority it is done under there"
        )
        ->type_name("ID")
        ->needs(server);
    command
        .add_option("--approval", arguments.ground.approval, "A colleague's approval of it there")
        ->type_name("ID")
        ->needs(server);
    return server;
}

std::string servers_file(const Context& context) {
    return context.environment.config_home + "/servers.json";
}

client::Connection connect_to(const client::ServerAccount& account) {
    fetch::HttpsOptions options{
        .trust_pem = account.trust_pem,
        .own_hosts = {client::host_of(account.address)},
        .time_max = kTimeMax};
    return {
        std::make_unique<fetch::HttpsClient>(std::move(options)),
        {.address = account.address, .token = {}, .ground = {}}};
}

Result<client::Connection> connect(const Context& context, const ServerArguments& arguments) {
    const auto accounts = CAIRN_TRY(client::ServerAccounts::open(servers_file(context)));
    std::string address = accounts.usual();
    if (!arguments.server.empty() && arguments.server != kUsualServer) {
        address = CAIRN_TRY(client::parse_server_address(arguments.server));
    }
    if (address.empty()) {
        return fail(
            Errc::unauthenticated, "you are signed in to no server: run `cairn login ADDRESS`"
        );
    }
    const client::ServerAccount* const account = accounts.find(address);
    if (account == nullptr || account->token.empty()) {
        return fail(
            Errc::unauthenticated, "{0}: you are not signed in: run `cairn login {0}`", address
        );
    }
    client::Connection connection = connect_to(*account);
    connection.use_token(account->token);
    connection.use_ground(arguments.ground);
    return connection;
}

std::string cell_of(const Json& object, std::string_view member) {
    const auto found = object.find(member);
    return found == object.end() ? "" : text_of(*found);
}

Result<Exit> show_list(
    const Context& context,
    const ServerArguments& arguments,
    const std::string& path,
    std::span<const Column> columns,
    std::string_view nothing,
    std::size_t count_max
) {
    auto connection = CAIRN_TRY(connect(context, arguments));
    std::vector<std::vector<std::string>> rows(1);
    Json all = Json::array();
    for (const Column& column : columns) rows.front().emplace_back(column.title);
    const auto take = [&](const Json& item) {
        if (arguments.json) {
            all.push_back(item);
            return;
        }
        std::vector<std::string>& row = rows.emplace_back();
        for (const Column& column : columns) row.push_back(cell_of(item, column.member));
    };
    CAIRN_TRY(connection.each_item(path, count_max, take));
    std::string text = std::string(nothing) + "\n";
    if (rows.size() > 1) text = table(rows);
    if (arguments.json) text = pretty(all);
    CAIRN_TRY(context.terminal.out(text));
    return Exit::covered_clean;
}

Status show_object(const Context& context, const ServerArguments& arguments, const Json& object) {
    if (arguments.json) return context.terminal.out(pretty(object));
    std::vector<std::vector<std::string>> rows;
    for (const std::string& name : names_in_order(object)) {
        std::string value = cell_of(object, name);
        if (!value.empty()) rows.push_back({name, std::move(value)});
    }
    return context.terminal.out(table(rows));
}

Status show_invitation(
    const Context& context,
    const ServerArguments& arguments,
    const client::Connection& connection,
    const Json& made,
    const char* name
) {
    const std::string words = fmt::format(
        "Hand this over on a way that nobody else reads; it works once and is not shown again:\n"
        "  cairn login {} --invitation {}",
        connection.options().address,
        cell_of(made, name)
    );
    return show_done(context, arguments, made, words);
}

Status show_done(
    const Context& context,
    const ServerArguments& arguments,
    const Json& answer,
    std::string_view words
) {
    if (arguments.json) {
        return context.terminal.out(pretty(answer.is_null() ? Json::object() : answer));
    }
    return context.terminal.out(std::string(words) + "\n");
}

}  // namespace cairn::cli
