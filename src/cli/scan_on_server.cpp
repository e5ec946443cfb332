#include "cli/scan_on_server.h"

#include <limits>

#include "base/text.h"
#include "cli/scan_session.h"
#include "client/server_address.h"

namespace cairn::cli {
namespace {

using client::Json;
using client::percent_encoded;
using client::with_query;
using namespace std::chrono_literals;

/// Between two looks at a scan.
constexpr auto kLookEvery = 1s;
/// How often it looks whether the user wants to stop.
constexpr auto kStopLookEvery = 100ms;
/// A server that restarts goes on with its scans: it may be away so long.
constexpr auto kAwayMax = 60s;

constexpr Column kScanColumns[] = {
    {"ID", "id"},
    {"STATE", "state"},
    {"REQUESTED", "requested"},
    {"ROOT", "root"},
    {"PATH", "path"},
    {"FILES", "files"},
    {"MATCHES", "matches"},
    {"PROBLEMS", "problems"}};
constexpr Column kFindingColumns[] = {{"KIND", "kind"}, {"PATH", "path"}, {"TEXT", "text"}};

Result<std::string> scans_path(const ServerCase& place) {
    if (!place.case_id.empty()) {
        return fmt::format("/api/v1/cases/{}/scans", percent_encoded(place.case_id));
    }
    return fail(
        Errc::invalid_argument, "name the case with --case ID; `cairn case list` shows them"
    );
}

Result<std::string> scan_path(const ServerCase& place, const std::string& scan) {
    const std::string path = CAIRN_TRY(scans_path(place));
    return fmt::format("{}/{}", path, percent_encoded(scan));
}

/// A count in an answer; 0 where there is none.
std::uint64_t number_in(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

/// A part of an answer; empty where there is none.
Json part_of(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_object() ? *found : Json::object();
}

bool is_going_on(const Json& scan) {
    const std::string state = cell_of(scan, "state");
    return state == "waiting" || state == "running" || state == "stopping";
}

/// How far a scan is: "running: 12 of 40 files, 1.2 MB of 5 MB (900 kB/s), matches: 1, ..."
std::string progress_of(const Json& scan) {
    const auto of_total = [](const std::string& done, std::uint64_t total, auto text) {
        return total == 0 ? done : fmt::format("{} of {}", done, text(total));
    };
    return fmt::format(
        "{}: files: {}, {} ({}/s), matches: {}, problems: {}",
        cell_of(scan, "state"),
        of_total(grouped(number_in(scan, "files")), number_in(scan, "files_total"), grouped),
        of_total(
            human_bytes(number_in(scan, "bytes")), number_in(scan, "bytes_total"), human_bytes
        ),
        human_bytes(number_in(scan, "bytes_per_second")),
        grouped(number_in(scan, "matches")),
        grouped(number_in(scan, "problems"))
    );
}

/// Waits until it is time to look again; false when the user wants to stop.
bool wait_for_next_look() {
    for (auto waited = 0ms; waited < kLookEvery; waited += kStopLookEvery) {
        if (stop_requested()) return false;
        std::this_thread::sleep_for(kStopLookEvery);
    }
    return !stop_requested();
}

/// Shows how far the scan is until it ends or the user stops looking. The scan as it was last seen.
Result<Json> follow(
    const Context& context,
    client::Connection& connection,
    const std::string& path,
    ProgressLine::Style style
) {
    Json scan = CAIRN_TRY(connection.get(path));
    std::mutex mutex;
    std::string text = progress_of(scan);
    const StopOnSignal signals;
    const auto shown = [&](std::chrono::milliseconds) {
        const std::lock_guard lock(mutex);
        return text;
    };
    const ProgressLine line(context.terminal, shown, style);
    auto heard = std::chrono::steady_clock::now();
    while (is_going_on(scan) && wait_for_next_look()) {
        auto now = connection.get(path);
        if (now) {
            heard = std::chrono::steady_clock::now();
            scan = *std::move(now);
            const std::lock_guard lock(mutex);
            text = progress_of(scan);
        } else {
            const bool away = now.error().code == Errc::unavailable;
            if (!away || std::chrono::steady_clock::now() - heard > kAwayMax) return now.error();
        }
    }
    return scan;
}

/// How the scan is named on a command line.
std::string words_for(const ServerCase& place, const std::string& scan) {
    return fmt::format("{} --case {} --server {}", scan, place.case_id, place.server.server);
}

std::string summary_of(const Context& context, const std::string& scan, const Json& report) {
    const Json summary = part_of(report, "summary");
    const Json coverage = part_of(report, "coverage");
    const Json covered = part_of(part_of(coverage, "states"), "covered");
    const std::uint64_t matched = number_in(summary, "items_matched");
    const std::string verdict = cell_of(coverage, "verdict");
    const Terminal& terminal = context.terminal;
    std::string text = fmt::format(
        "Scan {}: {} on a list, {} read whole ({}).\nCoverage: {}",
        scan,
        terminal.paint(matched > 0 ? Colour::red : Colour::green, count_of(matched, "item")),
        count_of(number_in(covered, "items"), "item"),
        human_bytes(number_in(covered, "bytes")),
        terminal.paint(verdict == "COMPLETE" ? Colour::green : Colour::yellow, verdict)
    );
    std::string problems;
    const Json counts = part_of(coverage, "problems");
    for (const auto& [code, count] : counts.items()) {
        problems += fmt::format(
            "{}{} {}", problems.empty() ? "" : ", ", printable(count.dump()), printable(code)
        );
    }
    return text + (problems.empty() ? "\n" : fmt::format(" ({})\n", problems));
}

Exit exit_of(const Json& report) {
    if (cell_of(part_of(report, "coverage"), "verdict") != "COMPLETE") return Exit::not_covered;
    const bool matches = number_in(part_of(report, "summary"), "matches") > 0;
    return matches ? Exit::covered_matches : Exit::covered_clean;
}

Status save_report(
    client::Connection& connection, const std::string& path, const ReportFile& wanted
) {
    constexpr std::array<std::string_view, 3> kForms = {"html", "json", "csv"};
    const auto form = kForms.at(static_cast<std::size_t>(wanted.form));
    AtomicFile file = CAIRN_TRY(AtomicFile::create(wanted.path, 0600));
    CAIRN_TRY(connection.receive_file(with_query(path + "/report", {{"form", form}}), file.fd()));
    return file.commit();
}

/// The same JSON as a scan on this machine gives.
Result<std::string> json_of(
    client::Connection& connection, const std::string& path, const Json& report
) {
    Json whole = report;
    whole["format"] = "cairn-scan-1";
    Json findings = Json::array();
    CAIRN_TRY(connection.each_item(
        path + "/findings",
        std::numeric_limits<std::size_t>::max(),
        [&findings](const Json& finding) { findings.push_back(finding); }
    ));
    whole["findings"] = std::move(findings);
    return whole.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Shows what the scan found so far, and gives the exit code it stands for.
Result<Exit> present(
    Context& context,
    client::Connection& connection,
    const ServerCase& place,
    const std::string& scan,
    const OutputOptions& output
) {
    const std::string path = CAIRN_TRY(scan_path(place, scan));
    const Json report = CAIRN_TRY(connection.get(path + "/coverage"));
    for (const ReportFile& wanted : output.reports) {
        CAIRN_TRY(save_report(connection, path, wanted));
    }
    if (output.json) {
        const std::string text = CAIRN_TRY(json_of(connection, path, report));
        CAIRN_TRY(context.terminal.out(text));
        return exit_of(report);
    }
    if (output.quiet) return exit_of(report);
    std::string text = summary_of(context, scan, report);
    if (exit_of(report) != Exit::covered_clean) {
        text += fmt::format("`cairn scan findings {}` shows them.\n", words_for(place, scan));
    }
    for (const ReportFile& wanted : output.reports) {
        text += fmt::format("Report: {}\n", printable(absolute_path(context, wanted.path)));
    }
    CAIRN_TRY(context.terminal.out(text));
    return exit_of(report);
}

Result<Json> body_of(const ServerScanWishes& wishes) {
    if (wishes.paths.size() != 1) {
        return fail(
            Errc::invalid_argument,
            "name one folder of the server to scan, as ROOT or ROOT/PATH, or --resume ID"
        );
    }
    const std::string& whole = wishes.paths.front();
    const auto slash = whole.find('/');
    Json body = {{"root", whole.substr(0, slash)}, {"variants", wishes.variants}};
    if (slash != whole.npos && slash + 1 < whole.size()) body["path"] = whole.substr(slash + 1);
    if (!wishes.lists.empty()) body["lists"] = wishes.lists;
    if (!wishes.exclude.empty()) body["exclude"] = wishes.exclude;
    return body;
}

/// The id of the scan that goes on now.
Result<std::string> begin(
    client::Connection& connection, const ServerCase& place, const ServerScanWishes& wishes
) {
    if (!wishes.resume.empty()) {
        if (!wishes.paths.empty() || !wishes.lists.empty() || !wishes.exclude.empty()) {
            return fail(
                Errc::invalid_argument,
                "--resume continues with the folder, lists and patterns the scan began with; leave "
                "them out"
            );
        }
        const std::string path = CAIRN_TRY(scan_path(place, wishes.resume));
        CAIRN_TRY(connection.post(path + "/resume"));
        return wishes.resume;
    }
    const std::string path = CAIRN_TRY(scans_path(place));
    const Json body = CAIRN_TRY(body_of(wishes));
    const Json made = CAIRN_TRY(connection.create(path, body));
    return cell_of(made, "id");
}

}  // namespace

Result<Exit> scan_on_server(
    Context& context, const ServerCase& place, const ServerScanWishes& wishes
) {
    const OutputOptions output = CAIRN_TRY(parse_output(wishes.output));
    auto connection = CAIRN_TRY(connect(context, place.server));
    const std::string scan = CAIRN_TRY(begin(connection, place, wishes));
    const std::string path = CAIRN_TRY(scan_path(place, scan));
    auto style = ProgressLine::Style::none;
    if (!output.quiet) {
        style = context.environment.error_is_terminal ? ProgressLine::Style::redrawn
                                                      : ProgressLine::Style::lines;
    }
    const Json seen = CAIRN_TRY(follow(context, connection, path, style));
    if (is_going_on(seen)) {
        context.terminal.error(fmt::format(
            "The scan goes on there. `cairn scan show {0}` shows it, `cairn scan stop {0}` stops "
            "it.\n",
            words_for(place, scan)
        ));
        return Exit::not_covered;
    }
    const std::string state = cell_of(seen, "state");
    if (state == "failed") {
        const std::string why = cell_of(seen, "error");
        return fail(
            Errc::io, "scan {} failed: {}", scan, why.empty() ? cell_of(seen, "reason") : why
        );
    }
    if (state == "stopped") {
        context.terminal.error(fmt::format(
            "Stopped ({}). `cairn scan --resume {}` continues.\n",
            cell_of(seen, "reason"),
            words_for(place, scan)
        ));
        if (cell_of(seen, "started").empty()) return Exit::not_covered;
    }
    return present(context, connection, place, scan, output);
}

Result<Exit> list_scans_on_server(Context& context, const ServerCase& place) {
    const std::string path = CAIRN_TRY(scans_path(place));
    return show_list(context, place.server, path, kScanColumns, "No scans in this case yet.");
}

Result<Exit> show_scan_on_server(
    Context& context, const ServerCase& place, const std::string& scan, const OutputOptions& output
) {
    auto connection = CAIRN_TRY(connect(context, place.server));
    const std::string path = CAIRN_TRY(scan_path(place, scan));
    const Json seen = CAIRN_TRY(connection.get(path));
    if (is_going_on(seen)) context.terminal.error(progress_of(seen) + "\n");
    CAIRN_TRY(present(context, connection, place, scan, output));
    // Shown, not scanned: the exit code says whether that worked, not what was found.
    return Exit::covered_clean;
}

Result<Exit> show_findings_on_server(
    Context& context, const ServerCase& place, const std::string& scan
) {
    const std::string path = CAIRN_TRY(scan_path(place, scan));
    return show_list(context, place.server, path + "/findings", kFindingColumns, "No findings.");
}

Result<Exit> stop_scan_on_server(
    Context& context, const ServerCase& place, const std::string& scan
) {
    auto connection = CAIRN_TRY(connect(context, place.server));
    const std::string path = CAIRN_TRY(scan_path(place, scan));
    const Json done = CAIRN_TRY(connection.post(path + "/stop"));
    CAIRN_TRY(show_done(context, place.server, done, "It stops."));
    return Exit::covered_clean;
}

}  // namespace cairn::cli
