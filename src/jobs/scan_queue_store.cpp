#include "jobs/scan_queue.h"

namespace cairn::jobs {
namespace {

constexpr std::array kStates = {
    JobState::waiting,
    JobState::running,
    JobState::stopping,
    JobState::stopped,
    JobState::finished,
    JobState::failed};

std::optional<std::int64_t> signed_of(const std::optional<std::uint64_t>& value) {
    return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
}

Error not_ours(std::int64_t number) {
    return fail(Errc::cancelled, "scan {} was taken over, or is gone with its case", number);
}

Result<TakenScan> taken_from(const db::Statement& row) {
    const auto id = CAIRN_TRY(stored_id<ScanId>(row.bytes(1)));
    const auto case_id = CAIRN_TRY(stored_id<access::CaseId>(row.bytes(2)));
    const auto agency = CAIRN_TRY(stored_id<access::AgencyId>(row.bytes(3)));
    const auto user = CAIRN_TRY(stored_id<access::UserId>(row.bytes(4)));
    const auto purpose = CAIRN_TRY(access::parse_purpose(row.text(5)));
    const Bytes request = row.bytes(6);
    const auto state = CAIRN_TRY(stored_state(row.text(8)));
    return TakenScan{
        .number = row.integer(0),
        .id = id,
        .case_id = case_id,
        .agency = agency,
        .user = user,
        .purpose = purpose,
        .request = ByteVector(request.begin(), request.end()),
        .scan = row.optional_integer(7),
        .stopping = state == JobState::stopping,
        .lost_runs = row.integer(9) + (state == JobState::waiting ? 0 : 1)};
}

}  // namespace

std::string_view name_of(JobState state) {
    switch (state) {
        case JobState::waiting:
            return "waiting";
        case JobState::running:
            return "running";
        case JobState::stopping:
            return "stopping";
        case JobState::stopped:
            return "stopped";
        case JobState::finished:
            return "finished";
        case JobState::failed:
            return "failed";
    }
    return "";
}

Result<JobState> stored_state(std::string_view name) {
    for (const JobState state : kStates) {
        if (name_of(state) == name) return state;
    }
    return fail(Errc::corrupt_data, "scan_job: no state '{}'", name);
}

Result<std::optional<TakenScan>> ScanQueue::take(UtcTime now) {
    std::optional<TakenScan> taken;
    CAIRN_TRY(records_.transaction([&]() -> Status {
        taken.reset();
        auto find = CAIRN_TRY(records_.prepare(
            "SELECT number, id, case_id, agency, user_id, purpose, request, scan, state, lost_runs "
            "FROM scan_job WHERE state IN ('waiting', 'running', 'stopping') "
            "AND (state = 'waiting' OR lease_until < ?) ORDER BY number LIMIT 1"
        ));
        const bool found = CAIRN_TRY(find.bind(1, microseconds_of(now)).step());
        if (!found) return ok();
        taken = CAIRN_TRY(taken_from(find));
        find.reset();
        auto update = CAIRN_TRY(records_.prepare(
            "UPDATE scan_job SET state = ?1, runner = ?2, lease_until = ?3, lost_runs = ?4, "
            "reason = '', error = NULL, ended = NULL, started = coalesce(started, ?5), "
            "run_started = ?5, run_bytes = 0, updated = ?5 WHERE number = ?6"
        ));
        update.bind(1, name_of(taken->stopping ? JobState::stopping : JobState::running));
        update.bind(2, runner_.bytes()).bind(3, microseconds_of(now + lease_));
        update.bind(4, taken->lost_runs).bind(5, microseconds_of(now)).bind(6, taken->number);
        return update.run();
    }));
    return taken;
}

Result<ScanQueue::Standing> ScanQueue::beat(
    std::int64_t number, const JobProgress& progress, UtcTime now
) {
    auto update = CAIRN_TRY(records_.prepare(
        "UPDATE scan_job SET lease_until = ?1, updated = ?2, run_bytes = run_bytes + ?4 - bytes, "
        "files = ?3, bytes = ?4, matches = ?5, problems = ?6, files_total = ?7, bytes_total = ?8 "
        "WHERE number = ?9 AND runner = ?10 AND state IN ('running', 'stopping') RETURNING state"
    ));
    update.bind(1, microseconds_of(now + lease_)).bind(2, microseconds_of(now));
    update.bind(3, static_cast<std::int64_t>(progress.files));
    update.bind(4, static_cast<std::int64_t>(progress.bytes));
    update.bind(5, static_cast<std::int64_t>(progress.matches));
    update.bind(6, static_cast<std::int64_t>(progress.problems));
    update.bind_optional(7, signed_of(progress.files_total));
    update.bind_optional(8, signed_of(progress.bytes_total));
    update.bind(9, number).bind(10, runner_.bytes());
    std::optional<JobState> state;
    while (CAIRN_TRY(update.step())) state = CAIRN_TRY(stored_state(update.text(0)));
    if (!state) return Standing::lost;
    return *state == JobState::stopping ? Standing::stopping : Standing::ours;
}

Status ScanQueue::link(std::int64_t number, std::int64_t scan) {
    auto update =
        CAIRN_TRY(records_.prepare("UPDATE scan_job SET scan = ?1 WHERE number = ?2 AND runner = ?3"
        ));
    CAIRN_TRY(update.bind(1, scan).bind(2, number).bind(3, runner_.bytes()).run());
    return records_.changed_rows() == 1 ? ok() : Status(not_ours(number));
}

Status ScanQueue::end(std::int64_t number, const JobEnd& end, UtcTime now) {
    auto update = CAIRN_TRY(records_.prepare(
        "UPDATE scan_job SET state = ?1, reason = ?2, error = ?3, ended = ?4, updated = ?4, "
        "runner = NULL, lease_until = NULL, lost_runs = 0 WHERE number = ?5 AND runner = ?6"
    ));
    update.bind(1, name_of(end.state)).bind(2, end.reason);
    update.bind_optional(3, end.error ? std::optional(Bytes(*end.error)) : std::nullopt);
    update.bind(4, microseconds_of(now)).bind(5, number).bind(6, runner_.bytes());
    CAIRN_TRY(update.run());
    return records_.changed_rows() == 1 ? ok() : Status(not_ours(number));
}

Status ScanQueue::give_back(std::int64_t number) {
    // Somebody may have asked for its end meanwhile: then it is not to go on.
    auto update = CAIRN_TRY(records_.prepare(
        "UPDATE scan_job SET state = CASE state WHEN 'stopping' THEN 'stopped' ELSE 'waiting' END, "
        "runner = NULL, lease_until = NULL, lost_runs = 0 WHERE number = ?1 AND runner = ?2"
    ));
    CAIRN_TRY(update.bind(1, number).bind(2, runner_.bytes()).run());
    return records_.changed_rows() == 1 ? ok() : Status(not_ours(number));
}

Status ScanQueue::check_ours(db::Database& records, std::int64_t number, const RunnerId& runner) {
    auto query =
        CAIRN_TRY(records.prepare("SELECT 1 FROM scan_job WHERE number = ? AND runner = ?"));
    const bool found = CAIRN_TRY(query.bind(1, number).bind(2, runner.bytes()).step());
    return found ? ok() : Status(not_ours(number));
}

}  // namespace cairn::jobs
