#include <cerrno>

#include <unistd.h>

#include "base/fd.h"
#include "cli/command.h"

namespace cairn::cli {
namespace {

struct BenchOptions {
    std::vector<std::string> folders;
    unsigned crops = 4;
    std::size_t limit = 0;
    unsigned jobs = 1;
    bool json = false;
};

/// Becomes cairn-bench, which links what decodes pictures and this program does not.
Result<Exit> run_robustness(Context& context, const BenchOptions& options) {
    const std::string program = context.environment.program_folder + "/cairn-bench";
    std::vector<std::string> words = {
        program,
        "robustness",
        fmt::format("--crops={}", options.crops),
        fmt::format("--limit={}", options.limit),
        fmt::format("--jobs={}", options.jobs),
    };
    if (options.json) words.emplace_back("--json");
    words.emplace_back("--");
    words.insert(words.end(), options.folders.begin(), options.folders.end());
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execv(program.c_str(), pointers.data());
    return fail(
        Errc::unavailable, "{}: {}; it is installed beside cairn", program, errno_text(errno)
    );
}

void add_robustness(CLI::App& bench, Context& context) {
    auto options = std::make_shared<BenchOptions>();
    options->jobs = context.environment.processors;
    CLI::App* command = bench.add_subcommand(
        "robustness", "Which altered copies of photographs are found, and which others by mistake"
    );
    command->add_option("folder", options->folders, "Folders with photographs of your own")
        ->required()
        ->type_name("FOLDER");
    command->add_option("--crops", options->crops, "Parts of each picture that are originals too")
        ->check(CLI::Range(0, 5))
        ->capture_default_str();
    command->add_option("--limit", options->limit, "Use only so many artworks (0: all)")
        ->capture_default_str();
    command->add_option("--jobs", options->jobs, "Threads (default: one per processor)")
        ->check(CLI::Range(1, 256))
        ->default_str("");
    command->add_flag("--json", options->json, "One JSON object");
    command->footer(
        "Each picture is altered in some forty ways; the copies are read and asked as in a scan.\n"
        "Versions of one artwork (told by name: sizes, light and dark) count once. No list is\n"
        "asked and nothing is recorded. The pictures are decoded without confinement: use your\n"
        "own. Exit codes: 0 done, 3 some pictures could not be used, 4 nothing could be done.\n"
        "Example:\n"
        "  cairn bench robustness --json /usr/share/backgrounds /usr/share/wallpapers"
    );
    on_command(context, *command, options, run_robustness);
}

}  // namespace

void add_bench_command(CLI::App& app, Context& context) {
    CLI::App* bench = app.add_subcommand("bench", "Measure what Cairn finds");
    bench->require_subcommand(1);
    bench->footer("Example:\n  cairn bench robustness /usr/share/backgrounds");
    add_robustness(*bench, context);
}

}  // namespace cairn::cli
