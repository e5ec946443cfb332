// cairn-bench: measures with the user's own photographs what Cairn finds. It decodes them in this
// process, not confined: for pictures that are trusted.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <thread>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "cli/environment.h"
#include "robustness/measurement.h"
#include "robustness/originals.h"
#include "robustness/report.h"

namespace {

using cairn::Result;
using cairn::cli::Exit;
using Clock = std::chrono::steady_clock;

struct Options {
    std::vector<std::string> folders;
    cairn::robustness::MeasureOptions measure;
    bool json = false;
};

void put_error(const std::string& text) {
    std::fputs(text.c_str(), stderr);
}

/// Shows how far the work is: one line redrawn on a terminal, a line every ten seconds otherwise.
class ProgressLine {
public:
    explicit ProgressLine(bool redrawn) : redrawn_(redrawn) {}

    void show(std::string_view stage, std::size_t done, std::size_t total) {
        const auto now = Clock::now();
        const bool whole = done == total;
        const auto pause = redrawn_ ? std::chrono::milliseconds(200) : std::chrono::seconds(10);
        if (!whole && shown_ && now - *shown_ < pause) return;
        shown_ = now;
        const std::string text =
            fmt::format("{}: {} of {}", stage, done, cairn::count_of(total, "artwork"));
        put_error(redrawn_ ? "\r\x1b[2K" + text + (whole ? "\n" : "") : text + "\n");
    }

private:
    bool redrawn_;
    std::optional<Clock::time_point> shown_;
};

Result<Exit> run(const Options& options) {
    std::error_code ignored;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
    auto reader = CAIRN_TRY(cairn::fingerprint::PictureReader::create({
        .decoder_program = (program.parent_path() / "cairn-decoder").string(),
        .decoders = options.measure.jobs,
        .query_set = cairn::fingerprint::QuerySet::wide,
    }));
    const auto collection = CAIRN_TRY(cairn::robustness::find_artworks(options.folders));
    ProgressLine line(::isatty(STDERR_FILENO) == 1);
    const auto measured = CAIRN_TRY(cairn::robustness::measure(
        *reader,
        collection,
        options.measure,
        [&line](std::string_view stage, std::size_t done, std::size_t total) {
            line.show(stage, done, total);
        }
    ));
    for (const auto& problem : measured.problems) {
        put_error(fmt::format(
            "not used: {}: {}\n", cairn::printable(problem.path), cairn::printable(problem.reason)
        ));
    }
    const std::string text = options.json ? cairn::robustness::json_text(measured)
                                          : cairn::robustness::plain_text(measured);
    CAIRN_TRY(cairn::write_all(STDOUT_FILENO, cairn::as_bytes(text)));
    return measured.problems.empty() ? Exit::covered_clean : Exit::not_covered;
}

void add_options(CLI::App& app, Options& options) {
    app.require_subcommand(1);
    CLI::App* robustness = app.add_subcommand(
        "robustness", "Which altered copies of photographs are found, and which others by mistake"
    );
    robustness->add_option("folder", options.folders, "Folders with photographs")->required();
    robustness
        ->add_option(
            "--crops", options.measure.crops, "Parts of each picture that become originals too"
        )
        ->check(CLI::Range(0U, cairn::robustness::kCropsMax))
        ->capture_default_str();
    robustness->add_option("--limit", options.measure.limit, "Use only so many artworks (0: all)");
    robustness->add_option("--jobs", options.measure.jobs, "Threads and decoders")
        ->check(CLI::Range(1U, 256U))
        ->capture_default_str();
    robustness->add_flag("--json", options.json, "One JSON object");
}

int fail_with(const std::string& message, Exit code) {
    put_error("error: " + cairn::printable(message) + "\n");
    return static_cast<int>(code);
}

int run_command_line(int argc, char** argv) {
    Options options;
    options.measure.jobs = std::max(1U, std::thread::hardware_concurrency());
    CLI::App app("Measures what Cairn finds; started by `cairn bench`.", "cairn-bench");
    add_options(app, options);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& wanted) {
        return app.exit(wanted);
    } catch (const CLI::ParseError& error) {
        return fail_with(error.what(), Exit::usage);
    }
    const auto done = run(options);
    if (!done) return fail_with(done.error().message, Exit::failed);
    return static_cast<int>(*done);
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return run_command_line(argc, argv);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "error: %s\n", failure.what());
        return static_cast<int>(Exit::failed);
    }
}
