#include "access/names.h"
#include "api/json_form.h"
#include "api/route.h"

namespace cairn::api {
namespace {

using http::Method;

constexpr std::size_t kNamesMax = 100;

template <typename Number>
Json or_null(const std::optional<Number>& number) {
    return number ? Json(*number) : Json();
}

Json json_of(const jobs::ScanJob& job) {
    const jobs::JobProgress& done = job.progress;
    return {
        {"id", job.id.text()},
        {"case", job.case_id.text()},
        {"agency", job.agency.text()},
        {"user", job.user.text()},
        {"state", jobs::name_of(job.state)},
        {"reason", job.reason.empty() ? Json() : Json(job.reason)},
        {"error", job.error.empty() ? Json() : Json(job.error)},
        {"root", job.request.root},
        {"path", job.request.path},
        {"lists", job.request.lists},
        {"exclude", job.request.exclude},
        {"variants", fingerprint::name_of(job.request.variants)},
        {"requested", format_utc(job.requested)},
        {"started", api::json_of(job.started)},
        {"updated", api::json_of(job.updated)},
        {"ended", api::json_of(job.ended)},
        {"files", done.files},
        {"bytes", done.bytes},
        {"matches", done.matches},
        {"problems", done.problems},
        {"files_total", or_null(done.files_total)},
        {"bytes_total", or_null(done.bytes_total)},
        {"bytes_per_second", or_null(job.bytes_per_second)}};
}

Result<Answer> scan_start(Call& call) {
    const auto case_id = call.id<access::CaseId>("case");
    ObjectReader body = call.body();
    jobs::ScanRequest request;
    request.root = body.text("root");
    request.path = body.optional_text("path", {.min = 0, .max = 4096}).value_or("");
    request.lists = body.optional_texts("lists", kNamesMax);
    request.exclude = body.optional_texts("exclude", kNamesMax);
    if (const auto name = body.optional_text("variants")) {
        const auto variants = fingerprint::query_set_from(*name);
        if (variants) {
            request.variants = *variants;
        } else {
            body.add("variants", "is no set of versions");
        }
    }
    body.finish();
    CAIRN_TRY(call.check());
    const auto id = CAIRN_TRY(call.place.scans.start(call.actor(), call.ground, case_id, request));
    return created(call, id.text());
}

Result<Answer> scan_list(Call& call) {
    const auto case_id = call.id<access::CaseId>("case");
    const auto limit = call.limit();
    const auto after = call.after<jobs::ScanId>();
    CAIRN_TRY(call.check());
    const auto scans =
        CAIRN_TRY(call.place.scans.list(call.actor(), call.ground, case_id, after, limit));
    return page_answer(
        scans,
        limit,
        [](const jobs::ScanJob& job) { return json_of(job); },
        [](const jobs::ScanJob& job) { return cursor_text(job.requested, job.id.text()); }
    );
}

/// A scan in the path of a request.
struct ScanPlace {
    access::CaseId case_id;
    jobs::ScanId scan;
};

ScanPlace place_of(Call& call) {
    return {call.id<access::CaseId>("case"), call.id<jobs::ScanId>("scan")};
}

Result<Answer> scan_show(Call& call) {
    const ScanPlace at = place_of(call);
    CAIRN_TRY(call.check());
    const auto found =
        CAIRN_TRY(call.place.scans.show(call.actor(), call.ground, at.case_id, at.scan));
    return json_answer(json_of(found));
}

Result<Answer> scan_stop(Call& call) {
    const ScanPlace at = place_of(call);
    CAIRN_TRY(call.check());
    CAIRN_TRY(call.place.scans.stop(call.actor(), call.ground, at.case_id, at.scan));
    return no_content();
}

Result<Answer> scan_resume(Call& call) {
    const ScanPlace at = place_of(call);
    CAIRN_TRY(call.check());
    CAIRN_TRY(call.place.scans.resume(call.actor(), call.ground, at.case_id, at.scan));
    return no_content();
}

Result<scan::Finding::Kind> parse_finding_kind(std::string_view name) {
    using Kind = scan::Finding::Kind;
    constexpr std::array kAll = {Kind::match, Kind::encrypted, Kind::error, Kind::limit};
    return access::parse_name("kind", kAll, name);
}

Result<hashlist::Verdict> parse_verdict(std::string_view name) {
    if (const auto verdict = hashlist::verdict_from(name)) return *verdict;
    return fail(Errc::invalid_argument, "no verdict '{}'", name);
}

/// "1-5f0c...-2": kind, item, and how many of these pages had.
std::string cursor_text(const scan::FindingCursor& cursor) {
    return fmt::format(
        "{}-{}-{}", static_cast<unsigned>(cursor.kind), hex_encode(cursor.item), cursor.given
    );
}

Result<scan::FindingCursor> parse_finding_cursor(std::string_view text) {
    const auto refuse = [] { return fail(Errc::invalid_argument, "must be what came as next"); };
    const auto first = text.find('-');
    const auto last = text.rfind('-');
    if (first != 1 || last == first || text[0] < '0' || text[0] > '3') return refuse();
    scan::FindingCursor cursor;
    cursor.kind = static_cast<scan::Finding::Kind>(text[0] - '0');
    const auto item = hex_decode_array<std::tuple_size_v<evidence::ItemId>>(
        text.substr(first + 1, last - first - 1)
    );
    const auto given = whole_number<decltype(cursor.given)>(text.substr(last + 1));
    if (!item || !given) return refuse();
    cursor.item = *item;
    cursor.given = *given;
    return cursor;
}

Result<Answer> scan_findings(Call& call) {
    const ScanPlace at = place_of(call);
    const scan::FindingFilter filter{
        .kind = call.query_name("kind", parse_finding_kind),
        .list = call.query_number<std::uint32_t>("list"),
        .category = call.query_number<std::int64_t>("category"),
        .verdict = call.query_name("verdict", parse_verdict)};
    const auto after = call.query_name("after", parse_finding_cursor);
    const auto limit = static_cast<std::size_t>(call.limit());
    CAIRN_TRY(call.check());
    const auto page = CAIRN_TRY(call.place.scans.findings(
        call.actor(), call.ground, at.case_id, at.scan, filter, after, limit
    ));
    Json items = Json::array();
    for (const scan::FoundItem& found : page.findings) {
        items.push_back(Json::parse(scan::finding_json(found, {})));
    }
    return json_answer(
        {{"items", std::move(items)}, {"next", page.next ? Json(cursor_text(*page.next)) : Json()}}
    );
}

Result<Answer> scan_coverage(Call& call) {
    const ScanPlace at = place_of(call);
    CAIRN_TRY(call.check());
    const auto report =
        CAIRN_TRY(call.place.scans.coverage(call.actor(), call.ground, at.case_id, at.scan));
    return json_answer(Json::parse(scan::coverage_json(report)));
}

std::string_view media_type_of(jobs::ReportForm form) {
    switch (form) {
        case jobs::ReportForm::json:
            return "application/json";
        case jobs::ReportForm::csv:
            return "text/csv; charset=utf-8";
        case jobs::ReportForm::html:
            return "text/html; charset=utf-8";
    }
    return "";
}

Result<Answer> scan_report(Call& call) {
    const ScanPlace at = place_of(call);
    const auto form = call.query_name("form", jobs::parse_report_form);
    if (!call.query_text("form")) call.add(FieldProblem::Place::query, "form", "must be given");
    CAIRN_TRY(call.check());
    auto report =
        CAIRN_TRY(call.place.scans.report(call.actor(), call.ground, at.case_id, at.scan, *form));
    Answer answer;
    answer.media_type = media_type_of(*form);
    answer.fields.add(
        "Content-Disposition",
        fmt::format("attachment; filename=\"report.{}\"", jobs::name_of(*form))
    );
    answer.file = std::move(report).release();
    return answer;
}

constexpr auto kRoutes = std::to_array<Route>({
    {.method = Method::get,
     .path = "/api/v1/cases/{case}/scans",
     .operation = "scan_list",
     .door = Door::user,
     .run = scan_list,
     .query = {"after", "limit"}},
    {.method = Method::post,
     .path = "/api/v1/cases/{case}/scans",
     .operation = "scan_start",
     .door = Door::user,
     .run = scan_start,
     .body = BodyKind::json,
     .creates = "scans"},
    {.method = Method::get,
     .path = "/api/v1/cases/{case}/scans/{scan}",
     .operation = "scan_show",
     .door = Door::user,
     .run = scan_show},
    {.method = Method::post,
     .path = "/api/v1/cases/{case}/scans/{scan}/stop",
     .operation = "scan_stop",
     .door = Door::user,
     .run = scan_stop},
    {.method = Method::post,
     .path = "/api/v1/cases/{case}/scans/{scan}/resume",
     .operation = "scan_resume",
     .door = Door::user,
     .run = scan_resume},
    {.method = Method::get,
     .path = "/api/v1/cases/{case}/scans/{scan}/findings",
     .operation = "scan_findings",
     .door = Door::user,
     .run = scan_findings,
     .query = {"kind", "list", "category", "verdict", "after", "limit"}},
    {.method = Method::get,
     .path = "/api/v1/cases/{case}/scans/{scan}/coverage",
     .operation = "scan_coverage",
     .door = Door::user,
     .run = scan_coverage},
    {.method = Method::get,
     .path = "/api/v1/cases/{case}/scans/{scan}/report",
     .operation = "scan_report",
     .door = Door::user,
     .run = scan_report,
     .query = {"form"}},
});

}  // namespace

std::span<const Route> scan_routes() {
    return kRoutes;
}

}  // namespace cairn::api
