#pragma once

#include <atomic>
#include <functional>

#include "cli/progress_line.h"
#include "cli/scan_output.h"

namespace cairn::cli {

/// Set by Ctrl-C and SIGTERM while a StopOnSignal lives.
const std::atomic<bool>& stop_requested();

/// Lets the first Ctrl-C (or SIGTERM) ask for a clean stop; a second one ends the program.
class StopOnSignal {
public:
    StopOnSignal();
    StopOnSignal(const StopOnSignal&) = delete;
    StopOnSignal& operator=(const StopOnSignal&) = delete;
    ~StopOnSignal();
};

/// Held while a scan writes into a case: Errc::conflict when another program does.
Result<Fd> lock_case(const scan::ScanStore& store);

/// The facts every new scan record begins with.
scan::ScanInfo new_scan(const Context& context, const std::vector<scan::OpenList>& lists);

/// Runs `work` with a progress display and clean interruption, records how it ended, presents it.
Result<Exit> run_session(
    Context& context,
    scan::ScanStore& store,
    std::int64_t scan,
    const OutputOptions& options,
    const std::function<Result<scan::RunEnd>(scan::Progress&)>& work
);

}  // namespace cairn::cli
