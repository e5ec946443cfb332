#include "api/json_form.h"
#include "api/route.h"

namespace cairn::api {
namespace {

using http::Method;

Result<Answer> case_list(Call& call) {
    const auto limit = call.limit();
    const auto after = call.after<access::CaseId>();
    CAIRN_TRY(call.check());
    const auto cases = CAIRN_TRY(call.place.cases.list(call.actor(), call.ground, after, limit));
    return page_answer(
        cases,
        limit,
        [](const access::Case& one) { return json_of(one); },
        [](const access::Case& one) { return cursor_text(one.opened, one.id.text()); }
    );
}

Result<Answer> case_count(Call& call) {
    const auto count = CAIRN_TRY(call.place.cases.count(call.actor(), call.ground));
    return json_answer({{"count", count}});
}

Result<Answer> case_find(Call& call) {
    const auto limit = call.limit();
    const auto word = call.query_text("word");
    if (!word) call.add(FieldProblem::Place::query, "word", "must be given");
    CAIRN_TRY(call.check());
    const auto found = CAIRN_TRY(call.place.cases.find(call.actor(), call.ground, *word, limit));
    Json items = Json::array();
    for (const access::Case& one : found) items.push_back(json_of(one));
    return json_answer({{"items", std::move(items)}});
}

Result<Answer> case_open(Call& call) {
    ObjectReader body = call.body();
    const access::Cases::NewCase opened{
        .title = body.text("title"), .restricted = body.boolean("restricted", false)};
    body.finish();
    CAIRN_TRY(call.check());
    const auto id = CAIRN_TRY(call.place.cases.open(call.actor(), call.ground, opened));
    return created(call, id.text());
}

Result<Answer> case_show(Call& call) {
    const auto id = call.id<access::CaseId>("case");
    CAIRN_TRY(call.check());
    const auto one = CAIRN_TRY(call.place.cases.show(call.actor(), call.ground, id));
    return revised_answer(json_of(one), one.revision);
}

Result<Answer> case_close(Call& call) {
    const auto id = call.id<access::CaseId>("case");
    CAIRN_TRY(call.check());
    CAIRN_TRY(call.place.cases.close(call.actor(), call.ground, id));
    return no_content();
}

Result<Answer> case_member_list(Call& call) {
    const auto id = call.id<access::CaseId>("case");
    const auto limit = call.limit();
    const auto after = call.query_name("after", parse_id<access::UserId>);
    CAIRN_TRY(call.check());
    const auto members =
        CAIRN_TRY(call.place.cases.members(call.actor(), call.ground, id, after, limit));
    return page_answer(
        members,
        limit,
        [](const access::CaseMember& member) { return json_of(member); },
        [](const access::CaseMember& member) { return member.user.text(); }
    );
}

access::Level level_in(Call& call) {
    ObjectReader body = call.body();
    const auto level = body.name_in("level", access::parse_level, access::Level::none);
    body.finish();
    return level;
}

Result<Answer> case_member_set(Call& call) {
    const auto id = call.id<access::CaseId>("case");
    const access::CaseMember member{call.id<access::UserId>("user"), level_in(call)};
    CAIRN_TRY(call.check());
    CAIRN_TRY(call.place.cases.set_member(call.actor(), call.ground, id, member));
    return no_content();
}

Result<Answer> case_share_list(Call& call) {
    const auto id = call.id<access::CaseId>("case");
    const auto limit = call.limit();
    const auto after = call.query_name("after", parse_id<access::AgencyId>);
    CAIRN_TRY(call.check());
    const auto shares =
        CAIRN_TRY(call.place.cases.shares(call.actor(), call.ground, id, after, limit));
    return page_answer(
        shares,
        limit,
        [](const access::CaseShare& share) { return json_of(share); },
        [](const access::CaseShare& share) { return share.agency.text(); }
    );
}

Result<Answer> case_share_set(Call& call) {
    const auto id = call.id<access::CaseId>("case");
    const auto agency = call.id<access::AgencyId>("agency");
    const auto level = level_in(call);
    CAIRN_TRY(call.check());
    CAIRN_TRY(call.place.cases.set_share(call.actor(), call.ground, id, agency, level));
    return no_content();
}

Result<Answer> case_shred(Call& call) {
    const auto id = call.id<access::CaseId>("case");
    CAIRN_TRY(call.check());
    CAIRN_TRY(call.place.cases.shred(call.actor(), call.ground, id));
    CAIRN_TRY(call.place.records.purge_deleted());
    return no_content();
}

constexpr auto kRoutes = std::to_array<Route>({
    {.method = Method::get,
     .path = "/api/v1/cases",
     .operation = "case_list",
     .door = Door::user,
     .run = case_list,
     .query = {"after", "limit"}},
    {.method = Method::get,
     .path = "/api/v1/cases/count",
     .operation = "case_count",
     .door = Door::user,
     .run = case_count},
    {.method = Method::get,
     .path = "/api/v1/cases/search",
     .operation = "case_find",
     .door = Door::user,
     .run = case_find,
     .query = {"word", "limit"}},
    {.method = Method::post,
     .path = "/api/v1/cases",
     .operation = "case_open",
     .door = Door::user,
     .run = case_open,
     .body = BodyKind::json,
     .creates = "cases"},
    {.method = Method::get,
     .path = "/api/v1/cases/{case}",
     .operation = "case_show",
     .door = Door::user,
     .run = case_show},
    {.method = Method::post,
     .path = "/api/v1/cases/{case}/close",
     .operation = "case_close",
     .door = Door::user,
     .run = case_close,
     .edits = true},
    {.method = Method::get,
     .path = "/api/v1/cases/{case}/members",
     .operation = "case_member_list",
     .door = Door::user,
     .run = case_member_list,
     .query = {"after", "limit"}},
    {.method = Method::put,
     .path = "/api/v1/cases/{case}/members/{user}",
     .operation = "case_member_set",
     .door = Door::user,
     .run = case_member_set,
     .body = BodyKind::json,
     .edits = true},
    {.method = Method::get,
     .path = "/api/v1/cases/{case}/shares",
     .operation = "case_share_list",
     .door = Door::user,
     .run = case_share_list,
     .query = {"after", "limit"}},
    {.method = Method::put,
     .path = "/api/v1/cases/{case}/shares/{agency}",
     .operation = "case_share_set",
     .door = Door::user,
     .run = case_share_set,
     .body = BodyKind::json,
     .edits = true},
    {.method = Method::post,
     .path = "/api/v1/cases/{case}/shred",
     .operation = "case_shred",
     .door = Door::user,
     .run = case_shred},
});

}  // namespace

std::span<const Route> case_routes() {
    return kRoutes;
}

}  // namespace cairn::api
