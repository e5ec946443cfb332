#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scan/examiner.h"
#include "scan/scan_store.h"

namespace cairn::scan {

/// Counters of a running scan, read by a progress display while it runs.
struct Progress {
    std::atomic<std::uint64_t> items{0};
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::uint64_t> matches{0};   ///< items with a match that counts
    std::atomic<std::uint64_t> problems{0};  ///< findings that are no matches
    /// Files on the exhibit (not their members): done of total, for the time left.
    std::atomic<std::uint64_t> file_bytes_done{0};
    std::atomic<std::uint64_t> files_done{0};
    std::atomic<std::uint64_t> file_bytes_total{0};
    std::atomic<std::uint64_t> files_total{0};
    std::atomic<bool> totals_known{false};
};

struct ScanRunOptions {
    std::vector<std::string> sources;  ///< absolute, or what `open_source` takes
    std::vector<std::string> exclude;
    /// How a source is opened, where it is not simply the path of a file or folder.
    std::function<Result<std::unique_ptr<evidence::FolderWalk>>(
        const std::string& source, const evidence::FolderWalk::Options& options
    )>
        open_source{};
    unsigned jobs = 1;
    bool resume = false;
    bool count_ahead = false;  ///< a second walk counts the totals, for the time left
};

/// How a run ended.
enum class RunEnd : std::uint8_t { finished, interrupted };

/// Scans the sources into the catalogue of scan `id`: one thread walks, `jobs` threads examine,
/// one writes; the queues between them are bounded, so memory stays flat. When `stop` becomes
/// true the rest is left for a resume: files that were read whole are finished, others are not. An
/// error (disk full,
/// ...) leaves the scan resumable as well. The order of `store` records varies from run to run,
/// their content does not.
Result<RunEnd> run_scan(
    ScanStore& store,
    std::int64_t id,
    const ScanRunOptions& options,
    const Tools& tools,
    Progress& progress,
    const std::atomic<bool>& stop
);

/// Asks every fingerprint of scan `catalogue` for the matcher's lists and records what it finds
/// as findings of scan `id`. Evidence is not read.
Result<RunEnd> run_rematch(
    ScanStore& store,
    std::int64_t id,
    std::int64_t catalogue,
    const Matcher& matcher,
    Progress& progress,
    const std::atomic<bool>& stop
);

}  // namespace cairn::scan
