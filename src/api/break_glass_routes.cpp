#include "access/names.h"
#include "api/json_form.h"
#include "api/route.h"

namespace cairn::api {
namespace {

using http::Method;

Result<access::BreakGlassFinding> parse_finding(std::string_view name) {
    constexpr std::array kAll = {
        access::BreakGlassFinding::justified, access::BreakGlassFinding::not_justified};
    return access::parse_name("finding", kAll, name);
}

Result<Answer> break_glass_open(Call& call) {
    const auto id = call.id<access::CaseId>("case");
    ObjectReader body = call.body();
    const std::string reason = body.text("reason", {.min = 1, .max = 2000});
    body.finish();
    CAIRN_TRY(call.check());
    const auto glass =
        CAIRN_TRY(call.place.break_glasses.open(call.actor(), call.ground, id, reason));
    return created(call, glass.text());
}

Result<Answer> break_glass_list(Call& call) {
    const auto limit = call.limit();
    const auto after = call.after<access::BreakGlassId>();
    CAIRN_TRY(call.check());
    const auto glasses =
        CAIRN_TRY(call.place.break_glasses.list(call.actor(), call.ground, after, limit));
    return page_answer(
        glasses,
        limit,
        [](const access::BreakGlass& glass) { return json_of(glass); },
        [](const access::BreakGlass& glass) { return cursor_text(glass.opened, glass.id.text()); }
    );
}

Result<Answer> break_glass_review(Call& call) {
    const auto id = call.id<access::BreakGlassId>("break_glass");
    ObjectReader body = call.body();
    const auto finding =
        body.name_in("finding", parse_finding, access::BreakGlassFinding::not_justified);
    body.finish();
    CAIRN_TRY(call.check());
    CAIRN_TRY(call.place.break_glasses.review(call.actor(), call.ground, id, finding));
    return no_content();
}

Result<access::AlertState> parse_alert_state(std::string_view name) {
    if (name == "unseen") return access::AlertState::unseen;
    if (name == "seen") return access::AlertState::seen;
    return fail(Errc::invalid_argument, "no state '{}'; there are unseen, seen", name);
}

Result<Answer> alert_list(Call& call) {
    const auto state = call.query_name("state", parse_alert_state);
    const auto limit = call.limit();
    const auto after = call.after<access::AlertId>();
    CAIRN_TRY(call.check());
    const auto alerts =
        CAIRN_TRY(access::alerts(call.place.gate, call.actor(), call.ground, state, after, limit));
    return page_answer(
        alerts,
        limit,
        [](const access::KeptAlert& kept) { return json_of(kept); },
        [](const access::KeptAlert& kept) { return cursor_text(kept.alert.raised, kept.id.text()); }
    );
}

Result<Answer> alert_seen(Call& call) {
    const auto id = call.id<access::AlertId>("alert");
    CAIRN_TRY(call.check());
    CAIRN_TRY(access::mark_alert_seen(call.place.gate, call.actor(), call.ground, id));
    return no_content();
}

constexpr auto kRoutes = std::to_array<Route>({
    {.method = Method::post,
     .path = "/api/v1/cases/{case}/break-glass",
     .operation = "break_glass_open",
     .door = Door::user,
     .run = break_glass_open,
     .body = BodyKind::json,
     .creates = "break-glasses"},
    {.method = Method::get,
     .path = "/api/v1/break-glasses",
     .operation = "break_glass_list",
     .door = Door::user,
     .run = break_glass_list,
     .query = {"after", "limit"}},
    {.method = Method::post,
     .path = "/api/v1/break-glasses/{break_glass}/review",
     .operation = "break_glass_review",
     .door = Door::user,
     .run = break_glass_review,
     .body = BodyKind::json},
    {.method = Method::get,
     .path = "/api/v1/alerts",
     .operation = "alert_list",
     .door = Door::user,
     .run = alert_list,
     .query = {"after", "limit", "state"}},
    {.method = Method::post,
     .path = "/api/v1/alerts/{alert}/seen",
     .operation = "alert_seen",
     .door = Door::user,
     .run = alert_seen},
});

}  // namespace

std::span<const Route> break_glass_routes() {
    return kRoutes;
}

}  // namespace cairn::api
