#include <algorithm>
#include <cerrno>
#include <charconv>

#include <nlohmann/json.hpp>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/scan_on_server.h"
#include "cli/scan_session.h"
#include "scan/configuration.h"

namespace cairn::cli {
namespace {

using Json = nlohmann::ordered_json;

/// --server and the ground, of `cairn scan` and all its subcommands.
using Place = std::shared_ptr<ServerArguments>;

struct ScanOptions {
    Place place{};
    std::vector<std::string> paths{};
    std::vector<std::string> lists{};
    std::vector<std::string> exclude{};
    OutputArguments output{};
    std::string password_file{};
    std::string io_priority{};
    std::string variants{};
    std::string resume{};
    unsigned jobs = 0;
};

struct ReportOptions {
    Place place{};
    std::string scan{};
    std::vector<std::string> reports{};
    std::string reason{};
    bool json = false;
};

bool is_on_server(const Place& place) {
    return !place->server.empty();
}

ServerCase server_case(const Context& context, const Place& place, bool json) {
    ServerCase at{.server = *place, .case_id = context.case_folder};
    at.server.json = json;
    return at;
}

Status refuse_on_server(const Place& place, std::string_view what) {
    if (!is_on_server(place)) return ok();
    return fail(Errc::invalid_argument, "{} on a server", what);
}

Status refuse_here(const Place& place, std::string_view what) {
    if (is_on_server(place)) return ok();
    return fail(Errc::invalid_argument, "{}; name a server with --server", what);
}

/// The number of a scan on this machine.
Result<std::int64_t> number_of(const std::string& word) {
    std::int64_t number = 0;
    const char* const end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, number);
    if (error == std::errc() && stop == end && number > 0) return number;
    return fail(
        Errc::invalid_argument,
        "\"{}\" is no scan number; `cairn scan list` shows them",
        printable(word)
    );
}

/// Linux I/O priority classes (ioprio_set(2)); glibc has no wrapper.
Status set_io_priority(const std::string& name) {
    if (name.empty() || name == "normal") return ok();
    constexpr int kWhoProcess = 1;
    constexpr int kClassShift = 13;
    const int value = name == "idle" ? 3 << kClassShift : (2 << kClassShift) | 7;
    if (::syscall(SYS_ioprio_set, kWhoProcess, 0, value) == 0) return ok();
    return fail(Errc::io, "--io-priority {}: {}", name, errno_text(errno));
}

Result<std::vector<std::string>> read_passwords(const std::string& path) {
    constexpr std::size_t kPasswordFileMax = 1U << 20U;
    std::vector<std::string> passwords;
    if (path.empty()) return passwords;
    const ByteVector bytes = CAIRN_TRY(read_file(path, kPasswordFileMax));
    std::string_view rest = as_text(bytes);
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        std::string_view line = rest.substr(0, end);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (!line.empty()) passwords.emplace_back(line);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    return passwords;
}

/// Everything a scan needs, made ready before anything is recorded.
struct Prepared {
    std::unique_ptr<scan::ScanStore> store;
    Fd lock;
    std::unique_ptr<scan::Matcher> matcher;
    scan::ScanRunOptions run;
    std::unique_ptr<fingerprint::PictureReader> pictures;
    std::int64_t id = 0;
};

unsigned jobs_of(const Context& context, const ScanOptions& options) {
    return options.jobs > 0 ? options.jobs : context.environment.processors;
}

Status prepare_pictures(
    const Context& context,
    const ScanOptions& options,
    std::string_view query_set,
    Prepared& prepared
) {
    const auto known = fingerprint::query_set_from(query_set);
    if (!known) return fail(Errc::corrupt_data, "unknown variants \"{}\"", query_set);
    prepared.pictures = CAIRN_TRY(
        open_pictures(context, {.decoders = jobs_of(context, options), .query_set = *known})
    );
    return ok();
}

Status check_sources(const std::vector<std::string>& sources, const ScanOptions& options) {
    for (const std::string& source : sources) {
        const auto walk = evidence::FolderWalk::open(source, {.exclude = options.exclude});
        if (!walk) return Error(walk.error());
    }
    return ok();
}

Result<Prepared> prepare_new(Context& context, const ScanOptions& options) {
    Prepared prepared;
    if (options.paths.empty()) {
        return fail(Errc::invalid_argument, "name the files or folders to scan, or --resume ID");
    }
    if (options.lists.empty()) {
        return fail(
            Errc::invalid_argument,
            "name at least one list with --list; `cairn list show` shows them"
        );
    }
    for (const std::string& path : options.paths) {
        prepared.run.sources.push_back(absolute_path(context, path));
    }
    CAIRN_TRY(check_sources(prepared.run.sources, options));
    auto lists = CAIRN_TRY(load_lists(context, options.lists));
    prepared.store = CAIRN_TRY(open_case(context, scan::ScanStore::Mode::create));
    prepared.lock = CAIRN_TRY(lock_case(*prepared.store));
    scan::ScanInfo info = new_scan(context, lists);
    info.sources = prepared.run.sources;
    info.configuration = scan::configuration_text(
        {.exclude = options.exclude,
         .variants = options.variants,
         .passwords = !options.password_file.empty()}
    );
    prepared.run.exclude = options.exclude;
    CAIRN_TRY(prepare_pictures(context, options, options.variants, prepared));
    prepared.id = CAIRN_TRY(prepared.store->begin(info));
    prepared.matcher = std::make_unique<scan::Matcher>(std::move(lists));
    return prepared;
}

/// The list versions the scan began with, or the result would be a mixture.
Result<std::vector<scan::OpenList>> load_lists_of(
    const Context& context, const scan::ScanInfo& info
) {
    auto store = CAIRN_TRY(open_lists(context));
    std::vector<scan::OpenList> lists;
    for (const scan::ScanList& list : info.lists) {
        auto loaded = store->load_version(list.name, list.version_id);
        if (!loaded) {
            return std::move(loaded).error().with_context(fmt::format(
                "scan {} cannot go on with the lists it began with; start a new one", info.id
            ));
        }
        lists.push_back(*std::move(loaded));
    }
    return lists;
}

Result<Prepared> prepare_resume(Context& context, const ScanOptions& options) {
    const std::int64_t wanted = CAIRN_TRY(number_of(options.resume));
    if (!options.paths.empty() || !options.lists.empty() || !options.exclude.empty()) {
        return fail(
            Errc::invalid_argument,
            "--resume continues with the paths, lists and patterns the scan began with; leave them "
            "out"
        );
    }
    Prepared prepared;
    prepared.store = CAIRN_TRY(open_case(context, scan::ScanStore::Mode::existing));
    prepared.lock = CAIRN_TRY(lock_case(*prepared.store));
    const scan::ScanInfo info = CAIRN_TRY(prepared.store->scan(wanted));
    if (info.state == scan::ScanState::finished) {
        return fail(Errc::conflict, "scan {} is finished; there is nothing to resume", info.id);
    }
    if (info.catalogue_of) {
        return fail(Errc::conflict, "scan {} is a rematch; run `cairn rematch` again", info.id);
    }
    const Json configuration = Json::parse(info.configuration, nullptr, false);
    const bool readable = configuration.is_object() && configuration.contains("exclude");
    if (!readable) return fail(Errc::corrupt_data, "scan {}: unreadable configuration", info.id);
    if (configuration.value("passwords", false) != !options.password_file.empty()) {
        return fail(
            Errc::invalid_argument,
            "scan {} began {} --password-file; resume it alike",
            info.id,
            options.password_file.empty() ? "with" : "without"
        );
    }
    auto lists = CAIRN_TRY(load_lists_of(context, info));
    prepared.run.sources = info.sources;
    prepared.run.exclude = configuration["exclude"].get<std::vector<std::string>>();
    prepared.run.resume = true;
    CAIRN_TRY(prepare_pictures(context, options, configuration.value("variants", ""), prepared));
    prepared.id = info.id;
    prepared.matcher = std::make_unique<scan::Matcher>(std::move(lists));
    CAIRN_TRY(check_sources(prepared.run.sources, options));
    CAIRN_TRY(prepared.store->set_state(info.id, scan::ScanState::running, std::nullopt));
    return prepared;
}

Result<Exit> run_scan_command(Context& context, const ScanOptions& options) {
    if (is_on_server(options.place)) {
        return scan_on_server(
            context,
            server_case(context, options.place, options.output.json),
            {.paths = options.paths,
             .lists = options.lists,
             .exclude = options.exclude,
             .variants = options.variants,
             .resume = options.resume,
             .output = options.output}
        );
    }
    const OutputOptions output = CAIRN_TRY(parse_output(options.output));
    CAIRN_TRY(set_io_priority(options.io_priority));
    auto passwords = CAIRN_TRY(read_passwords(options.password_file));
    const bool has_passwords = !passwords.empty();
    auto archives = CAIRN_TRY(open_archives(context, std::move(passwords)));
    auto made =
        options.resume.empty() ? prepare_new(context, options) : prepare_resume(context, options);
    Prepared prepared = CAIRN_TRY(std::move(made));
    prepared.run.jobs = jobs_of(context, options);
    prepared.run.count_ahead = !options.output.quiet && context.environment.error_is_terminal;
    const scan::Tools tools{
        *prepared.pictures,
        *archives,
        *prepared.matcher,
        scan::Limits{},
        prepared.store->folder(),
        has_passwords};
    const Exit end = CAIRN_TRY(run_session(
        context,
        *prepared.store,
        prepared.id,
        output,
        [&](scan::Progress& progress) {
            return scan::run_scan(
                *prepared.store, prepared.id, prepared.run, tools, progress, stop_requested()
            );
        }
    ));
    if (prepared.run.resume && !options.output.quiet) {
        context.terminal.error(fmt::format(
            "Reports of scan {} written before now are out of date; `cairn scan report {} --report "
            "FILE` writes one again.\n",
            prepared.id,
            prepared.id
        ));
    }
    return end;
}

Result<Exit> run_scan_list(Context& context, const ReportOptions& options) {
    if (is_on_server(options.place)) {
        return list_scans_on_server(context, server_case(context, options.place, options.json));
    }
    auto store = CAIRN_TRY(open_case(context, scan::ScanStore::Mode::existing));
    CAIRN_TRY(store->record_look("scan_list", {}));
    const auto scans = CAIRN_TRY(store->scans());
    if (options.json) {
        Json all = Json::array();
        for (const scan::ScanInfo& info : scans) {
            Json one = {{"id", info.id}, {"state", name_of(info.state)}};
            one["started"] = format_utc(info.started);
            if (info.finished) one["finished"] = format_utc(*info.finished);
            if (info.catalogue_of) one["catalogue_of"] = *info.catalogue_of;
            Json sources = Json::array();
            for (const std::string& source : info.sources) sources.push_back(printable(source));
            one["sources"] = std::move(sources);
            Json lists = Json::array();
            for (const scan::ScanList& list : info.lists) lists.push_back(list.name);
            one["lists"] = std::move(lists);
            all.push_back(std::move(one));
        }
        CAIRN_TRY(context.terminal.out(all.dump(2) + "\n"));
        return Exit::covered_clean;
    }
    if (scans.empty()) {
        CAIRN_TRY(context.terminal.out("No scans in this case yet.\n"));
        return Exit::covered_clean;
    }
    std::vector<std::vector<std::string>> rows = {{"ID", "STATE", "STARTED", "LISTS", "SOURCES"}};
    for (const scan::ScanInfo& info : scans) {
        std::string lists;
        for (const scan::ScanList& list : info.lists) {
            lists += (lists.empty() ? "" : ",") + list.name;
        }
        std::string sources;
        for (const std::string& source : info.sources) {
            sources += (sources.empty() ? "" : " ") + printable(source);
        }
        if (info.catalogue_of) sources = fmt::format("(catalogue of scan {})", *info.catalogue_of);
        rows.push_back(
            {std::to_string(info.id),
             std::string(name_of(info.state)),
             format_utc(info.started),
             lists,
             sources}
        );
    }
    CAIRN_TRY(context.terminal.out(table(rows)));
    return Exit::covered_clean;
}

Result<Exit> run_scan_report(Context& context, const ReportOptions& options) {
    const OutputOptions output =
        CAIRN_TRY(parse_output({.reports = options.reports, .json = options.json}));
    if (is_on_server(options.place)) {
        const ServerCase at = server_case(context, options.place, options.json);
        return show_scan_on_server(context, at, options.scan, output);
    }
    const std::int64_t scan = CAIRN_TRY(number_of(options.scan));
    auto store = CAIRN_TRY(open_case(context, scan::ScanStore::Mode::existing));
    CAIRN_TRY(store->record_look("scan_report", {scan::object_of_scan(scan)}));
    // Shown, not scanned: the exit code says whether that worked, not what was found.
    CAIRN_TRY(present_scan(context, *store, scan, output));
    return Exit::covered_clean;
}

Result<Exit> run_scan_findings(Context& context, const ReportOptions& options) {
    CAIRN_TRY(refuse_here(options.place, "`cairn scan report` writes the findings of this machine")
    );
    const ServerCase at = server_case(context, options.place, options.json);
    return show_findings_on_server(context, at, options.scan);
}

Result<Exit> run_scan_stop(Context& context, const ReportOptions& options) {
    CAIRN_TRY(refuse_here(options.place, "Ctrl-C stops a scan of this machine"));
    const ServerCase at = server_case(context, options.place, options.json);
    return stop_scan_on_server(context, at, options.scan);
}

Result<Exit> run_scan_delete(Context& context, const ReportOptions& options) {
    CAIRN_TRY(refuse_on_server(options.place, "a scan is deleted with its case alone"));
    const std::int64_t scan = CAIRN_TRY(number_of(options.scan));
    auto store = CAIRN_TRY(open_case(context, scan::ScanStore::Mode::existing));
    const Fd lock = CAIRN_TRY(lock_case(*store));
    const scan::Act act{
        SystemClock().now(),
        context.environment.account,
        "scan_delete",
        std::to_string(scan),
        options.reason,
        {scan::object_of_scan(scan)}};
    CAIRN_TRY(store->remove(scan, act));
    CAIRN_TRY(context.terminal.out(fmt::format("Scan {} deleted.\n", scan)));
    return Exit::covered_clean;
}

/// A subcommand that is about one scan.
CLI::App* add_for_one(
    CLI::App& scan,
    Context& context,
    const char* name,
    const char* text,
    const std::shared_ptr<ReportOptions>& options,
    Result<Exit> (*run)(Context&, const ReportOptions&)
) {
    CLI::App* command = scan.add_subcommand(name, text);
    command->add_option("id", options->scan, "The scan; `cairn scan list` shows them")
        ->required()
        ->type_name("ID");
    on_command(context, *command, options, run);
    return command;
}

void add_showing(CLI::App& scan, Context& context, const Place& place) {
    const auto new_options = [&place] {
        return std::make_shared<ReportOptions>(ReportOptions{.place = place});
    };
    const auto list_options = new_options();
    CLI::App* list = scan.add_subcommand("list", "List the scans of a case");
    list->add_flag("--json", list_options->json, "Print JSON");
    list->footer("Example:\n  cairn scan list --case /cases/17");
    on_command(context, *list, list_options, run_scan_list);

    auto options = new_options();
    CLI::App* command =
        add_for_one(scan, context, "show", "Show a scan's result", options, run_scan_report);
    command->add_flag("--json", options->json, "Print findings and coverage as JSON");
    command->footer("Example:\n  cairn scan show 1 --json | jq .coverage");

    options = new_options();
    command = add_for_one(
        scan,
        context,
        "report",
        "Write the report of a recorded scan again",
        options,
        run_scan_report
    );
    command->add_option("--report", options->reports, "File ending in .html, .json or .csv")
        ->required()
        ->type_name("FILE");
    command->add_flag("--json", options->json, "Print findings and coverage as JSON");
    command->footer("Example:\n  cairn scan report 1 --report report.html --report report.csv");

    options = new_options();
    command = add_for_one(
        scan, context, "findings", "Show what a scan on a server found", options, run_scan_findings
    );
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(fmt::format(
        "Example:\n  cairn scan findings {0} --case {0} --server usual", std::string(32, '0')
    ));
}

void add_changing(CLI::App& scan, Context& context, const Place& place) {
    auto options = std::make_shared<ReportOptions>(ReportOptions{.place = place});
    CLI::App* command =
        add_for_one(scan, context, "stop", "Stop a scan on a server", options, run_scan_stop);
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(fmt::format(
        "Example:\n  cairn scan stop {0} --case {0} --server usual", std::string(32, '0')
    ));

    options = std::make_shared<ReportOptions>(ReportOptions{.place = place});
    command = add_for_one(
        scan, context, "delete", "Delete a scan with its catalogue", options, run_scan_delete
    );
    command->add_option("--reason", options->reason, "Why; kept in the case's record")->required();
    command->footer("Example:\n  cairn scan delete 1 --reason \"wrong exhibit\"");
}

/// What is about this machine's files and processors alone.
void exclude_from_servers(CLI::App& command, CLI::Option* server) {
    for (const char* const name :
         {"--lists", "--list-key", "--password-file", "--jobs", "--io-priority"}) {
        command.get_option(name)->excludes(server);
    }
}

}  // namespace

