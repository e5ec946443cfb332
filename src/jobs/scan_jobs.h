#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "access/gate.h"
#include "jobs/agency_lists.h"
#include "jobs/ids.h"
#include "jobs/scan_request.h"
#include "jobs/scan_root.h"
#include "jobs/scan_state.h"
#include "scan/report.h"
#include "scan/spool.h"

namespace cairn::jobs {

/// A scan of a case, as those see it who may read the case.
struct ScanJob {
    ScanId id;
    access::CaseId case_id;
    access::AgencyId agency;  ///< whose folders are scanned and whose lists are asked
    access::UserId user;      ///< who asked for it
    JobState state = JobState::waiting;
    std::string reason{};  ///< why it was stopped or failed, for programs
    std::string error{};   ///< the same for people
    ScanRequest request{};
    UtcTime requested{};
    std::optional<UtcTime> started{};  ///< first
    std::optional<UtcTime> updated{};
    std::optional<UtcTime> ended{};
    JobProgress progress{};
    std::optional<std::uint64_t> bytes_per_second{};  ///< of the run at work, or the last one
};

enum class ReportForm : std::uint8_t { json, csv, html };
std::string_view name_of(ReportForm form);
/// Errc::invalid_argument names the ones there are.
Result<ReportForm> parse_report_form(std::string_view name);

/// Scans of agencies' cases: asked for here, done by a ScanRunner. A rematch is not among them: it
/// would need lists that are signed by an approved source (safeguards P5a, M6).
class ScanJobs {
public:
    struct Parts {
        access::Gate& gate;
        ListFolders& lists;
        std::span<const ScanRoot> roots;
        std::string spool_folder;  ///< for long reports, as unnamed files
    };
    explicit ScanJobs(Parts parts) : parts_(std::move(parts)) {}

    /// It waits for a runner. Errc::not_found for a root or a list that the agency has not, or a
    /// path that is not there; conflict when the case is closed; limit_exceeded when too many wait.
    Result<ScanId> start(
        const access::Actor& actor,
        const access::Ground& ground,
        const access::CaseId& case_id,
        const ScanRequest& request
    );
    /// Those of the case, the newest first.
    Result<std::vector<ScanJob>> list(
        const access::Actor& actor,
        const access::Ground& ground,
        const access::CaseId& case_id,
        const std::optional<access::Cursor<ScanId>>& after,
        std::int64_t limit
    );
    /// Errc::not_found for one that is not the case's.
    Result<ScanJob> show(
        const access::Actor& actor,
        const access::Ground& ground,
        const access::CaseId& case_id,
        const ScanId& id
    );
    /// One at work stops within seconds. Errc::conflict when it has ended.
    Status stop(
        const access::Actor& actor,
        const access::Ground& ground,
        const access::CaseId& case_id,
        const ScanId& id
    );
    /// One that was stopped or failed goes on where it was, in the actor's name and for the actor's
    /// agency, which must be the one that asked for it.
    Status resume(
        const access::Actor& actor,
        const access::Ground& ground,
        const access::CaseId& case_id,
        const ScanId& id
    );

    /// What it found so far. `filter.list` is a position in the lists that coverage() names.
    Result<scan::FindingPage> findings(
        const access::Actor& actor,
        const access::Ground& ground,
        const access::CaseId& case_id,
        const ScanId& id,
        const scan::FindingFilter& filter,
        const std::optional<scan::FindingCursor>& after,
        std::size_t limit
    );
    /// What it covered so far and what not, with the facts of the scan and its lists.
    /// Errc::conflict before it began.
    Result<scan::Report> coverage(
        const access::Actor& actor,
        const access::Ground& ground,
        const access::CaseId& case_id,
        const ScanId& id
    );
    /// The report, in memory or an unnamed file. Needs an authority to export.
    Result<scan::Spool> report(
        const access::Actor& actor,
        const access::Ground& ground,
        const access::CaseId& case_id,
        const ScanId& id,
        ReportForm form
    );

private:
    Result<ScanId> insert(
        const access::Actor& actor,
        const access::Ground& ground,
        const access::Permit& permit,
        const ScanRequest& request
    );
    Status check_startable(
        const access::Actor& actor, const access::Permit& permit, const ScanRequest& request
    );
    /// Of a change that found no row to change: there is none, or it is in another state.
    Status check_known(const access::CaseKey& key, const ScanId& id, std::string_view conflict);
    Result<std::string> unsealed(
        const access::CaseKey& key, const ScanId& id, std::string_view column, Bytes box
    );
    Result<ScanJob> job_from(const db::Statement& row, const access::CaseKey& key);
    /// The number of the scan's record; Errc::conflict when it has none yet.
    Result<std::int64_t> scan_of(const access::CaseKey& key, const ScanId& id);
    std::unique_ptr<scan::ScanStore> store_of(const access::CaseKey& key);
    /// An act on one scan of a case.
    access::Act act_on(
        access::OperationId operation,
        const access::Ground& ground,
        const access::CaseId& case_id,
        const ScanId& id
    ) const;

    Parts parts_;
};

/// Where a scan's request and error are sealed; the row is its id.
inline constexpr std::string_view kRequestColumn = "scan_job.request";
inline constexpr std::string_view kErrorColumn = "scan_job.error";

}  // namespace cairn::jobs
