#include "base/fd.h"
#include "cli/server_talk.h"
#include "client/server_address.h"
#include "json/strict.h"

namespace cairn::cli {
namespace {

using client::Json;
using client::percent_encoded;

constexpr const char* kPurpose = "investigation";
constexpr std::size_t kDraftBytesMax = std::size_t{64} << 10;
constexpr Column kColumns[] = {
    {"ID", "id"},
    {"VERSION", "version"},
    {"STATE", "state"},
    {"REFERENCE", "reference"},
    {"ACTS", "acts"},
    {"STARTS", "starts"},
    {"ENDS", "ends"}};

struct AuthorityCommand {
    ServerArguments server;
    std::string id;
    std::string file;
};

std::string path_of(const AuthorityCommand& command, std::string_view rest = "") {
    return fmt::format("/api/v1/authorities/{}{}", percent_encoded(command.id), rest);
}

Result<Exit> run_list(Context& context, const AuthorityCommand& command) {
    return show_list(context, command.server, "/api/v1/authorities", kColumns, "No authorities.");
}

Result<Exit> run_show(Context& context, const AuthorityCommand& command) {
    return show_list(context, command.server, path_of(command), kColumns, "No versions.");
}

Result<Exit> run_draft(Context& context, const AuthorityCommand& command) {
    const ByteVector bytes = CAIRN_TRY(read_file(command.file, kDraftBytesMax));
    const Json terms = CAIRN_TRY(json::parse_object(command.file, as_text(bytes)));
    auto connection = CAIRN_TRY(connect(context, command.server));
    const Json made = CAIRN_TRY(connection.create("/api/v1/authorities", terms));
    CAIRN_TRY(show_done(context, command.server, made, cell_of(made, "id")));
    return Exit::covered_clean;
}

Result<Exit> act(Context& context, const AuthorityCommand& command, std::string_view rest) {
    auto connection = CAIRN_TRY(connect(context, command.server));
    const Json done = CAIRN_TRY(connection.post(path_of(command, rest)));
    CAIRN_TRY(show_done(context, command.server, done, "Done."));
    return Exit::covered_clean;
}

Result<Exit> run_activate(Context& context, const AuthorityCommand& command) {
    return act(context, command, "/activate");
}

Result<Exit> run_revoke(Context& context, const AuthorityCommand& command) {
    return act(context, command, "/revoke");
}

void add_for_one(
    CLI::App& parent,
    Context& context,
    const char* name,
    const char* text,
    Result<Exit> (*run)(Context&, const AuthorityCommand&)
) {
    auto options = std::make_shared<AuthorityCommand>();
    CLI::App* command = add_server_subcommand(parent, context, name, text, kPurpose, options, run);
    command->add_option("id", options->id, "The authority; `cairn authority list` shows them")
        ->required()
        ->type_name("ID");
    command->footer(fmt::format("Example:\n  cairn authority {} {}", name, std::string(32, '0')));
}

}  // namespace

void add_authority_command(CLI::App& app, Context& context) {
    CLI::App* authority =
        app.add_subcommand("authority", "Work with warrants and other authorities on a server");
    authority->require_subcommand(1);
    authority->footer("Example:\n  cairn authority list");

    auto list = std::make_shared<AuthorityCommand>();
    add_server_subcommand(
        *authority, context, "list", "Show your agency's authorities", kPurpose, list, run_list
    )
        ->footer("Example:\n  cairn authority list");
    add_for_one(*authority, context, "show", "Show the versions of an authority", run_show);

    auto draft = std::make_shared<AuthorityCommand>();
    CLI::App* command = add_server_subcommand(
        *authority,
        context,
        "draft",
        "Enter an authority that a colleague then activates; prints the id",
        kPurpose,
        draft,
        run_draft
    );
    command->add_option("file", draft->file, "Its terms as JSON")->required()->type_name("FILE");
    command->footer(
        "The file holds one object with issuer, issuer_name, reference, legal_basis, acts, scope,\n"
        "starts and ends, as the server's contract (/api/v1/openapi.yaml) describes them.\n"
        "\n"
        "Example:\n"
        "  cairn authority draft warrant.json"
    );
    add_for_one(*authority, context, "activate", "Put a colleague's draft in force", run_activate);
    add_for_one(*authority, context, "revoke", "End an authority for ever", run_revoke);
}

}  // namespace cairn::cli
