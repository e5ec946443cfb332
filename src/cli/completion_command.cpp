#include "cli/command.h"

namespace cairn::cli {
namespace {

struct CompletionOptions {
    std::string shell;
    const CLI::App* app = nullptr;
};

/// One `case` branch: the words that may follow `path`.
void append_branch(std::string& script, const CLI::App& app, const std::string& path) {
    std::string words;
    for (const CLI::App* sub : app.get_subcommands({})) words += sub->get_name() + " ";
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
    }
    if (!words.empty()) words.pop_back();
    script += fmt::format("        \"{}\") words=\"{}\" ;;\n", path, words);
    for (const CLI::App* sub : app.get_subcommands({})) {
        append_branch(script, *sub, path + " " + sub->get_name());
    }
}

std::string bash_script(const CLI::App& app) {
    std::string script =
        "# bash completion for cairn: source it, or save it as\n"
        "# /usr/share/bash-completion/completions/cairn\n"
        "_cairn() {\n"
        "    local current=${COMP_WORDS[COMP_CWORD]} path=cairn words= i\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        case \"$path ${COMP_WORDS[i]}\" in\n"
        "            ";
    std::string commands;
    for (const CLI::App* sub : app.get_subcommands({})) {
        commands += fmt::format("\"cairn {}\"|", sub->get_name());
        for (const CLI::App* leaf : sub->get_subcommands({})) {
            commands += fmt::format("\"cairn {} {}\"|", sub->get_name(), leaf->get_name());
        }
    }
    if (!commands.empty()) commands.pop_back();
    script += commands +
              ") path=\"$path ${COMP_WORDS[i]}\" ;;\n"
              "        esac\n"
              "    done\n"
              "    case \"$path\" in\n";
    append_branch(script, app, "cairn");
    script +=
        "    esac\n"
        "    if [[ $current == -* || $COMP_CWORD -eq 1 ]]; then\n"
        "        COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
        "    else\n"
        "        COMPREPLY=($(compgen -W \"${words//--*/}\" -- \"$current\") $(compgen -f -- "
        "\"$current\"))\n"
        "    fi\n"
        "}\n"
        "complete -o filenames -F _cairn cairn\n";
    return script;
}

Result<Exit> run_completion(Context& context, const CompletionOptions& options) {
    CAIRN_TRY(context.terminal.out(bash_script(*options.app)));
    return Exit::covered_clean;
}

}  // namespace

void add_completion_command(CLI::App& app, Context& context) {
    auto options = std::make_shared<CompletionOptions>();
    options->app = &app;
    CLI::App* command = app.add_subcommand("completion", "Print the completion script of a shell");
    command->add_option("shell", options->shell, "Which shell")
        ->required()
        ->check(CLI::IsMember({"bash"}));
    command->footer("Example:\n  source <(cairn completion bash)");
    on_command(context, *command, options, run_completion);
}

}  // namespace cairn::cli
