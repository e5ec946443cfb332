#include "access/names.h"
#include "api/json_form.h"
#include "api/route.h"

namespace cairn::api {
namespace {

using http::Method;

/// A list of a hundred million entries, as its source sends it.
constexpr std::uint64_t kListBytesMax = std::uint64_t{64} << 30;

Json json_of(const hashlist::ListInfo& list) {
    return {
        {"name", list.name},
        {"version", list.version},
        {"version_id", list.version_id},
        {"source", list.source},
        {"scheme", list.scheme},
        {"kind", hashlist::name_of(list.kind)},
        {"format", list.format},
        {"imported", format_utc(list.imported_at)},
        {"entries", list.entries},
        {"pdq_codes", list.pdq_codes},
        {"pdq_quarantined", list.pdq_quarantined},
        {"pdq_refused", list.pdq_refused},
        {"bytes", list.file_size_bytes},
        {"segments", list.segments},
        {"withdrawn", list.withdrawn}};
}

Json json_of(const std::map<std::string, std::uint64_t>& counts) {
    Json json = Json::object();
    for (const auto& [name, count] : counts) json[name] = count;
    return json;
}

/// What an import did with the rows. The places of refused rows are told, never their values.
Json json_of(const hashlist::ImportReport& report) {
    return {
        {"list", json_of(report.list)},
        {"unchanged", report.unchanged},
        {"rows_read", report.rows_read},
        {"rows_accepted", report.rows_accepted},
        {"rows_merged", report.rows_merged},
        {"refused", json_of(report.refused)},
        {"warnings", json_of(report.warnings)},
        {"categories", json_of(report.categories)}};
}

Json list_json(const std::vector<hashlist::ListInfo>& lists) {
    Json items = Json::array();
    for (const hashlist::ListInfo& list : lists) items.push_back(json_of(list));
    return {{"items", std::move(items)}};
}

Result<Answer> list_list(Call& call) {
    const auto found = CAIRN_TRY(call.place.lists.list(call.actor(), call.ground));
    return json_answer(list_json(found));
}

Result<Answer> list_show(Call& call) {
    const auto found =
        CAIRN_TRY(call.place.lists.show(call.actor(), call.ground, call.text("list")));
    return json_answer(list_json(found));
}

/// The uploaded file, by a name that only this process can open.
std::string uploaded_file(const Call& call) {
    return fmt::format("/proc/self/fd/{}", call.request.file->get());
}

bool flag(Call& call, std::string_view name) {
    const auto given = call.query_text(name);
    if (!given || *given == "false") return false;
    if (*given == "true") return true;
    call.add(FieldProblem::Place::query, name, "must be true or false");
    return false;
}

/// What a file says that cannot be read as a list is the client's mistake, not this server's; the
/// client knows nothing of the name that it has here.
Error about_upload(const Call& call, Error error) {
    if (error.code == Errc::corrupt_data) error.code = Errc::invalid_argument;
    const std::string path = uploaded_file(call);
    for (auto at = error.message.find(path); at != std::string::npos;
         at = error.message.find(path)) {
        error.message.replace(at, path.size(), "the file");
    }
    return error;
}

Result<hashlist::ListKind> parse_kind(std::string_view name) {
    if (const auto kind = hashlist::list_kind_from(name)) return *kind;
    return fail(Errc::invalid_argument, "no kind of list '{}'", name);
}

Result<Answer> list_import(Call& call) {
    hashlist::ImportOptions options;
    options.files = {uploaded_file(call)};
    options.name = call.text("list");
    options.version = call.query_text("version");
    options.source = call.query_text("source");
    options.kind = call.query_name("kind", parse_kind);
    options.scheme = call.query_text("scheme");
    options.category = call.query_text("category");
    options.hash_type = call.query_text("hash_type");
    options.confirm_refused = flag(call, "confirm_refused");
    CAIRN_TRY(call.check());
    auto report = call.place.lists.import(call.actor(), call.ground, options);
    if (!report) return about_upload(call, std::move(report).error());
    return json_answer(json_of(*report));
}

Result<Answer> update(Call& call, bool adds) {
    hashlist::UpdateOptions options;
    options.name = call.text("list");
    (adds ? options.add : options.withdraw).push_back(uploaded_file(call));
    options.version = call.query_text("version");
    options.category = call.query_text("category");
    options.hash_type = call.query_text("hash_type");
    options.confirm_refused = flag(call, "confirm_refused");
    CAIRN_TRY(call.check());
    auto report = call.place.lists.update(call.actor(), call.ground, options);
    if (!report) return about_upload(call, std::move(report).error());
    Json json = json_of(report->added);
    json["entries_added"] = report->entries_added;
    json["entries_present"] = report->entries_present;
    json["entries_replaced"] = report->entries_replaced;
    json["entries_withdrawn"] = report->entries_withdrawn;
    json["values_unknown"] = report->values_unknown;
    return json_answer(std::move(json));
}

Result<Answer> list_add_entries(Call& call) {
    return update(call, true);
}

Result<Answer> list_withdraw_entries(Call& call) {
    return update(call, false);
}

Result<Answer> list_verify(Call& call) {
    CAIRN_TRY(call.place.lists.verify(call.actor(), call.ground, call.text("list")));
    return no_content();
}

Result<Answer> list_statistics(Call& call) {
    const auto figures =
        CAIRN_TRY(call.place.lists.statistics(call.actor(), call.ground, call.text("list")));
    return json_answer(
        {{"entries", figures.entries},
         {"pdq_codes", figures.pdq_codes},
         {"pdq_quarantined", figures.pdq_quarantined},
         {"pdq_refused", figures.pdq_refused},
         {"skew", figures.skew()},
         {"codes_asked", figures.codes_asked},
         {"codes_with_neighbours", figures.codes_with_neighbours},
         {"largest_neighbourhood", figures.largest_neighbourhood}}
    );
}

Result<Answer> list_difference(Call& call) {
    const auto before = call.query_text("before");
    const auto after = call.query_text("after");
    if (!before) call.add(FieldProblem::Place::query, "before", "must be given");
    if (!after) call.add(FieldProblem::Place::query, "after", "must be given");
    CAIRN_TRY(call.check());
    const auto changes = CAIRN_TRY(
        call.place.lists.difference(call.actor(), call.ground, call.text("list"), *before, *after)
    );
    return json_answer(
        {{"added", changes.added},
         {"withdrawn", changes.withdrawn},
         {"changed", changes.changed},
         {"unchanged", changes.unchanged}}
    );
}

Result<Answer> list_remove(Call& call) {
    CAIRN_TRY(call.place.lists.remove(call.actor(), call.ground, call.text("list")));
    return no_content();
}

constexpr auto kRoutes = std::to_array<Route>({
    {.method = Method::get,
     .path = "/api/v1/lists",
     .operation = "list_list",
     .door = Door::user,
     .run = list_list},
    {.method = Method::get,
     .path = "/api/v1/lists/{list}",
     .operation = "list_show",
     .door = Door::user,
     .run = list_show},
    {.method = Method::put,
     .path = "/api/v1/lists/{list}",
     .operation = "list_import",
     .door = Door::user,
     .run = list_import,
     .body = BodyKind::bytes,
     .query = {"version", "source", "kind", "scheme", "category", "hash_type", "confirm_refused"},
     .body_bytes_max = kListBytesMax},
    {.method = Method::post,
     .path = "/api/v1/lists/{list}/additions",
     .operation = "list_add_entries",
     .door = Door::user,
     .run = list_add_entries,
     .body = BodyKind::bytes,
     .query = {"version", "category", "hash_type", "confirm_refused"},
     .body_bytes_max = kListBytesMax},
    {.method = Method::post,
     .path = "/api/v1/lists/{list}/withdrawals",
     .operation = "list_withdraw_entries",
     .door = Door::user,
     .run = list_withdraw_entries,
     .body = BodyKind::bytes,
     .query = {"version", "category", "hash_type", "confirm_refused"},
     .body_bytes_max = kListBytesMax},
    {.method = Method::post,
     .path = "/api/v1/lists/{list}/verify",
     .operation = "list_verify",
     .door = Door::user,
     .run = list_verify},
    {.method = Method::get,
     .path = "/api/v1/lists/{list}/statistics",
     .operation = "list_statistics",
     .door = Door::user,
     .run = list_statistics},
    {.method = Method::get,
     .path = "/api/v1/lists/{list}/difference",
     .operation = "list_difference",
     .door = Door::user,
     .run = list_difference,
     .query = {"before", "after"}},
    {.method = Method::delete_,
     .path = "/api/v1/lists/{list}",
     .operation = "list_remove",
     .door = Door::user,
     .run = list_remove},
});

}  // namespace

std::span<const Route> list_routes() {
    return kRoutes;
}

}  // namespace cairn::api
