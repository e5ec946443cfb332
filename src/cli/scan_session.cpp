#include "cli/scan_session.h"

#include <cerrno>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>

#include "cli/version.h"

namespace cairn::cli {
namespace {

std::atomic<bool> g_stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set in a signal handler");

void note_signal(int) {
    g_stop = true;
}

void handle(int number, void (*handler)(int), int flags) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    ::sigaction(number, &action, nullptr);
}

}  // namespace

const std::atomic<bool>& stop_requested() {
    return g_stop;
}

StopOnSignal::StopOnSignal() {
    g_stop = false;
    for (const int number : {SIGINT, SIGTERM}) {
        handle(number, note_signal, static_cast<int>(SA_RESETHAND | SA_RESTART));
    }
}

StopOnSignal::~StopOnSignal() {
    for (const int number : {SIGINT, SIGTERM}) handle(number, SIG_DFL, 0);
}

Result<Fd> lock_case(const scan::ScanStore& store) {
    const std::string path = store.folder() + "/lock";
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return fail(Errc::io, "{}: {}", path, errno_text(errno));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        return fail(
            Errc::conflict,
            "another scan is running in {}; wait for it or name another --case",
            store.folder()
        );
    }
    return fd;
}

scan::ScanInfo new_scan(const Context& context, const std::vector<scan::OpenList>& lists) {
    scan::ScanInfo info;
    info.started = SystemClock().now();
    info.host = context.environment.host;
    info.actor = context.environment.account;
    info.version = kVersion;
    for (const scan::OpenList& list : lists) {
        info.lists.push_back(
            {list.info.name,
             list.info.version,
             list.info.version_id,
             list.info.source,
             list.info.scheme,
             list.info.kind,
             list.info.entries}
        );
    }
    return info;
}

Result<Exit> run_session(
    Context& context,
    scan::ScanStore& store,
    std::int64_t scan,
    const OutputOptions& options,
    const std::function<Result<scan::RunEnd>(scan::Progress&)>& work
) {
    scan::Progress progress;
    auto style = ProgressLine::Style::none;
    if (!options.quiet) {
        style = context.environment.error_is_terminal ? ProgressLine::Style::redrawn
                                                      : ProgressLine::Style::lines;
    }
    const auto end = [&] {
        const StopOnSignal signals;
        const auto text = [&](auto elapsed) { return progress_text(progress, elapsed); };
        const ProgressLine line(context.terminal, text, style);
        return work(progress);
    }();
    if (!end) {
        const scan::ScanInfo info = CAIRN_TRY(store.scan(scan));
        const std::string way_on = info.catalogue_of
                                       ? "run `cairn rematch` again"
                                       : fmt::format("`cairn scan --resume {}` continues it", scan);
        return Error(end.error()).with_context(fmt::format("scan {} stopped ({})", scan, way_on));
    }
    const bool finished = *end == scan::RunEnd::finished;
    CAIRN_TRY(store.set_state(
        scan,
        finished ? scan::ScanState::finished : scan::ScanState::interrupted,
        SystemClock().now()
    ));
    return present_scan(context, store, scan, options);
}

}  // namespace cairn::cli
