#pragma once

#include <memory>
#include <string>

#include "access/visibility.h"
#include "jobs/agency_lists.h"
#include "jobs/scan_queue.h"
#include "jobs/scan_request.h"
#include "jobs/scan_runner.h"
#include "scan/scan_run.h"

namespace cairn::jobs {

/// One scan made ready: its lists, its source, its record, and what examines files.
class ScanWork {
public:
    /// On the runner's thread. A scan that ran before goes on with the lists it began with; another
    /// gets its record.
    static Result<std::unique_ptr<ScanWork>> prepare(
        const ScanRunner::Parts& parts,
        const ScanRunner::Options& options,
        const RunnerId& runner,
        ScanQueue& queue,
        const TakenScan& taken,
        const access::CaseKey& key
    );

    /// On another thread: returns when the scan is done or `stop` became true.
    Result<scan::RunEnd> run(const std::atomic<bool>& stop);

    /// Thread-safe.
    JobProgress progress() const;
    std::int64_t scan() const { return scan_; }

private:
    ScanWork() = default;

    Status load_lists(ListFolders& folders, const TakenScan& taken, const ScanRequest& request);
    Status open_tools(const ScanRunner::Options& options, const ScanRequest& request);
    Status open_store(
        const ScanRunner::Parts& parts,
        const RunnerId& runner,
        const TakenScan& taken,
        const access::CaseKey& key
    );
    scan::ScanInfo new_info(
        const ScanRunner::Options& options,
        const TakenScan& taken,
        const ScanRequest& request,
        UtcTime now
    ) const;

    std::int64_t scan_ = 0;
    std::optional<scan::ScanInfo> before_;  ///< of a scan that goes on
    std::unique_ptr<db::Database> records_;
    std::unique_ptr<keyring::KeyRing> keys_;
    std::unique_ptr<scan::ScanStore> store_;
    std::vector<scan::OpenList> lists_;
    std::unique_ptr<scan::Matcher> matcher_;
    std::unique_ptr<fingerprint::PictureReader> pictures_;
    std::unique_ptr<evidence::ArchiveReader> archives_;
    std::string spool_folder_;
    scan::ScanRunOptions run_;
    scan::Progress progress_;
    std::uint64_t matches_before_ = 0;
    std::uint64_t problems_before_ = 0;
};

}  // namespace cairn::jobs