void add_scan_command(CLI::App& app, Context& context) {
    const auto place = std::make_shared<ServerArguments>();
    auto options = std::make_shared<ScanOptions>(ScanOptions{.place = place});
    CLI::App* command = app.add_subcommand("scan", "Find listed files in folders and archives");
    command->fallthrough();
    add_case_option(*command, context);
    command->get_option("--case")->description(
        "Case folder (all state of its scans); id on a server"
    );
    add_list_options(*command, context);
    command->add_option("path", options->paths, "Files and folders to scan; on a server ROOT/PATH")
        ->type_name("PATH");
    add_list_names(*command, options->lists);
    command->add_option("--exclude", options->exclude, "Leave out names or paths like this pattern")
        ->type_name("PATTERN")
        ->allow_extra_args(false);
    command
        ->add_option(
            "--password-file", options->password_file, "Passwords for archives, one a line"
        )
        ->type_name("FILE");
    command
        ->add_option("--jobs", options->jobs, "Files examined at once (default: one per processor)")
        ->check(CLI::Range(1, 256));
    add_variants_option(*command, options->variants);
    command->add_option("--io-priority", options->io_priority, "How to compete for the disk")
        ->check(CLI::IsMember({"normal", "low", "idle"}));
    command->add_option("--resume", options->resume, "Continue an interrupted scan exactly")
        ->type_name("ID");
    add_output_options(*command, options->output);
    exclude_from_servers(*command, add_place_options(*command, *place, "investigation"));
    command->footer(
        "A path named like a subcommand is written ./list. Ctrl-C stops cleanly.\n"
        "Examples:\n"
        "  cairn scan /mnt/exhibit --list national --report report.html\n"
        "  cairn scan ~/uploads --list national --list unit --exclude '*.iso' --json\n"
        "  cairn scan --resume 1 --case /cases/17\n"
        "  cairn scan uploads/2026 --case 00000000000000000000000000000000 --server usual\n"
        "With --server the server scans a folder that its administrator set up, and Ctrl-C ends "
        "the\n"
        "looking on alone.\n"
        "Exit codes: 0 all covered, no match; 1 all covered, matches; 2 wrong usage;\n"
        "3 not all covered, with or without matches; 4 failed."
    );
    add_showing(*command, context, place);
    add_changing(*command, context, place);
    command->callback([&context, options, command] {
        if (!command->get_subcommands().empty()) return;
        context.action = [&context, options] { return run_scan_command(context, *options); };
    });
}

}  // namespace cairn::cli
