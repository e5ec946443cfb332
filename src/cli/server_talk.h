#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "client/connection.h"
#include "client/server_accounts.h"

namespace cairn::cli {

/// What all commands for a server take.
struct ServerArguments {
    std::string server;
    client::Ground ground;
    bool json = false;
};

/// Adds --server and --json.
void add_server_options(CLI::App& command, ServerArguments& arguments);
/// Adds --purpose, --authority and --approval as well; `purpose` is the usual one.
void add_ground_options(CLI::App& command, ServerArguments& arguments, const char* purpose);

/// The word that means the usual server where a command works on this machine without --server.
inline constexpr const char* kUsualServer = "usual";
/// Adds --server, --purpose, --authority and --approval to a command that works on this machine, or
/// on a server where one is named.
CLI::Option* add_place_options(CLI::App& command, ServerArguments& arguments, const char* purpose);

/// A command of `parent` that asks a server, with the ground for it.
template <typename Options>
CLI::App* add_server_subcommand(
    CLI::App& parent,
    Context& context,
    const char* name,
    const char* text,
    const char* purpose,
    const std::shared_ptr<Options>& options,
    Result<Exit> (*run)(Context&, const Options&)
) {
    CLI::App* command = parent.add_subcommand(name, text);
    add_ground_options(*command, options->server, purpose);
    on_command(context, *command, options, run);
    return command;
}

/// Where this user's servers are remembered.
std::string servers_file(const Context& context);

/// To a server that need not be known; nobody is signed in.
client::Connection connect_to(const client::ServerAccount& account);
/// To the server that was named, else the usual one, as the user who signed in to it.
Result<client::Connection> connect(const Context& context, const ServerArguments& arguments);

/// A member as a cell of a table: "" for null, and lists with commas.
std::string cell_of(const client::Json& object, std::string_view member);

struct Column {
    std::string_view title;
    std::string_view member;
};

/// A list is shown whole up to here; whoever has more asks more narrowly.
inline constexpr std::size_t kItemsMax = 100'000;

/// A command that shows a list of the server, up to `count_max` items, with --json as one array;
/// `nothing` is said of an empty one.
Result<Exit> show_list(
    const Context& context,
    const ServerArguments& arguments,
    const std::string& path,
    std::span<const Column> columns,
    std::string_view nothing,
    std::size_t count_max = kItemsMax
);

/// Shows one object, a line for each member, with --json as it is.
Status show_object(
    const Context& context, const ServerArguments& arguments, const client::Json& object
);

/// With --json the answer, else `words`.
Status show_done(
    const Context& context,
    const ServerArguments& arguments,
    const client::Json& answer,
    std::string_view words
);

/// An invitation that was made, the member `name` of `made`, with how it is used.
Status show_invitation(
    const Context& context,
    const ServerArguments& arguments,
    const client::Connection& connection,
    const client::Json& made,
    const char* name
);

void add_audit_search_command(CLI::App& audit, Context& context);
void add_agency_command(CLI::App& app, Context& context);
void add_case_command(CLI::App& app, Context& context);
void add_user_command(CLI::App& app, Context& context);
void add_authority_command(CLI::App& app, Context& context);
void add_approval_command(CLI::App& app, Context& context);

}  // namespace cairn::cli
