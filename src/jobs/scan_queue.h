#pragma once

#include <chrono>
#include <optional>

#include "access/actor.h"
#include "access/ids.h"
#include "base/utc_time.h"
#include "db/database.h"
#include "jobs/ids.h"
#include "jobs/scan_state.h"

namespace cairn::jobs {

/// One life of one runner: a server that was killed comes back as another.
using RunnerId = Id<struct RunnerIdTag>;

/// A scan that a runner took.
struct TakenScan {
    std::int64_t number = 0;
    ScanId id;
    access::CaseId case_id;
    access::AgencyId agency;
    access::UserId user;  ///< who asked for it, and in whose name it is done
    access::Purpose purpose{};
    ByteVector request{};                ///< sealed
    std::optional<std::int64_t> scan{};  ///< its record, when it ran before
    bool stopping = false;               ///< somebody asked for that while nobody ran it
    std::int64_t lost_runs = 0;          ///< runners that took it and did not come back
};

/// How a run ended, or why there was none.
struct JobEnd {
    JobState state = JobState::finished;
    std::string_view reason{};          ///< a code; empty for finished
    std::optional<ByteVector> error{};  ///< sealed
};

/// The scans that wait for a runner, for runners on any server: each is run by one of them, which
/// says so again and again; when it falls silent, another takes the scan over. One thread at a
/// time.
class ScanQueue {
public:
    ScanQueue(db::Database& records, const RunnerId& runner, std::chrono::milliseconds lease)
        : records_(records), runner_(runner), lease_(lease) {}

    /// The first that waits or was left lying; nothing when there is none.
    Result<std::optional<TakenScan>> take(UtcTime now);

    /// What a beat found.
    enum class Standing : std::uint8_t {
        ours,
        stopping,  ///< ours, but somebody asked for its end
        lost,      ///< another's, or gone with its case
    };
    /// Says that it is still run, and how far it is.
    Result<Standing> beat(std::int64_t number, const JobProgress& progress, UtcTime now);

    // Within a transaction of the caller. Errc::cancelled when the scan is not this runner's.
    Status link(std::int64_t number, std::int64_t scan);
    Status end(std::int64_t number, const JobEnd& end, UtcTime now);
    /// Back among those that wait: the server goes down.
    Status give_back(std::int64_t number);
    /// For each write to the scan's rows, on whichever connection.
    static Status check_ours(db::Database& records, std::int64_t number, const RunnerId& runner);

private:
    db::Database& records_;
    const RunnerId runner_;
    const std::chrono::milliseconds lease_;
};

}  // namespace cairn::jobs
