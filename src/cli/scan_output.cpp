#include "cli/scan_output.h"

#include <filesystem>

#include "base/fd.h"
#include "base/text.h"

namespace cairn::cli {
namespace {

using scan::CoverageCounts;
using scan::Report;

/// Gathers small pieces so that a report is not written line by line.
class BufferedSink {
public:
    explicit BufferedSink(std::function<Status(std::string_view)> write)
        : write_(std::move(write)) {}

    Status add(std::string_view text) {
        buffer_ += text;
        return buffer_.size() < kFlushBytes ? ok() : flush();
    }
    Status flush() {
        CAIRN_TRY(write_(buffer_));
        buffer_.clear();
        return ok();
    }

private:
    static constexpr std::size_t kFlushBytes = 1U << 16U;
    std::function<Status(std::string_view)> write_;
    std::string buffer_;
};

Status write_form(
    scan::ScanStore& store,
    const Report& report,
    ReportFile::Form form,
    const std::function<Status(std::string_view)>& write
) {
    BufferedSink sink(write);
    const scan::TextSink out = [&sink](std::string_view text) { return sink.add(text); };
    switch (form) {
        case ReportFile::Form::html:
            CAIRN_TRY(write_html_report(store, report, out));
            break;
        case ReportFile::Form::json:
            CAIRN_TRY(write_json_report(store, report, out));
            break;
        case ReportFile::Form::csv:
            CAIRN_TRY(write_csv_report(store, report, out));
            break;
    }
    return sink.flush();
}

Status write_report_file(scan::ScanStore& store, const Report& report, const ReportFile& wanted) {
    AtomicFile file = CAIRN_TRY(AtomicFile::create(wanted.path, 0600));
    CAIRN_TRY(write_form(store, report, wanted.form, [&file](std::string_view text) {
        return file.write(as_bytes(text));
    }));
    return file.commit();
}

Exit exit_of(const Report& report) {
    if (report.verdict != scan::CoverageVerdict::complete) return Exit::not_covered;
    return report.counts.matches > 0 ? Exit::covered_matches : Exit::covered_clean;
}

/// The first items that were not covered, and where the others stand.
Result<std::string> gaps_text(scan::ScanStore& store, const Report& report) {
    constexpr std::size_t kShown = 5;
    std::string text;
    std::size_t shown = 0;
    std::string last;
    CAIRN_TRY(store.for_each_finding(report.scan, [&](const scan::FoundItem& found) -> Status {
        const std::string path = found.item.path.text();
        if (!found.finding.gap || path == last || shown == kShown) return ok();
        text += fmt::format("  {}: {}\n", path, printable(found.finding.text));
        last = path;
        ++shown;
        return ok();
    }));
    if (shown == 0) return text;
    const std::uint64_t items = report.counts.items_with_gaps;
    std::string head = fmt::format("Not fully covered: {}", count_of(items, "item"));
    if (items > shown) {
        head += fmt::format(
            ", the first {} (all: cairn scan report {} --report report.html)", shown, report.scan.id
        );
    }
    const bool locked = report.counts.problems.contains("encrypted_member") ||
                        report.counts.problems.contains("encrypted_archive");
    if (locked) text += "  Locked zip members may open with --password-file FILE.\n";
    return head + ":\n" + text;
}

std::string interruption_text(const scan::ScanInfo& scan) {
    if (scan.catalogue_of) return "Interrupted; ask again with `cairn rematch`.\n";
    return fmt::format("Interrupted. `cairn scan --resume {}` continues.\n", scan.id);
}

std::string summary_text(const Context& context, const Report& report) {
    const Terminal& terminal = context.terminal;
    const CoverageCounts& counts = report.counts;
    const bool complete = report.verdict == scan::CoverageVerdict::complete;
    const auto covered = counts.by_state.at(static_cast<std::size_t>(scan::Coverage::covered));
    std::string text = fmt::format(
        "Scan {}: {} on a list, {} read whole ({}).\n",
        report.scan.id,
        terminal.paint(
            counts.items_matched > 0 ? Colour::red : Colour::green,
            count_of(counts.items_matched, "item")
        ),
        count_of(covered.items, "item"),
        human_bytes(covered.bytes)
    );
    if (counts.indicative > 0) {
        text += fmt::format("{} indicative matches.\n", grouped(counts.indicative));
    }
    if (counts.vetoed > 0) {
        text += fmt::format(
            "{} vetoed by lists of known good files; they stand in the report.\n",
            count_of(counts.vetoed, "similar picture")
        );
    }
    text += fmt::format(
        "Coverage: {}",
        terminal.paint(complete ? Colour::green : Colour::yellow, name_of(report.verdict))
    );
    std::string problems;
    for (const auto& [code, number] : counts.problems) {
        problems += fmt::format("{}{} {}", problems.empty() ? "" : ", ", grouped(number), code);
    }
    text += problems.empty() ? "\n" : fmt::format(" ({})\n", problems);
    if (report.scan.state == scan::ScanState::interrupted) text += interruption_text(report.scan);
    return text;
}

Result<std::vector<ReportFile>> parse_report_files(const std::vector<std::string>& paths) {
    std::vector<ReportFile> files;
    for (const std::string& path : paths) {
        const std::filesystem::path file(path);
        const std::string ending = lower_ascii(file.extension().string());
        ReportFile wanted{path, ReportFile::Form::html};
        if (ending == ".json") {
            wanted.form = ReportFile::Form::json;
        } else if (ending == ".csv") {
            wanted.form = ReportFile::Form::csv;
        } else if (ending != ".html") {
            return fail(
                Errc::invalid_argument,
                "--report {}: give a name that ends in .html, .json or .csv",
                path
            );
        }
        std::error_code ignored;
        const auto folder =
            file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
        if (!std::filesystem::is_directory(folder, ignored)) {
            return fail(
                Errc::invalid_argument, "--report {}: there is no folder {}", path, folder.string()
            );
        }
        files.push_back(std::move(wanted));
    }
    return files;
}

}  // namespace

void add_output_options(CLI::App& command, OutputArguments& arguments) {
    command
        .add_option(
            "--report", arguments.reports, "Write a report: .html, .json or .csv (repeatable)"
        )
        ->type_name("FILE")
        ->allow_extra_args(false);
    command.add_flag("--json", arguments.json, "Print findings and coverage as JSON");
    command.add_flag("--quiet", arguments.quiet, "No progress and no summary");
}

Result<OutputOptions> parse_output(const OutputArguments& arguments) {
    OutputOptions options;
    options.reports = CAIRN_TRY(parse_report_files(arguments.reports));
    options.json = arguments.json;
    options.quiet = arguments.quiet;
    return options;
}

Result<Exit> present_scan(
    Context& context, scan::ScanStore& store, std::int64_t scan, const OutputOptions& options
) {
    const Report report = CAIRN_TRY(scan::make_report(store, scan, SystemClock().now()));
    for (const ReportFile& wanted : options.reports) {
        CAIRN_TRY(write_report_file(store, report, wanted));
    }
    if (options.json) {
        CAIRN_TRY(write_form(store, report, ReportFile::Form::json, [&](std::string_view text) {
            return context.terminal.out(text);
        }));
    } else if (options.quiet) {
        // Even then the way on must be known.
        if (report.scan.state == scan::ScanState::interrupted) {
            context.terminal.error(interruption_text(report.scan));
        }
    } else {
        std::string text = summary_text(context, report);
        const std::string gaps = CAIRN_TRY(gaps_text(store, report));
        text += gaps;
        for (const ReportFile& wanted : options.reports) {
            text += fmt::format("Report: {}\n", printable(absolute_path(context, wanted.path)));
        }
        CAIRN_TRY(context.terminal.out(text));
    }
    return exit_of(report);
}

}  // namespace cairn::cli
