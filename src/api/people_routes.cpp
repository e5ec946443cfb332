#include <algorithm>

#include "api/json_form.h"
#include "api/route.h"

namespace cairn::api {
namespace {

using http::Method;

Result<Answer> agency_list(Call& call) {
    const auto limit = call.limit();
    const auto after = call.after<access::AgencyId>();
    CAIRN_TRY(call.check());
    const auto agencies =
        CAIRN_TRY(call.place.people.agencies(call.actor(), call.ground, after, limit));
    return page_answer(
        agencies,
        limit,
        [](const access::Agency& agency) { return json_of(agency); },
        [](const access::Agency& agency) { return cursor_text(agency.created, agency.id.text()); }
    );
}

Result<Answer> agency_show(Call& call) {
    const auto id = call.id<access::AgencyId>("agency");
    CAIRN_TRY(call.check());
    const auto found = CAIRN_TRY(call.place.people.agency(call.actor(), call.ground, id));
    return json_answer(json_of(found));
}

Result<Answer> agency_add(Call& call) {
    ObjectReader body = call.body();
    const identity::NewAgency agency = new_agency_in(body);
    body.finish();
    CAIRN_TRY(call.check());
    const auto added = CAIRN_TRY(call.place.agency_addition.add(call.actor(), call.ground, agency));
    Answer answer = created(call, added.agency.text());
    (*answer.json)["administrator"] = added.user.text();
    (*answer.json)["invitation"] = added.invitation.text();
    return answer;
}

Result<Answer> user_list(Call& call) {
    const auto limit = call.limit();
    const auto after = call.after<access::UserId>();
    const auto prefix = call.query_text("prefix");
    CAIRN_TRY(call.check());
    if (prefix) {
        const auto users = CAIRN_TRY(call.place.people.find_users(
            call.actor(), call.ground, *prefix, static_cast<std::size_t>(limit)
        ));
        Json items = Json::array();
        for (const access::User& user : users) items.push_back(json_of(user));
        return json_answer({{"items", std::move(items)}, {"next", nullptr}});
    }
    const auto users = CAIRN_TRY(call.place.people.users(call.actor(), call.ground, after, limit));
    return page_answer(
        users,
        limit,
        [](const access::User& user) { return json_of(user); },
        [](const access::User& user) { return cursor_text(user.created, user.id.text()); }
    );
}

Result<Answer> user_show(Call& call) {
    const auto id = call.id<access::UserId>("user");
    CAIRN_TRY(call.check());
    const auto user = CAIRN_TRY(call.place.people.show(call.actor(), call.ground, id));
    return revised_answer(json_of(user), user.revision);
}

access::Roles roles_in(ObjectReader& body) {
    return body.names_in<access::Roles>("roles", access::parse_role);
}

Result<Answer> user_add(Call& call) {
    ObjectReader body = call.body();
    const access::NewUser user{
        .login = body.text("login"), .name = body.text("name"), .roles = roles_in(body)};
    body.finish();
    CAIRN_TRY(call.check());
    const auto id = CAIRN_TRY(call.place.people.add_user(call.actor(), call.ground, user));
    return created(call, id.text());
}

Result<Answer> user_set_roles(Call& call) {
    const auto user = call.id<access::UserId>("user");
    ObjectReader body = call.body();
    const access::Roles roles = roles_in(body);
    body.finish();
    CAIRN_TRY(call.check());
    CAIRN_TRY(call.place.people.set_roles(call.actor(), call.ground, user, roles));
    return no_content();
}

/// An act upon one user that takes and gives nothing else.
template <
    typename Object,
    Status (Object::*act)(const access::Actor&, const access::Ground&, const access::UserId&)>
Result<Answer> user_act(Call& call, Object& object) {
    const auto user = call.id<access::UserId>("user");
    CAIRN_TRY(call.check());
    CAIRN_TRY((object.*act)(call.actor(), call.ground, user));
    return no_content();
}

Result<Answer> user_disable(Call& call) {
    return user_act<access::People, &access::People::disable>(call, call.place.people);
}

Result<Answer> user_enable(Call& call) {
    return user_act<access::People, &access::People::enable>(call, call.place.people);
}

using Accounts = identity::AccountAdministration;

Result<Answer> user_reset_second_factor(Call& call) {
    return user_act<Accounts, &Accounts::reset_second_factor>(call, call.place.accounts);
}

Result<Answer> user_end_sessions(Call& call) {
    return user_act<Accounts, &Accounts::end_sessions>(call, call.place.accounts);
}

template <Result<
    identity::
        Token> (Accounts::*
                    issue)(const access::Actor&, const access::Ground&, const access::UserId&)>
Result<Answer> user_token(Call& call) {
    const auto user = call.id<access::UserId>("user");
    CAIRN_TRY(call.check());
    const auto token = CAIRN_TRY((call.place.accounts.*issue)(call.actor(), call.ground, user));
    Answer answer = json_answer({{"token", token.text()}});
    answer.status = 201;
    return answer;
}

Result<crypto::Certificate> certificate_in(Call& call) {
    ObjectReader body = call.body();
    const std::string pem =
        body.text("certificate", {.min = 1, .max = crypto::kCertificateBytesMax});
    body.finish();
    CAIRN_TRY(call.check());
    return crypto::Certificate::parse(as_bytes(pem));
}

Result<Answer> user_bind_key(Call& call) {
    const auto user = call.id<access::UserId>("user");
    const auto certificate = CAIRN_TRY(certificate_in(call));
    CAIRN_TRY(call.place.accounts.bind_key(call.actor(), call.ground, user, certificate));
    Answer answer = json_answer({{"key", hex_encode(certificate.key_digest())}});
    answer.status = 201;
    return answer;
}

crypto::Sha256 digest_in(Call& call, std::string_view name) {
    const auto digest = hex_decode_array<32>(call.text(name));
    if (digest) return *digest;
    call.add(FieldProblem::Place::path, name, "must be 64 hexadecimal digits");
    return {};
}

Result<Answer> user_unbind_key(Call& call) {
    const auto user = call.id<access::UserId>("user");
    const auto key = digest_in(call, "key");
    CAIRN_TRY(call.check());
    CAIRN_TRY(call.place.accounts.unbind_key(call.actor(), call.ground, user, key));
    return no_content();
}

Result<Answer> agency_certificate_add(Call& call) {
    const auto certificate = CAIRN_TRY(certificate_in(call));
    CAIRN_TRY(call.place.accounts.add_authority(call.actor(), call.ground, certificate));
    Answer answer = json_answer({{"fingerprint", hex_encode(certificate.fingerprint())}});
    answer.status = 201;
    return answer;
}

Result<Answer> agency_certificate_remove(Call& call) {
    const auto fingerprint = digest_in(call, "fingerprint");
    CAIRN_TRY(call.check());
    CAIRN_TRY(call.place.accounts.remove_authority(call.actor(), call.ground, fingerprint));
    return no_content();
}

Result<access::OperationId> parse_operation(std::string_view name) {
    const auto all = access::operations();
    const auto found = std::ranges::find(all, name, &access::Operation::name);
    if (found != all.end()) return found->id;
    return fail(Errc::invalid_argument, "no operation '{}'", name);
}

Result<Answer> api_key_add(Call& call) {
    ObjectReader body = call.body();
    identity::ApiKeyAdministration::NewKey wanted{.user = call.id<access::UserId>("user")};
    wanted.name = body.text("name");
    wanted.scope = body.names_in<std::set<access::OperationId>>("scope", parse_operation);
    wanted.expires = body.time("expires");
    body.finish();
    CAIRN_TRY(call.check());
    const auto issued =
        CAIRN_TRY(call.place.api_key_administration.add(call.actor(), call.ground, wanted));
    Answer answer = json_answer({{"id", issued.id.text()}, {"token", issued.token.text()}});
    answer.status = 201;
    return answer;
}

Result<Answer> api_key_list(Call& call) {
    const auto limit = call.limit();
    const auto after = call.after<identity::ApiKeyId>();
    CAIRN_TRY(call.check());
    const auto keys =
        CAIRN_TRY(call.place.api_key_administration.list(call.actor(), call.ground, after, limit));
    return page_answer(
        keys,
        limit,
        [](const identity::ApiKey& key) { return json_of(key); },
        [](const identity::ApiKey& key) { return cursor_text(key.created, key.id.text()); }
    );
}

Result<Answer> api_key_revoke(Call& call) {
    const auto id = call.id<identity::ApiKeyId>("key");
    CAIRN_TRY(call.check());
    CAIRN_TRY(call.place.api_key_administration.revoke(call.actor(), call.ground, id));
    return no_content();
}

constexpr auto kRoutes = std::to_array<Route>({
    {.method = Method::get,
     .path = "/api/v1/agencies",
     .operation = "agency_list",
     .door = Door::user,
     .run = agency_list,
     .query = {"after", "limit"}},
    {.method = Method::get,
     .path = "/api/v1/agencies/{agency}",
     .operation = "agency_show",
     .door = Door::user,
     .run = agency_show},
    {.method = Method::post,
     .path = "/api/v1/agencies",
     .operation = "agency_add",
     .door = Door::user,
     .run = agency_add,
     .body = BodyKind::json,
     .creates = "agencies"},
    {.method = Method::post,
     .path = "/api/v1/client-authorities",
     .operation = "agency_certificate_add",
     .door = Door::user,
     .run = agency_certificate_add,
     .body = BodyKind::json},
    {.method = Method::delete_,
     .path = "/api/v1/client-authorities/{fingerprint}",
     .operation = "agency_certificate_remove",
     .door = Door::user,
     .run = agency_certificate_remove},
    {.method = Method::get,
     .path = "/api/v1/users",
     .operation = "user_list",
     .door = Door::user,
     .run = user_list,
     .query = {"after", "limit", "prefix"}},
    {.method = Method::post,
     .path = "/api/v1/users",
     .operation = "user_add",
     .door = Door::user,
     .run = user_add,
     .body = BodyKind::json,
     .creates = "users"},
    {.method = Method::get,
     .path = "/api/v1/users/{user}",
     .operation = "user_show",
     .door = Door::user,
     .run = user_show},
    {.method = Method::put,
     .path = "/api/v1/users/{user}/roles",
     .operation = "user_set_roles",
     .door = Door::user,
     .run = user_set_roles,
     .body = BodyKind::json,
     .edits = true},
    {.method = Method::post,
     .path = "/api/v1/users/{user}/disable",
     .operation = "user_disable",
     .door = Door::user,
     .run = user_disable,
     .edits = true},
    {.method = Method::post,
     .path = "/api/v1/users/{user}/enable",
     .operation = "user_enable",
     .door = Door::user,
     .run = user_enable,
     .edits = true},
    {.method = Method::post,
     .path = "/api/v1/users/{user}/invitation",
     .operation = "user_invite",
     .door = Door::user,
     .run = user_token<&Accounts::invite>},
    {.method = Method::post,
     .path = "/api/v1/users/{user}/password-reset",
     .operation = "user_reset_password",
     .door = Door::user,
     .run = user_token<&Accounts::reset_password>},
    {.method = Method::post,
     .path = "/api/v1/users/{user}/second-factor-reset",
     .operation = "user_reset_second_factor",
     .door = Door::user,
     .run = user_reset_second_factor},
    {.method = Method::delete_,
     .path = "/api/v1/users/{user}/sessions",
     .operation = "user_end_sessions",
     .door = Door::user,
     .run = user_end_sessions},
    {.method = Method::post,
     .path = "/api/v1/users/{user}/keys",
     .operation = "user_bind_key",
     .door = Door::user,
     .run = user_bind_key,
     .body = BodyKind::json},
    {.method = Method::get,
     .path = "/api/v1/api-keys",
     .operation = "api_key_list",
     .door = Door::user,
     .run = api_key_list,
     .query = {"after", "limit"}},
    {.method = Method::post,
     .path = "/api/v1/users/{user}/api-keys",
     .operation = "api_key_add",
     .door = Door::user,
     .run = api_key_add,
     .body = BodyKind::json},
    {.method = Method::delete_,
     .path = "/api/v1/api-keys/{key}",
     .operation = "api_key_revoke",
     .door = Door::user,
     .run = api_key_revoke},
    {.method = Method::delete_,
     .path = "/api/v1/users/{user}/keys/{key}",
     .operation = "user_unbind_key",
     .door = Door::user,
     .run = user_unbind_key},
});

}  // namespace

std::span<const Route> people_routes() {
    return kRoutes;
}

}  // namespace cairn::api
