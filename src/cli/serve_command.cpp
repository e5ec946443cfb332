#include <csignal>

#include <nlohmann/json.hpp>

#include "api/first_start.h"
#include "api/server_process.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/configuration_file.h"
#include "cli/version.h"

namespace cairn::cli {
namespace {

api::Wishes g_wishes;
static_assert(std::atomic<bool>::is_always_lock_free, "set in a signal handler");

void note_stop(int) {
    g_wishes.stop = true;
}

void note_reload(int) {
    g_wishes.reload_certificate = true;
}

void handle(int number, void (*handler)(int), int flags) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    ::sigaction(number, &action, nullptr);
}

struct ServeCommand {
    std::string file;
    bool init = false;
    std::string profile;
    std::string agency;
    std::string login = "admin";
    std::string name = "Administrator";
    bool json = false;
};

std::string address_of(const config::Server& server) {
    const bool everywhere = server.address == "0.0.0.0" || server.address == "::";
    const bool ip6 = server.address.find(':') != std::string::npos;
    const std::string host = everywhere ? "localhost" : server.address;
    return fmt::format("https://{}:{}/", ip6 && !everywhere ? "[" + host + "]" : host, server.port);
}

/// What is left to do after the first start, for people.
std::string next_steps(
    const Context& context,
    const ServeCommand& command,
    const config::Configuration& configuration,
    const api::FirstStart& started
) {
    std::string text = fmt::format(
        "{} is set up as an installation of the profile {}.\n\n",
        printable(configuration.installation.name),
        command.profile
    );
    for (const std::string& file : started.made) text += "  made " + printable(file) + "\n";
    text += fmt::format(
        "\nKeep copies of the three keys apart from the records: without master.key nothing "
        "sealed can be read again.\n\n"
        "Next, in this order:\n"
        "  1. cairn serve\n"
        "  2. cairn login {} --invitation {}\n"
        "     chooses the password and shows a code for an authenticator: the second factor.\n\n"
        "The invitation is for {} of {}, holds for seven days, works once, and is not shown "
        "again.\n"
        "Give the public key of the audit log to those who verify it (cairn audit verify --key):\n"
        "  {}\n",
        address_of(configuration.server),
        context.terminal.paint(Colour::yellow, started.invitation),
        printable(command.login),
        printable(command.agency),
        printable(started.log_key)
    );
    if (started.certificate_is_own) {
        text += fmt::format(
            "The server's certificate was made here; clients know it by {}.\n",
            printable(configuration.server.certificate_file)
        );
    }
    return text;
}

Result<Exit> run_init(
    Context& context, const ServeCommand& command, const config::Configuration& configuration
) {
    const auto profile = CAIRN_TRY(access::parse_profile(command.profile));
    if (command.agency.empty()) {
        return fail(Errc::invalid_argument, "name the first agency with --agency");
    }
    const api::FirstStart started = CAIRN_TRY(api::set_up(
        configuration,
        {.profile = profile,
         .agency = command.agency,
         .login = command.login,
         .name = command.name,
         .host = context.environment.host}
    ));
    if (command.json) {
        const nlohmann::ordered_json json = {
            {"installation", configuration.installation.name},
            {"profile", command.profile},
            {"address", address_of(configuration.server)},
            {"agency", command.agency},
            {"login", command.login},
            {"invitation", started.invitation},
            {"certificate", configuration.server.certificate_file},
            {"log_key", started.log_key},
            {"made", started.made}};
        CAIRN_TRY(context.terminal.out(json.dump(2) + "\n"));
        return Exit::covered_clean;
    }
    CAIRN_TRY(context.terminal.out(next_steps(context, command, configuration, started)));
    return Exit::covered_clean;
}

Result<Exit> run_serve(Context& context, const ServeCommand& command) {
    const auto configuration = CAIRN_TRY(read_configuration_file(context, command.file));
    if (command.init) return run_init(context, command, configuration);
    handle(SIGINT, note_stop, static_cast<int>(SA_RESETHAND | SA_RESTART));
    handle(SIGTERM, note_stop, static_cast<int>(SA_RESETHAND | SA_RESTART));
    handle(SIGHUP, note_reload, SA_RESTART);
    api::ServerLog log;
    const auto on_ready = [&](const api::Listening& listening) {
        nlohmann::ordered_json fields = {
            {"address", listening.address}, {"port", listening.port}, {"version", kVersion}};
        if (listening.metrics_port != 0) fields["metrics_port"] = listening.metrics_port;
        log.write(api::LogLevel::info, "listening", fields);
    };
    const api::Surroundings surroundings{
        .program_folder = context.environment.program_folder,
        .host = context.environment.host,
        .version = std::string(kVersion)};
    CAIRN_TRY(api::serve(configuration, surroundings, log, g_wishes, on_ready));
    return Exit::covered_clean;
}

}  // namespace

void add_serve_command(CLI::App& app, Context& context) {
    auto options = std::make_shared<ServeCommand>();
    CLI::App* command = app.add_subcommand("serve", "Run the server of an installation");
    command->footer(
        "Examples:\n"
        "  cairn serve --init --profile police --agency \"Example agency\"\n"
        "  cairn serve\n"
        "  cairn serve --config /etc/cairn/cairn.toml\n"
        "\n"
        "The log goes to standard error, one JSON object a line. SIGTERM finishes what was begun\n"
        "and ends; SIGHUP takes a renewed certificate.\n"
        "\n"
        "Exit codes: 0 done; 2 wrong usage or configuration; 4 failed."
    );
    command->add_option("--config", options->file, "The configuration file")->type_name("FILE");
    auto* init = command->add_flag(
        "--init",
        options->init,
        "Make keys, certificate, records, the first agency and its administrator"
    );
    const auto with_init = [&](const char* name, std::string& value, const char* text) {
        return command->add_option(name, value, text)->needs(init);
    };
    with_init("--profile", options->profile, "What this installation may do at most, for ever")
        ->check(CLI::IsMember({"provider", "hotline", "police", "auditor"}));
    with_init("--agency", options->agency, "Name of the first agency")->type_name("NAME");
    with_init("--login", options->login, "Login of its administrator")
        ->type_name("LOGIN")
        ->capture_default_str();
    with_init("--name", options->name, "What colleagues call the administrator")
        ->type_name("NAME")
        ->capture_default_str();
    command->add_flag("--json", options->json, "Write JSON")->needs(init);
    on_command(context, *command, options, run_serve);
}

}  // namespace cairn::cli
