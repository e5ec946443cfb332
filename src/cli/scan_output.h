#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "scan/report.h"

namespace cairn::cli {

/// A report file the user asked for; its form follows from its ending.
struct ReportFile {
    enum class Form : std::uint8_t { html, json, csv };
    std::string path;
    Form form = Form::html;
};

/// The words of the command line that say what to show of a scan.
struct OutputArguments {
    std::vector<std::string> reports;
    bool json = false;
    bool quiet = false;
};

/// Adds --report, --json and --quiet. `arguments` outlives the parsing.
void add_output_options(CLI::App& command, OutputArguments& arguments);

/// What the user wants to see of a scan, besides its result.
struct OutputOptions {
    std::vector<ReportFile> reports;
    bool json = false;
    bool quiet = false;
};

/// Errc::invalid_argument unless each report ends in .html, .json or .csv and its folder exists.
Result<OutputOptions> parse_output(const OutputArguments& arguments);

/// Writes the report files (each appears whole or not at all), prints the result, and gives the
/// exit code it stands for.
Result<Exit> present_scan(
    Context& context, scan::ScanStore& store, std::int64_t scan, const OutputOptions& options
);

}  // namespace cairn::cli
