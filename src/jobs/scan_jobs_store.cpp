#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "access/cases.h"
#include "access/names.h"
#include "jobs/scan_jobs.h"

namespace cairn::jobs {
namespace {

using access::Act;
using access::Actor;
using access::CaseId;
using access::CaseKey;
using access::Ground;
using access::OperationId;
using access::Permit;

/// Scans of one agency that may wait or run.
constexpr std::int64_t kOpenScansMax = 100;

constexpr std::string_view kColumns =
    "SELECT id, agency, user_id, state, reason, error, request, requested, started, updated, "
    "ended, "
    "run_started, run_bytes, files, bytes, files_total, bytes_total, matches, problems "
    "FROM scan_job ";

constexpr std::array kReportForms = {ReportForm::json, ReportForm::csv, ReportForm::html};

Error no_such_scan(const ScanId& id) {
    return fail(Errc::not_found, "no scan {}", id.text()).because("no_such_scan");
}

std::optional<UtcTime> time_of(const db::Statement& row, int column) {
    const auto microseconds = row.optional_integer(column);
    return microseconds ? std::optional(utc_from_microseconds(*microseconds)) : std::nullopt;
}

std::optional<std::uint64_t> count_of(const db::Statement& row, int column) {
    const auto count = row.optional_integer(column);
    return count ? std::optional(static_cast<std::uint64_t>(*count)) : std::nullopt;
}

/// Of a run that did `bytes` from `start` to `end`; nothing before it lasted a moment.
std::optional<std::uint64_t> rate_of(
    std::int64_t bytes, const std::optional<UtcTime>& start, const std::optional<UtcTime>& end
) {
    if (!start || !end || *end <= *start || bytes < 0) return std::nullopt;
    const std::chrono::duration<double> lasted = *end - *start;
    return static_cast<std::uint64_t>(static_cast<double>(bytes) / lasted.count());
}

/// Errc::not_found in words that a client may see.
Status check_path(const ScanRoot& root, const std::string& path) {
    const auto opened = open_beneath_root(root, path, {});
    if (opened) return ok();
    if (opened.error().code == Errc::io) return Error(opened.error());
    return fail(
               Errc::not_found,
               "nothing that can be scanned is there: {}; name a file or folder beneath '{}', "
               "links "
               "are not followed",
               opened.error().message,
               root.name
    )
        .because("no_such_path");
}

JobProgress progress_from(const db::Statement& row) {
    return {
        .files = static_cast<std::uint64_t>(row.integer(13)),
        .bytes = static_cast<std::uint64_t>(row.integer(14)),
        .matches = static_cast<std::uint64_t>(row.integer(17)),
        .problems = static_cast<std::uint64_t>(row.integer(18)),
        .files_total = count_of(row, 15),
        .bytes_total = count_of(row, 16)};
}

}  // namespace

std::string_view name_of(ReportForm form) {
    switch (form) {
        case ReportForm::json:
            return "json";
        case ReportForm::csv:
            return "csv";
        case ReportForm::html:
            return "html";
    }
    return "";
}

Result<ReportForm> parse_report_form(std::string_view name) {
    return access::parse_name("report form", kReportForms, name);
}

Act ScanJobs::act_on(
    OperationId operation, const Ground& ground, const CaseId& case_id, const ScanId& id
) const {
    return {
        .operation = operation,
        .ground = ground,
        .case_id = case_id,
        .objects = {"case:" + case_id.text(), "scan:" + id.text()}};
}

Status ScanJobs::check_startable(
    const Actor& actor, const Permit& permit, const ScanRequest& request
) {
    db::Database& records = parts_.gate.records();
    CAIRN_TRY(check_request(request));
    const auto state = CAIRN_TRY(access::stored_case_state(records, permit.case_key->number));
    if (state != access::CaseState::open) {
        return fail(Errc::conflict, "the case is closed; scans belong to open cases")
            .because("case_closed");
    }
    const auto agency = CAIRN_TRY(access::stored_agency(parts_.gate.records(), actor.agency));
    const ScanRoot* root = CAIRN_TRY(find_root(parts_.roots, agency, request.root));
    CAIRN_TRY(check_path(*root, request.path));
    const auto lists = CAIRN_TRY(parts_.lists.of(actor.agency));
    for (const std::string& name : request.lists) CAIRN_TRY(lists->info(name));
    const auto all = CAIRN_TRY(lists->lists());
    if (all.empty()) {
        return fail(Errc::conflict, "the agency has no hash list to compare with; import one first")
            .because("no_lists");
    }
    auto count =
        CAIRN_TRY(records.prepare("SELECT count(*) FROM scan_job WHERE agency = ? "
                                  "AND state IN ('waiting', 'running', 'stopping')"));
    const std::int64_t open = CAIRN_TRY(count.bind(1, actor.agency.bytes()).run_for_integer());
    if (open < kOpenScansMax) return ok();
    return fail(
               Errc::limit_exceeded,
               "{} scans of the agency wait or run; begin more when some have ended",
               open
    )
        .because("too_many_scans");
}

Result<ScanId> ScanJobs::insert(
    const Actor& actor, const Ground& ground, const Permit& permit, const ScanRequest& request
) {
    const auto id = crypto::random_id<ScanId>();
    const std::string text = encode_request(request);
    const ByteVector sealed = CAIRN_TRY(parts_.gate.keys().seal(
        permit.case_key->key, as_bytes(text), {.column = kRequestColumn, .row = id.bytes()}
    ));
    auto add = CAIRN_TRY(parts_.gate.records().prepare(
        "INSERT INTO scan_job (id, case_number, case_id, agency, user_id, purpose, request, state, "
        "reason, requested, run_bytes, files, bytes, matches, problems, lost_runs) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', '', ?, 0, 0, 0, 0, 0, 0)"
    ));
    add.bind(1, id.bytes()).bind(2, permit.case_key->number).bind(3, permit.case_key->id.bytes());
    add.bind(4, actor.agency.bytes()).bind(5, actor.user.bytes());
    add.bind(6, access::name_of(*ground.purpose)).bind(7, Bytes(sealed));
    add.bind(8, microseconds_of(permit.now));
    CAIRN_TRY(add.run());
    return id;
}

Result<ScanId> ScanJobs::start(
    const Actor& actor, const Ground& ground, const CaseId& case_id, const ScanRequest& request
) {
    const Act act = {
        .operation = OperationId::scan_run,
        .ground = ground,
        .case_id = case_id,
        .objects = {"case:" + case_id.text()}};
    std::optional<ScanId> id;
    CAIRN_TRY(parts_.gate.change(actor, act, [&](Permit& permit) -> Status {
        CAIRN_TRY(check_startable(actor, permit, request));
        id = CAIRN_TRY(insert(actor, ground, permit, request));
        permit.more_objects = {"scan:" + id->text()};
        return ok();
    }));
    return *id;
}

Result<std::string> ScanJobs::unsealed(
    const CaseKey& key, const ScanId& id, std::string_view column, Bytes box
) {
    return parts_.gate.keys().unseal(key.key, box, {.column = column, .row = id.bytes()});
}

Result<ScanJob> ScanJobs::job_from(const db::Statement& row, const CaseKey& key) {
    const auto id = CAIRN_TRY(stored_id<ScanId>(row.bytes(0)));
    const auto agency = CAIRN_TRY(stored_id<access::AgencyId>(row.bytes(1)));
    const auto user = CAIRN_TRY(stored_id<access::UserId>(row.bytes(2)));
    ScanJob job = {.id = id, .case_id = key.id, .agency = agency, .user = user};
    job.state = CAIRN_TRY(stored_state(row.text(3)));
    job.reason = row.text(4);
    if (!row.is_null(5)) job.error = CAIRN_TRY(unsealed(key, id, kErrorColumn, row.bytes(5)));
    const std::string request = CAIRN_TRY(unsealed(key, id, kRequestColumn, row.bytes(6)));
    job.request = CAIRN_TRY(decode_request(request));
    job.requested = utc_from_microseconds(row.integer(7));
    job.started = time_of(row, 8);
    job.updated = time_of(row, 9);
    job.ended = time_of(row, 10);
    job.progress = progress_from(row);
    job.bytes_per_second = rate_of(row.integer(12), time_of(row, 11), job.updated);
    return job;
}

Result<std::vector<ScanJob>> ScanJobs::list(
    const Actor& actor,
    const Ground& ground,
    const CaseId& case_id,
    const std::optional<access::Cursor<ScanId>>& after,
    std::int64_t limit
) {
    const Act act = {
        .operation = OperationId::scan_list,
        .ground = ground,
        .case_id = case_id,
        .objects = {"case:" + case_id.text()}};
    using Jobs = std::vector<ScanJob>;
    return parts_.gate.read<Jobs>(actor, act, [&](Permit& permit) -> Result<Jobs> {
        auto find =
            CAIRN_TRY(parts_.gate.records().prepare(
                std::string(kColumns) + "WHERE case_number = ? AND (requested, id) < (?, ?) "
                                        "ORDER BY requested DESC, id DESC LIMIT ?"
            ));
        constexpr auto kNever = std::numeric_limits<std::int64_t>::max();
        find.bind(1, permit.case_key->number);
        find.bind(2, after ? microseconds_of(after->created) : kNever);
        find.bind(3, after ? after->id.bytes() : Bytes());
        find.bind(4, std::clamp<std::int64_t>(limit, 1, access::kPageMax));
        Jobs jobs;
        while (CAIRN_TRY(find.step())) {
            auto job = CAIRN_TRY(job_from(find, *permit.case_key));
            jobs.push_back(std::move(job));
        }
        return jobs;
    });
}

Result<ScanJob> ScanJobs::show(
    const Actor& actor, const Ground& ground, const CaseId& case_id, const ScanId& id
) {
    const Act act = act_on(OperationId::scan_show, ground, case_id, id);
    return parts_.gate.read<ScanJob>(actor, act, [&](Permit& permit) -> Result<ScanJob> {
        auto find = CAIRN_TRY(parts_.gate.records().prepare(
            std::string(kColumns) + "WHERE case_number = ? AND id = ?"
        ));
        const bool found =
            CAIRN_TRY(find.bind(1, permit.case_key->number).bind(2, id.bytes()).step());
        if (!found) return no_such_scan(id);
        return job_from(find, *permit.case_key);
    });
}

Status ScanJobs::check_known(const CaseKey& key, const ScanId& id, std::string_view conflict) {
    auto find = CAIRN_TRY(
        parts_.gate.records().prepare("SELECT state FROM scan_job WHERE case_number = ? AND id = ?")
    );
    const bool found = CAIRN_TRY(find.bind(1, key.number).bind(2, id.bytes()).step());
    if (!found) return no_such_scan(id);
    return fail(Errc::conflict, "scan {} is {}: {}", id.text(), find.text(0), conflict)
        .because("wrong_state");
}

Status ScanJobs::stop(
    const Actor& actor, const Ground& ground, const CaseId& case_id, const ScanId& id
) {
    const Act act = act_on(OperationId::scan_stop, ground, case_id, id);
    return parts_.gate.change(actor, act, [&](Permit& permit) -> Status {
        auto update = CAIRN_TRY(parts_.gate.records().prepare(
            "UPDATE scan_job SET reason = 'asked', "
            "ended = CASE state WHEN 'waiting' THEN ?3 ELSE ended END, "
            "state = CASE state WHEN 'waiting' THEN 'stopped' ELSE 'stopping' END "
            "WHERE case_number = ?1 AND id = ?2 AND state IN ('waiting', 'running', 'stopping')"
        ));
        update.bind(1, permit.case_key->number).bind(2, id.bytes());
        CAIRN_TRY(update.bind(3, microseconds_of(permit.now)).run());
        if (parts_.gate.records().changed_rows() == 1) return ok();
        return check_known(*permit.case_key, id, "only one that waits or runs can be stopped");
    });
}

Status ScanJobs::resume(
    const Actor& actor, const Ground& ground, const CaseId& case_id, const ScanId& id
) {
    const Act act = act_on(OperationId::scan_resume, ground, case_id, id);
    return parts_.gate.change(actor, act, [&](Permit& permit) -> Status {
        auto update = CAIRN_TRY(parts_.gate.records().prepare(
            "UPDATE scan_job SET state = 'waiting', reason = '', error = NULL, ended = NULL, "
            "user_id = ?1, purpose = ?2 WHERE case_number = ?3 AND id = ?4 AND agency = ?5 "
            "AND state IN ('stopped', 'failed')"
        ));
        update.bind(1, actor.user.bytes()).bind(2, access::name_of(*ground.purpose));
        update.bind(3, permit.case_key->number).bind(4, id.bytes());
        CAIRN_TRY(update.bind(5, actor.agency.bytes()).run());
        if (parts_.gate.records().changed_rows() == 1) return ok();
        return check_known(
            *permit.case_key,
            id,
            "only one that was stopped or failed goes on, asked by the agency that began it"
        );
    });
}

std::unique_ptr<scan::ScanStore> ScanJobs::store_of(const CaseKey& key) {
    return scan::ScanStore::over(
        {.database = parts_.gate.records(),
         .keys = parts_.gate.keys(),
         .case_key = key.key,
         .case_number = key.number}
    );
}

Result<std::int64_t> ScanJobs::scan_of(const CaseKey& key, const ScanId& id) {
    auto find = CAIRN_TRY(
        parts_.gate.records().prepare("SELECT scan FROM scan_job WHERE case_number = ? AND id = ?")
    );
    const bool found = CAIRN_TRY(find.bind(1, key.number).bind(2, id.bytes()).step());
    if (!found) return no_such_scan(id);
    if (const auto scan = find.optional_integer(0)) return *scan;
    return fail(Errc::conflict, "scan {} has not begun yet; ask again", id.text())
        .because("not_begun");
}

Result<scan::FindingPage> ScanJobs::findings(
    const Actor& actor,
    const Ground& ground,
    const CaseId& case_id,
    const ScanId& id,
    const scan::FindingFilter& filter,
    const std::optional<scan::FindingCursor>& after,
    std::size_t limit
) {
    const Act act = act_on(OperationId::scan_findings, ground, case_id, id);
    using Page = scan::FindingPage;
    return parts_.gate.read<Page>(actor, act, [&](Permit& permit) -> Result<Page> {
        const auto scan = CAIRN_TRY(scan_of(*permit.case_key, id));
        return store_of(*permit.case_key)->findings(scan, filter, after, limit);
    });
}

Result<scan::Report> ScanJobs::coverage(
    const Actor& actor, const Ground& ground, const CaseId& case_id, const ScanId& id
) {
    const Act act = act_on(OperationId::scan_coverage, ground, case_id, id);
    return parts_.gate.read<scan::Report>(actor, act, [&](Permit& permit) -> Result<scan::Report> {
        const auto scan = CAIRN_TRY(scan_of(*permit.case_key, id));
        const auto store = store_of(*permit.case_key);
        auto report = CAIRN_TRY(scan::make_report(*store, scan, permit.now));
        report.public_id = id.text();
        report.scan.id = 0;  // the number says what others do
        return report;
    });
}

Result<scan::Spool> ScanJobs::report(
    const Actor& actor,
    const Ground& ground,
    const CaseId& case_id,
    const ScanId& id,
    ReportForm form
) {
    const Act act = act_on(OperationId::scan_report, ground, case_id, id);
    return parts_.gate.read<scan::Spool>(actor, act, [&](Permit& permit) -> Result<scan::Spool> {
        const auto scan = CAIRN_TRY(scan_of(*permit.case_key, id));
        const auto store = store_of(*permit.case_key);
        auto report = CAIRN_TRY(scan::make_report(*store, scan, permit.now));
        report.public_id = id.text();
        auto out = CAIRN_TRY(scan::Spool::create(parts_.spool_folder));
        const scan::TextSink sink = [&](std::string_view text) {
            return out.append(as_bytes(text));
        };
        switch (form) {
            case ReportForm::json:
                CAIRN_TRY(scan::write_json_report(*store, report, sink));
                break;
            case ReportForm::csv:
                CAIRN_TRY(scan::write_csv_report(*store, report, sink));
                break;
            case ReportForm::html:
                CAIRN_TRY(scan::write_html_report(*store, report, sink));
                break;
        }
        return out;
    });
}

}  // namespace cairn::jobs
