#include "cli/scan_session.h"

namespace cairn::cli {
namespace {

struct RematchOptions {
    std::int64_t scan = 0;
    std::vector<std::string> lists;
    OutputArguments output;
};

Result<Exit> run_rematch_command(Context& context, const RematchOptions& options) {
    const OutputOptions output = CAIRN_TRY(parse_output(options.output));
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
    add_scan_number(*command, "id", options->scan, "Number of the scan")->required();
    add_list_names(*command, options->lists)->required();
    add_output_options(*command, options->output);
    add_case_option(*command, context);
    add_list_options(*command, context);
    command->footer(
        "The evidence is not read again. The answer is recorded as a scan of its own.\n"
        "Example:\n  cairn rematch 1 --list national-2027 --report rematch.html"
    );
    on_command(context, *command, options, run_rematch_command);
}

}  // namespace cairn::cli
