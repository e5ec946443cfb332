#include "cli/scan_session.h"

namespace cairn::cli {
namespace {

struct RematchOptions {
    std::int64_t scan = 0;
    std::vector<std::string> lists;
    std::vector<std::string> reports;
    bool json = false;
    bool quiet = false;
};

Result<Exit> run_rematch_command(Context& context, const RematchOptions& options) {
    OutputOptions output;
    output.reports = CAIRN_TRY(parse_report_files(options.reports));
    output.json = options.json;
    output.quiet = options.quiet;
    auto store = CAIRN_TRY(open_case(context, scan::ScanStore::Mode::existing));
    const Fd lock = CAIRN_TRY(lock_case(*store));
    const scan::ScanInfo asked = CAIRN_TRY(store->scan(options.scan));
    const scan::ScanInfo catalogue = CAIRN_TRY(store->scan(asked.catalogue()));
    if (catalogue.state != scan::ScanState::finished) {
        return fail(
            Errc::conflict,
            "scan {} is not finished, its catalogue would answer for less than the exhibit; first "
            "`cairn scan --resume {}`",
            catalogue.id,
            catalogue.id
        );
    }
    auto lists = CAIRN_TRY(load_lists(context, options.lists));
    scan::ScanInfo info = new_scan(context, lists);
    info.catalogue_of = asked.catalogue();
    info.sources = asked.sources;
    info.configuration = asked.configuration;
    const std::int64_t id = CAIRN_TRY(store->begin(info));
    const scan::Matcher matcher(std::move(lists));
    return run_session(context, *store, id, output, [&](scan::Progress& progress) {
        return scan::run_rematch(
            *store, id, asked.catalogue(), matcher, progress, stop_requested()
        );
    });
}

}  // namespace

void add_rematch_command(CLI::App& app, Context& context) {
    auto options = std::make_shared<RematchOptions>();
    CLI::App* command =
        app.add_subcommand("rematch", "Compare a scan's recorded fingerprints with another list");
    command->add_option("id", options->scan, "Number of the scan")->required()->type_name("ID");
    command->add_option("--list", options->lists, "Hash list to compare with (repeatable)")
        ->required()
        ->type_name("NAME")
        ->allow_extra_args(false);
    command
        ->add_option(
            "--report", options->reports, "Write a report: .html, .json or .csv (repeatable)"
        )
        ->type_name("FILE")
        ->allow_extra_args(false);
    command->add_flag("--json", options->json, "Print findings and coverage as JSON");
    command->add_flag("--quiet", options->quiet, "No progress and no summary");
    add_case_option(*command, context);
    add_list_options(*command, context);
    command->footer(
        "The evidence is not read again. The answer is recorded as a scan of its own.\n"
        "Example:\n  cairn rematch 1 --list national-2027 --report rematch.html"
    );
    on_command(context, *command, options, run_rematch_command);
}

}  // namespace cairn::cli
