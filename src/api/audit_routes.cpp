#include "access/names.h"
#include "api/json_form.h"
#include "api/route.h"
#include "crypto/base64.h"

namespace cairn::api {
namespace {

using http::Method;

Json text_or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

/// Typed ids, or how many there were.
Json json_of(const audit::Objects& objects) {
    if (const auto* ids = std::get_if<std::vector<std::string>>(&objects)) return *ids;
    const auto& digest = std::get<audit::ObjectsDigest>(objects);
    return {{"count", digest.count}, {"sha256", hex_encode(digest.sha256)}};
}

Json json_of(const oversight::FoundAct& act) {
    if (!act.entry) return {{"index", act.index}, {"damaged", true}};
    const audit::Entry& entry = *act.entry;
    return {
        {"index", act.index},
        {"damaged", false},
        {"time", format_utc(entry.time)},
        {"actor", entry.actor},
        {"role", text_or_null(entry.role)},
        {"session", text_or_null(entry.session)},
        {"client", text_or_null(entry.client)},
        {"request", text_or_null(entry.request)},
        {"purpose", text_or_null(entry.purpose)},
        {"authority", text_or_null(entry.authority)},
        {"approval", text_or_null(entry.approval)},
        {"case", text_or_null(entry.case_id)},
        {"operation", entry.operation},
        {"objects", json_of(entry.objects)},
        {"outcome", name_of(entry.outcome)},
        {"reason", text_or_null(entry.reason)}};
}

/// Positions in a log are stored as signed numbers.
std::optional<std::uint64_t> position(Call& call, std::string_view name) {
    const auto given = call.query_number<std::int64_t>(name);
    if (!given) return std::nullopt;
    if (*given >= 0) return static_cast<std::uint64_t>(*given);
    call.add(FieldProblem::Place::query, name, "must be a whole number");
    return std::nullopt;
}

std::optional<std::uint64_t> index_in(Call& call) {
    const auto given = whole_number<std::int64_t>(call.text("index"));
    if (given && *given >= 0) return static_cast<std::uint64_t>(*given);
    call.add(FieldProblem::Place::path, "index", "must be a whole number");
    return std::nullopt;
}

std::optional<UtcTime> time(Call& call, std::string_view name) {
    return call.query_name(name, parse_utc);
}

Result<oversight::Order> parse_order(std::string_view name) {
    if (name == "newest_first") return oversight::Order::newest_first;
    if (name == "oldest_first") return oversight::Order::oldest_first;
    return fail(
        Errc::invalid_argument, "no order '{}'; there are newest_first, oldest_first", name
    );
}

oversight::ActQuery query_of(Call& call) {
    oversight::ActQuery query;
    query.filter.actor = call.query_text("actor").value_or("");
    query.filter.operation = call.query_text("operation").value_or("");
    query.filter.case_id = call.query_text("case").value_or("");
    query.filter.object = call.query_text("object").value_or("");
    query.filter.outcome = call.query_name("outcome", audit::parse_outcome);
    query.filter.from = time(call, "from");
    query.filter.until = time(call, "until");
    query.order = call.query_name("order", parse_order).value_or(oversight::Order::newest_first);
    query.after = position(call, "after");
    query.limit = call.limit();
    return query;
}

Answer answer_of(const oversight::ActPage& page) {
    Json items = Json::array();
    for (const oversight::FoundAct& act : page.acts) items.push_back(json_of(act));
    const bool more = page.more && !page.acts.empty();
    return json_answer(
        {{"items", std::move(items)},
         {"next", more ? Json(std::to_string(page.acts.back().index)) : Json()},
         {"entered", page.entered}}
    );
}

Result<Answer> audit_search(Call& call) {
    const auto query = query_of(call);
    CAIRN_TRY(call.check());
    const auto found = CAIRN_TRY(call.place.agency_log.search(call.actor(), call.ground, query));
    return answer_of(found);
}

Result<Answer> audit_of_case(Call& call) {
    const auto id = call.id<access::CaseId>("case");
    const auto query = query_of(call);
    CAIRN_TRY(call.check());
    const auto found =
        CAIRN_TRY(call.place.agency_log.search_case(call.actor(), call.ground, id, query));
    return answer_of(found);
}

Result<Answer> audit_own(Call& call) {
    const auto query = query_of(call);
    CAIRN_TRY(call.check());
    const auto found =
        CAIRN_TRY(call.place.agency_log.search_own(call.actor(), call.ground, query));
    return answer_of(found);
}

Result<Answer> audit_show(Call& call) {
    const auto index = index_in(call);
    CAIRN_TRY(call.check());
    const auto found = CAIRN_TRY(call.place.agency_log.show(call.actor(), call.ground, *index));
    return json_answer(json_of(found));
}

Answer text_answer(std::string text) {
    return {.body = std::move(text), .media_type = "text/plain; charset=utf-8"};
}

Answer bytes_answer(const ByteVector& bytes) {
    return {.body = std::string(as_text(bytes)), .media_type = "application/octet-stream"};
}

Result<Answer> audit_prove(Call& call) {
    const auto index = index_in(call);
    CAIRN_TRY(call.check());
    const auto proof = CAIRN_TRY(call.place.agency_log.prove(call.actor(), call.ground, *index));
    auto found = CAIRN_TRY(audit::format_proof_file(proof));
    return text_answer(std::move(found));
}

Result<Answer> audit_checkpoint(Call& call) {
    auto found = CAIRN_TRY(call.place.agency_log.checkpoint(call.actor(), call.ground));
    return text_answer(std::move(found));
}

struct Sizes {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
};

Result<Sizes> sizes_in(Call& call) {
    const auto from = position(call, "from");
    const auto to = position(call, "to");
    if (!from) call.add(FieldProblem::Place::query, "from", "must be given");
    if (!to) call.add(FieldProblem::Place::query, "to", "must be given");
    CAIRN_TRY(call.check());
    return Sizes{*from, *to};
}

Answer hashes_answer(const std::vector<audit::Hash>& hashes) {
    Json json = Json::array();
    for (const audit::Hash& hash : hashes) json.push_back(crypto::base64_encode(hash));
    return json_answer({{"hashes", std::move(json)}});
}

Result<Answer> audit_consistency(Call& call) {
    const Sizes sizes = CAIRN_TRY(sizes_in(call));
    const auto found =
        CAIRN_TRY(call.place.agency_log.consistency(call.actor(), call.ground, sizes.from, sizes.to)
        );
    return hashes_answer(found);
}

/// "tile/0/x001/067" out of "/audit/tile/0/x001/067".
std::string tile_path(const Call& call) {
    return call.request.path.substr(call.request.path.find("tile/"));
}

Result<Answer> audit_tile(Call& call) {
    const auto found =
        CAIRN_TRY(call.place.agency_log.hash_tile(call.actor(), call.ground, tile_path(call)));
    return bytes_answer(found);
}

Result<Answer> audit_entries(Call& call) {
    const auto found =
        CAIRN_TRY(call.place.agency_log.entry_bundle(call.actor(), call.ground, tile_path(call)));
    return bytes_answer(found);
}

Result<Answer> log_checkpoint(Call& call) {
    auto found = CAIRN_TRY(call.place.public_log.checkpoint());
    return text_answer(std::move(found));
}

Result<Answer> log_consistency(Call& call) {
    const Sizes sizes = CAIRN_TRY(sizes_in(call));
    const auto found = CAIRN_TRY(call.place.public_log.consistency(sizes.from, sizes.to));
    return hashes_answer(found);
}

Result<Answer> log_tile(Call& call) {
    const auto found = CAIRN_TRY(call.place.public_log.hash_tile(tile_path(call)));
    return bytes_answer(found);
}

constexpr std::array<std::string_view, 10> kFilters = {
    "actor", "operation", "case", "object", "outcome", "from", "until", "order", "after", "limit"};

/// The path says whose acts, or of which case.
constexpr std::array<std::string_view, 10> kFiltersOfOwn = {
    "operation", "case", "object", "outcome", "from", "until", "order", "after", "limit"};
constexpr std::array<std::string_view, 10> kFiltersOfCase = {
    "actor", "operation", "object", "outcome", "from", "until", "order", "after", "limit"};

constexpr auto kRoutes = std::to_array<Route>({
    {.method = Method::get,
     .path = "/api/v1/audit/acts",
     .operation = "audit_search",
     .door = Door::user,
     .run = audit_search,
     .query = kFilters},
    {.method = Method::get,
     .path = "/api/v1/audit/own-acts",
     .operation = "audit_own",
     .door = Door::user,
     .run = audit_own,
     .query = kFiltersOfOwn},
    {.method = Method::get,
     .path = "/api/v1/cases/{case}/acts",
     .operation = "audit_of_case",
     .door = Door::user,
     .run = audit_of_case,
     .query = kFiltersOfCase},
    {.method = Method::get,
     .path = "/api/v1/audit/acts/{index}",
     .operation = "audit_show",
     .door = Door::user,
     .run = audit_show},
    {.method = Method::get,
     .path = "/api/v1/audit/acts/{index}/proof",
     .operation = "audit_prove",
     .door = Door::user,
     .run = audit_prove},
    {.method = Method::get,
     .path = "/api/v1/audit/checkpoint",
     .operation = "audit_checkpoint",
     .door = Door::user,
     .run = audit_checkpoint},
    {.method = Method::get,
     .path = "/api/v1/audit/consistency",
     .operation = "audit_consistency",
     .door = Door::user,
     .run = audit_consistency,
     .query = {"from", "to"}},
    {.method = Method::get,
     .path = "/api/v1/audit/tile/entries/{tile...}",
     .operation = "audit_entries",
     .door = Door::user,
     .run = audit_entries},
    {.method = Method::get,
     .path = "/api/v1/audit/tile/{tile...}",
     .operation = "audit_tile",
     .door = Door::user,
     .run = audit_tile},
    {.method = Method::get,
     .path = "/audit/checkpoint",
     .operation = "log_checkpoint",
     .door = Door::anybody,
     .run = log_checkpoint},
    {.method = Method::get,
     .path = "/audit/consistency",
     .operation = "log_consistency",
     .door = Door::anybody,
     .run = log_consistency,
     .query = {"from", "to"}},
    {.method = Method::get,
     .path = "/audit/tile/{tile...}",
     .operation = "log_tile",
     .door = Door::anybody,
     .run = log_tile},
});

}  // namespace

std::span<const Route> audit_routes() {
    return kRoutes;
}

}  // namespace cairn::api
