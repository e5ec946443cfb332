#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/command.h"
#include "cli/configuration_file.h"
#include "config/configuration.h"
#include "config/secrets.h"

namespace cairn::cli {
namespace {

using nlohmann::ordered_json;

struct ConfigOptions {
    std::string file;
    bool json = false;
};

ordered_json json_of(const config::Problem& problem) {
    return {
        {"file", printable(problem.file)},
        {"line", problem.line},
        {"column", problem.column},
        {"key", printable(problem.key)},
        {"reason", problem.reason},
        {"cure", problem.cure}};
}

ordered_json file_json(const ConfigurationFile& read) {
    return read.is_there ? ordered_json(printable(read.file)) : ordered_json(nullptr);
}

/// The line before everything else that says which file this is.
std::string file_text(const ConfigurationFile& read) {
    const std::string file = printable(read.file);
    return read.is_there ? file : file + " is not there; everything has its default";
}

Result<Exit> run_check(Context& context, const ConfigOptions& options) {
    const ConfigurationFile read = CAIRN_TRY(examine_configuration_file(context, options.file));
    std::vector<config::Problem> problems = read.examined.problems;
    if (problems.empty()) problems = check_secrets(read.examined, read.file);
    if (options.json) {
        ordered_json all = ordered_json::array();
        for (const config::Problem& problem : problems) all.push_back(json_of(problem));
        const ordered_json json = {
            {"file", file_json(read)}, {"sound", problems.empty()}, {"problems", all}};
        CAIRN_TRY(context.terminal.out(json.dump(2) + "\n"));
    } else if (problems.empty()) {
        CAIRN_TRY(context.terminal.out(file_text(read) + (read.is_there ? ": sound\n" : ".\n")));
    } else {
        CAIRN_TRY(context.terminal.out(lines_of(problems)));
    }
    return problems.empty() ? Exit::covered_clean : Exit::usage;
}

ordered_json shown_json(const ConfigurationFile& read) {
    ordered_json settings = ordered_json::array();
    for (const config::ShownSetting& setting : settings_in_force(read.examined)) {
        ordered_json one = {{"key", setting.key}};
        if (const auto* number = std::get_if<std::uint32_t>(&setting.value)) {
            one["value"] = *number;
        } else {
            one["value"] = printable(std::get<std::string>(setting.value));
        }
        one["from"] = setting.line == 0 ? "default" : "file";
        if (setting.line != 0) one["line"] = setting.line;
        settings.push_back(std::move(one));
    }
    return {{"file", file_json(read)}, {"settings", std::move(settings)}};
}

/// Values in force are those of a file without mistakes, so mistakes come instead of them.
Result<Exit> run_show(Context& context, const ConfigOptions& options) {
    const ConfigurationFile read = CAIRN_TRY(examine_configuration_file(context, options.file));
    if (!read.examined.problems.empty()) {
        context.terminal.error(lines_of(read.examined.problems));
        return Exit::usage;
    }
    if (options.json) {
        CAIRN_TRY(context.terminal.out(shown_json(read).dump(2) + "\n"));
    } else {
        CAIRN_TRY(context.terminal.out("# " + file_text(read) + "\n" + show(read.examined)));
    }
    return Exit::covered_clean;
}

Result<Exit> run_example(Context& context, const ConfigOptions&) {
    CAIRN_TRY(context.terminal.out(config::example()));
    return Exit::covered_clean;
}

void add_file(CLI::App& command, Context& context, ConfigOptions& options) {
    command.add_option("file", options.file, "The configuration (default also: $CAIRN_CONFIG)")
        ->type_name("FILE")
        ->default_str(usual_configuration_file(context));
    command.add_flag("--json", options.json, "Print the result as JSON");
}

}  // namespace

void add_config_command(CLI::App& app, Context& context) {
    CLI::App* command = app.add_subcommand("config", "Check, show and explain the configuration");
    command->require_subcommand(1);
    command->footer(
        "Examples:\n"
        "  cairn config example >cairn.toml\n"
        "  cairn config check cairn.toml\n"
        "  cairn config show"
    );
    auto check_options = std::make_shared<ConfigOptions>();
    CLI::App* check = command->add_subcommand("check", "Find all mistakes of a configuration");
    add_file(*check, context, *check_options);
    check->footer(
        "Also looks at the secret files: nobody but their owner may read them.\n"
        "Example:\n  cairn config check /etc/cairn/cairn.toml\n"
        "Exit codes: 0 sound; 2 mistakes, one a line as FILE:LINE:COLUMN: key: reason; cure;\n"
        "4 the file cannot be read."
    );
    on_command(context, *check, check_options, run_check);

    auto show_options = std::make_shared<ConfigOptions>();
    CLI::App* shown = command->add_subcommand("show", "Show all settings in force, never a secret");
    add_file(*shown, context, *show_options);
    shown->footer(
        "Each setting says where it comes from: a line of the file, or its default.\n"
        "Example:\n  cairn config show --json | jq '.settings[] | select(.from == \"file\")'"
    );
    on_command(context, *shown, show_options, run_show);

    CLI::App* example = command->add_subcommand("example", "Print a file with every setting");
    example->footer(
        "All settings stand as comments with what they mean, their bounds and their defaults.\n"
        "Example:\n  cairn config example >cairn.toml"
    );
    on_command(context, *example, std::make_shared<ConfigOptions>(), run_example);
}

}  // namespace cairn::cli
