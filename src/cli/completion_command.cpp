#include <algorithm>
#include <map>

#include "cli/command.h"

namespace cairn::cli {
namespace {

struct CompletionOptions {
    std::string shell;
    CLI::App* app = nullptr;
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

/// The choices of an option that has a closed set, such as "normal low idle"; else nothing.
std::string choices_of(CLI::Option& option) {
    try {
        // CLI11 tells a set only in the description of its check: "{normal,low,idle}".
        std::string text = option.get_validator(0)->get_description();
        if (text.size() < 2 || text.front() != '{') return {};
        std::replace(text.begin(), text.end(), ',', ' ');
        return text.substr(1, text.size() - 2);
    } catch (const CLI::OptionNotFound&) {
        return {};
    }
}

void collect_choices(CLI::App& app, std::map<std::string, std::string>& choices) {
    for (CLI::Option* option : app.get_options()) {
        const std::string words = choices_of(*option);
        if (words.empty()) continue;
        for (const std::string& name : option->get_lnames()) choices["--" + name] = words;
    }
    for (CLI::App* sub : app.get_subcommands({})) collect_choices(*sub, choices);
}

std::string command_paths(const CLI::App& app) {
    std::string paths;
    for (const CLI::App* sub : app.get_subcommands({})) {
        paths += fmt::format("\"cairn {}\"|", sub->get_name());
        for (const CLI::App* leaf : sub->get_subcommands({})) {
            paths += fmt::format("\"cairn {} {}\"|", sub->get_name(), leaf->get_name());
        }
    }
    if (!paths.empty()) paths.pop_back();
    return paths;
}

// Lists and scans are asked of the program itself, with the folders named on the line so far.
constexpr std::string_view kScriptHead = R"sh(# bash completion for cairn: source it, or save it as
# /usr/share/bash-completion/completions/cairn
_cairn_first_column() {
    cairn "$@" 2>/dev/null | awk 'NR > 1 {print $1}'
}
_cairn() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local path=cairn words= i lists=() case=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "${COMP_WORDS[i]}" in
            --lists|--list-key) lists+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}") ;;
            --case) case=(--case "${COMP_WORDS[i + 1]}") ;;
        esac
        case "$path ${COMP_WORDS[i]}" in
            )sh";
constexpr std::string_view kScriptValues = R"sh() path="$path ${COMP_WORDS[i]}" ;;
        esac
    done
    case "$previous" in
        --list) words=$(_cairn_first_column list show "${lists[@]}") ;;
        --resume|--scan) words=$(_cairn_first_column scan list "${case[@]}") ;;
)sh";
constexpr std::string_view kScriptPlaces = R"sh(    esac
    if [[ -n $words ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$current"))
        return
    fi
    case "$path" in
        "cairn list "*) words=$(_cairn_first_column list show "${lists[@]}") ;;
        "cairn scan show"|"cairn scan report"|"cairn scan delete"|"cairn rematch")
            words=$(_cairn_first_column scan list "${case[@]}") ;;
    esac
    local values=$words
    case "$path" in
)sh";
constexpr std::string_view kScriptTail = R"sh(    esac
    if [[ $current == -* || $COMP_CWORD -eq 1 ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$current"))
    elif [[ -n $values ]]; then
        COMPREPLY=($(compgen -W "$values" -- "$current"))
    else
        COMPREPLY=($(compgen -W "${words//--*/}" -- "$current") $(compgen -f -- "$current"))
    fi
}
complete -o filenames -F _cairn cairn
)sh";

std::string bash_script(CLI::App& app) {
    std::string script(kScriptHead);
    script += command_paths(app);
    script += kScriptValues;
    std::map<std::string, std::string> choices;
    collect_choices(app, choices);
    for (const auto& [option, words] : choices) {
        script += fmt::format("        {}) words=\"{}\" ;;\n", option, words);
    }
    script += kScriptPlaces;
    append_branch(script, app, "cairn");
    script += kScriptTail;
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
