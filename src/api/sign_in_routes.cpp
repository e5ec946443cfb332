#include "api/route.h"
#include "api/session_cookie.h"
#include "http/cookie.h"

namespace cairn::api {
namespace {

using http::Method;

/// A session as its holder gets it: browsers keep it in a cookie, programs are given the token.
Answer session_answer(std::string_view token, identity::Stage stage, bool as_token) {
    Answer answer = json_answer({{"stage", identity::name_of(stage)}, {"csrf", csrf_token(token)}});
    if (as_token) {
        (*answer.json)["token"] = token;
    } else {
        answer.fields.add("Set-Cookie", session_cookie(token));
    }
    return answer;
}

/// A step of a session is answered in the way in which it was asked.
bool wants_token(const Call& call) {
    return call.credential == Credential::bearer;
}

Result<Answer> sign_in(Call& call) {
    ObjectReader body = call.body();
    const std::string agency = body.text("agency");
    const std::string login = body.text("login");
    const auto password = body.secret("password", identity::kPasswordBytesMax);
    const std::string deliver = body.optional_text("deliver").value_or("cookie");
    if (deliver != "cookie" && deliver != "token") body.add("deliver", "must be cookie or token");
    body.finish();
    CAIRN_TRY(call.check());
    const auto half =
        CAIRN_TRY(call.place.sign_in.with_password({agency, login}, password.view(), call.client())
        );
    return session_answer(half.token.text(), half.stage, deliver == "token");
}

Result<Answer> sign_in_code(Call& call) {
    ObjectReader body = call.body();
    const std::string code = body.text("code", {.min = 1, .max = 64});
    body.finish();
    CAIRN_TRY(call.check());
    const auto in = CAIRN_TRY(call.place.sign_in.with_code(call.token, code, call.client()));
    Answer answer = session_answer(in.token.text(), identity::Stage::complete, wants_token(call));
    (*answer.json)["recovery_codes_left"] = in.recovery_codes_left;
    return answer;
}

Result<Answer> enrolment_begin(Call& call) {
    const auto enrolment = CAIRN_TRY(call.place.sign_in.begin_enrolment(call.token, call.client()));
    return json_answer({{"uri", enrolment.uri}, {"secret", enrolment.secret}});
}

Result<Answer> enrolment_finish(Call& call) {
    ObjectReader body = call.body();
    const std::string code = body.text("code", {.min = 1, .max = 64});
    body.finish();
    CAIRN_TRY(call.check());
    const auto in = CAIRN_TRY(call.place.sign_in.finish_enrolment(call.token, code, call.client()));
    Answer answer = session_answer(in.token.text(), identity::Stage::complete, wants_token(call));
    (*answer.json)["recovery_codes"] = in.recovery_codes;
    return answer;
}

Result<Answer> accept(Call& call, identity::TokenKind kind) {
    ObjectReader body = call.body();
    const std::string token = body.text("token");
    const auto password = body.secret("password", identity::kPasswordBytesMax);
    body.finish();
    CAIRN_TRY(call.check());
    CAIRN_TRY(call.place.acceptance.accept(kind, token, password.view(), call.client()));
    return no_content();
}

Result<Answer> invitation_accept(Call& call) {
    return accept(call, identity::TokenKind::invitation);
}

Result<Answer> password_reset_accept(Call& call) {
    return accept(call, identity::TokenKind::reset);
}

Result<Answer> openid_begin(Call& call) {
    ObjectReader body = call.body();
    const std::string issuer = body.text("issuer");
    const auto invitation = body.optional_text("invitation");
    body.finish();
    CAIRN_TRY(call.check());
    const auto begun = CAIRN_TRY(call.place.openid_sign_in.begin(issuer, call.client()));
    Answer answer = json_answer({{"address", begun.address}});
    // The invitation travels with the browser that shows it, and not through the provider.
    answer.fields.add("Set-Cookie", openid_cookie(begun.verifier + "." + invitation.value_or("")));
    return answer;
}

/// Comes from another site, so that the browser shows no strict cookie: the page that is answered
/// goes on to this site by itself, and from there the new session's cookie goes along.
Result<Answer> openid_return(Call& call) {
    const std::string cookie(http::find_cookie(call.request.fields, kOpenidCookie).value_or(""));
    const auto dot = cookie.find('.');
    const std::string verifier = cookie.substr(0, dot);
    const std::string invitation = dot == cookie.npos ? "" : cookie.substr(dot + 1);
    const std::string state = call.query_text("state").value_or("");
    const std::string code = call.query_text("code").value_or("");
    const std::string issuer = call.query_text("iss").value_or("");
    const auto half = CAIRN_TRY(call.place.openid_sign_in.finish(
        {.state = state,
         .code = code,
         .issuer = issuer,
         .verifier = verifier,
         .invitation = invitation},
        call.client()
    ));
    Answer answer;
    answer.media_type = "text/html; charset=utf-8";
    answer.body =
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Cairn</title>"
        "<meta http-equiv=\"refresh\" content=\"0; url=/sign-in\"></head>"
        "<body><p><a href=\"/sign-in\">Go on</a></p></body></html>\n";
    answer.fields.add("Set-Cookie", session_cookie(half.token.text()));
    answer.fields.add("Set-Cookie", openid_cookie(""));
    return answer;
}

constexpr auto kRoutes = std::to_array<Route>({
    {.method = Method::post,
     .path = "/api/v1/sign-in",
     .operation = "sign_in",
     .door = Door::anybody,
     .run = sign_in,
     .body = BodyKind::json},
    {.method = Method::post,
     .path = "/api/v1/sign-in/code",
     .operation = "sign_in_code",
     .door = Door::begun,
     .run = sign_in_code,
     .body = BodyKind::json},
    {.method = Method::post,
     .path = "/api/v1/sign-in/enrolment",
     .operation = "enrolment_begin",
     .door = Door::begun,
     .run = enrolment_begin},
    {.method = Method::post,
     .path = "/api/v1/sign-in/enrolment/code",
     .operation = "enrolment_finish",
     .door = Door::begun,
     .run = enrolment_finish,
     .body = BodyKind::json},
    {.method = Method::post,
     .path = "/api/v1/sign-in/openid",
     .operation = "openid_begin",
     .door = Door::anybody,
     .run = openid_begin,
     .body = BodyKind::json},
    {.method = Method::get,
     .path = "/api/v1/sign-in/openid/return",
     .operation = "openid_return",
     .door = Door::anybody,
     .run = openid_return,
     .query = {"state", "code", "iss", "error", "error_description", "session_state", "scope"}},
    {.method = Method::post,
     .path = "/api/v1/invitations/accept",
     .operation = "invitation_accept",
     .door = Door::anybody,
     .run = invitation_accept,
     .body = BodyKind::json},
    {.method = Method::post,
     .path = "/api/v1/password-resets/accept",
     .operation = "password_reset_accept",
     .door = Door::anybody,
     .run = password_reset_accept,
     .body = BodyKind::json},
});

}  // namespace

std::span<const Route> sign_in_routes() {
    return kRoutes;
}

}  // namespace cairn::api
