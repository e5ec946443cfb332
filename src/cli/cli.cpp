#include <exception>

#include "base/text.h"
#include "cli/command.h"
#include "cli/network_output.h"
#include "cli/server_talk.h"
#include "cli/version.h"

namespace cairn::cli {
namespace {

constexpr std::string_view kAbout =
    "Cairn finds known abuse material by its fingerprint in folders and archives.\n"
    "It never shows pictures and never says what a list contains.";

constexpr std::string_view kFooter =
    "Examples:\n"
    "  cairn list import hashes.json --name police\n"
    "  cairn scan /mnt/exhibit --list police --report report.html\n"
    "  cairn scan --resume 1\n"
    "  cairn rematch 1 --list police-2027\n"
    "\n"
    "Exit codes: 0 all covered, no match; 1 all covered, matches; 2 wrong usage;\n"
    "3 not all covered (interrupted, unreadable, locked, limit); 4 failed.";

std::string error_line(const Context& context, const Error& error) {
    // Names in messages come from evidence: whatever they hold, the line stays one line.
    return context.terminal.paint(Colour::red, "error:") + " " + printable(error.message) + "\n";
}

int exit_number(Exit code) {
    return static_cast<int>(code);
}

Exit exit_for(const Error& error) {
    return error.code == Errc::invalid_argument ? Exit::usage : Exit::failed;
}

/// CLI11 only says that a command is missing; people want to hear what was not understood.
Status check_command_words(const CLI::App& app, int argc, char** argv) {
    const CLI::App* command = &app;
    for (int i = 1; i < argc && std::string_view(argv[i]).rfind('-', 0) != 0; ++i) {
        if (command->get_require_subcommand_min() == 0) return ok();
        const std::string word = argv[i];
        const auto named = command->get_subcommands([&word](const CLI::App* sub) {
            return sub->check_name(word);
        });
        if (!named.empty()) {
            command = named.front();
            continue;
        }
        std::string known;
        for (const CLI::App* sub : command->get_subcommands({})) {
            known += (known.empty() ? "" : ", ") + sub->get_name();
        }
        const std::string after = command == &app ? "" : command->get_name() + " ";
        return fail(
            Errc::invalid_argument,
            "there is no command \"{}{}\"; there are: {}",
            after,
            word,
            known
        );
    }
    return ok();
}

int run_action(Context& context) {
    try {
        auto done = context.action();
        if (done) return exit_number(*done);
        if (done.error().code != Errc::cancelled) {
            context.terminal.error(error_line(context, done.error()));
        }
        return exit_number(exit_for(done.error()));
    } catch (const std::exception& exception) {
        context.terminal.error(error_line(context, fail(Errc::internal, "{}", exception.what())));
        return exit_number(Exit::failed);
    }
}

}  // namespace

int run(int argc, char** argv, const Environment& environment) {
    Context context{environment, Terminal(environment.colour), {}, {}, {}, {}};
    CLI::App app(std::string(kAbout), "cairn");
    app.footer(std::string(kFooter));
    app.set_version_flag("--version", fmt::format("cairn {}", kVersion));
    app.require_subcommand(1);
    add_scan_command(app, context);
    add_rematch_command(app, context);
    add_match_command(app, context);
    add_list_command(app, context);
    add_fingerprint_command(app, context);
    add_item_command(app, context);
    add_db_command(app, context);
    add_audit_command(app, context);
    add_bench_command(app, context);
    add_config_command(app, context);
    add_serve_command(app, context);
    add_login_commands(app, context);
    add_server_command(app, context);
    add_agency_command(app, context);
    add_case_command(app, context);
    add_user_command(app, context);
    add_authority_command(app, context);
    add_approval_command(app, context);
    add_network_command(app, context);
    add_doctor_command(app, context);
    add_completion_command(app, context);
    if (const auto understood = check_command_words(app, argc, argv); !understood) {
        context.terminal.error(error_line(context, understood.error()));
        return exit_number(Exit::usage);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& wanted) {
        // --help and --version end here.
        return app.exit(wanted);
    } catch (const CLI::ParseError& error) {
        context.terminal.error(error_line(context, fail(Errc::invalid_argument, "{}", error.what()))
        );
        context.terminal.error("`cairn --help` and `cairn COMMAND --help` show what can be said.\n"
        );
        return exit_number(Exit::usage);
    }
    return run_action(context);
}

}  // namespace cairn::cli
