#include "api/json_form.h"
#include "api/route.h"
#include "api/session_cookie.h"
#include "identity/password.h"

namespace cairn::api {
namespace {

using http::Method;

Answer forget_session() {
    Answer answer = no_content();
    answer.fields.add("Set-Cookie", session_cookie(""));
    return answer;
}

Json json_of(const identity::Who& who) {
    return {
        {"user", api::json_of(who.user)},
        {"agency", api::json_of(who.agency)},
        {"session", who.session},
        {"stage", identity::name_of(who.stage)},
        {"idle_end", format_utc(who.idle_end)},
        {"latest_end", format_utc(who.latest_end)},
        {"second_factor", api::json_of(who.second_factor)},
        {"recovery_codes_left", who.recovery_codes_left}};
}

Result<Answer> session_show(Call& call) {
    const auto who = CAIRN_TRY(call.place.own_account.who(call.token));
    Json json = json_of(who);
    json["csrf"] = csrf_token(call.token);
    return json_answer(std::move(json));
}

Result<Answer> session_list(Call& call) {
    const auto sessions = CAIRN_TRY(call.place.own_account.sessions(call.token));
    Json items = Json::array();
    for (const identity::OwnSession& one : sessions) {
        items.push_back(
            {{"name", one.name},
             {"begun", format_utc(one.begun)},
             {"seen", format_utc(one.seen)},
             {"second_factor", api::json_of(one.second_factor)},
             {"current", one.is_current}}
        );
    }
    return json_answer({{"items", std::move(items)}});
}

Result<Answer> session_end_one(Call& call) {
    CAIRN_TRY(call.place.own_account.end_session(call.token, call.text("session"), call.client()));
    return no_content();
}

Result<std::string> code_in(Call& call) {
    ObjectReader body = call.body();
    std::string code = body.text("code", {.min = 1, .max = 64});
    body.finish();
    CAIRN_TRY(call.check());
    return code;
}

Result<Answer> session_end(Call& call) {
    CAIRN_TRY(call.place.own_account.sign_out(call.token, call.client()));
    return forget_session();
}

Result<Answer> sessions_end(Call& call) {
    CAIRN_TRY(call.place.own_account.sign_out_everywhere(call.token, call.client()));
    return forget_session();
}

Result<Answer> second_factor_show(Call& call) {
    const std::string code = CAIRN_TRY(code_in(call));
    CAIRN_TRY(call.place.own_account.show_second_factor(call.token, code, call.client()));
    return no_content();
}

Result<Answer> password_change(Call& call) {
    ObjectReader body = call.body();
    const auto current = body.secret("current", identity::kPasswordBytesMax);
    const auto wanted = body.secret("wanted", identity::kPasswordBytesMax);
    body.finish();
    CAIRN_TRY(call.check());
    CAIRN_TRY(call.place.own_account.change_password(
        call.token, current.view(), wanted.view(), call.client()
    ));
    return forget_session();
}

Result<Answer> authenticator_begin(Call& call) {
    const auto enrolment =
        CAIRN_TRY(call.place.own_account.begin_authenticator(call.token, call.client()));
    return json_answer({{"uri", enrolment.uri}, {"secret", enrolment.secret}});
}

Result<Answer> authenticator_finish(Call& call) {
    const std::string code = CAIRN_TRY(code_in(call));
    const auto codes =
        CAIRN_TRY(call.place.own_account.finish_authenticator(call.token, code, call.client()));
    return json_answer({{"recovery_codes", codes}});
}

Result<Answer> recovery_codes_renew(Call& call) {
    const auto codes =
        CAIRN_TRY(call.place.own_account.renew_recovery_codes(call.token, call.client()));
    return json_answer({{"recovery_codes", codes}});
}

constexpr auto kRoutes = std::to_array<Route>({
    {.method = Method::get,
     .path = "/api/v1/session",
     .operation = "session_show",
     .door = Door::begun,
     .run = session_show},
    {.method = Method::get,
     .path = "/api/v1/sessions",
     .operation = "session_list",
     .door = Door::session,
     .run = session_list},
    {.method = Method::delete_,
     .path = "/api/v1/sessions/{session}",
     .operation = "session_end_one",
     .door = Door::session,
     .run = session_end_one},
    {.method = Method::delete_,
     .path = "/api/v1/session",
     .operation = "session_end",
     .door = Door::session,
     .run = session_end},
    {.method = Method::delete_,
     .path = "/api/v1/sessions",
     .operation = "sessions_end",
     .door = Door::session,
     .run = sessions_end},
    {.method = Method::post,
     .path = "/api/v1/session/second-factor",
     .operation = "second_factor_show",
     .door = Door::session,
     .run = second_factor_show,
     .body = BodyKind::json},
    {.method = Method::post,
     .path = "/api/v1/account/password",
     .operation = "password_change",
     .door = Door::session,
     .run = password_change,
     .body = BodyKind::json},
    {.method = Method::post,
     .path = "/api/v1/account/authenticator",
     .operation = "authenticator_begin",
     .door = Door::session,
     .run = authenticator_begin},
    {.method = Method::post,
     .path = "/api/v1/account/authenticator/code",
     .operation = "authenticator_finish",
     .door = Door::session,
     .run = authenticator_finish,
     .body = BodyKind::json},
    {.method = Method::post,
     .path = "/api/v1/account/recovery-codes",
     .operation = "recovery_codes_renew",
     .door = Door::session,
     .run = recovery_codes_renew},
});

}  // namespace

std::span<const Route> account_routes() {
    return kRoutes;
}

}  // namespace cairn::api
