#include "access/names.h"
#include "api/json_form.h"
#include "api/route.h"

namespace cairn::api {
namespace {

using http::Method;

constexpr TextRule kWordRule{.min = 1, .max = 200};
constexpr TextRule kLongRule{.min = 0, .max = 4000};
constexpr std::size_t kScopeItemsMax = 1000;

crypto::Sha256 document_in(ObjectReader& body, const std::string& text) {
    const auto digest = hex_decode_array<32>(text);
    if (digest) return *digest;
    body.add("document", "must be 64 hexadecimal digits, the SHA-256 of the document");
    return {};
}

access::AuthorityTerms terms_in(Call& call) {
    ObjectReader body = call.body();
    access::AuthorityTerms terms;
    terms.issuer = body.name_in("issuer", access::parse_issuer, access::Issuer::court);
    terms.issuer_name = body.text("issuer_name", kWordRule);
    terms.reference = body.text("reference", kWordRule);
    terms.legal_basis = body.text("legal_basis", kWordRule);
    terms.basis_text = body.optional_text("basis_text", kLongRule).value_or("");
    terms.acts = body.names_in<access::AuthorityActs>("acts", access::parse_authority_act);
    for (ObjectReader& item : body.objects("scope", kScopeItemsMax)) {
        const auto kind =
            item.name_in("kind", access::parse_scope_kind, access::ScopeKind::case_id);
        terms.scope.push_back({kind, item.text("value", {.min = 1, .max = 500})});
        item.finish();
    }
    terms.starts = body.time("starts");
    terms.ends = body.time("ends");
    if (const auto document = body.optional_text("document")) {
        terms.document = document_in(body, *document);
    }
    body.finish();
    return terms;
}

Result<access::AuthorityState> parse_state(std::string_view name) {
    return access::parse_name("state", access::kAuthorityStates, name);
}

Result<Answer> authority_list(Call& call) {
    const access::AuthorityFilter filter{
        .state = call.query_name("state", parse_state),
        .act = call.query_name("act", access::parse_authority_act)};
    const auto limit = call.limit();
    const auto after = call.after<access::AuthorityId>();
    CAIRN_TRY(call.check());
    const auto authorities =
        CAIRN_TRY(call.place.authorities.list(call.actor(), call.ground, filter, after, limit));
    return page_answer(
        authorities,
        limit,
        [](const access::Authority& authority) { return json_of(authority); },
        [](const access::Authority& authority) {
            return cursor_text(authority.created, authority.id.text());
        }
    );
}

Result<Answer> authority_show(Call& call) {
    const auto id = call.id<access::AuthorityId>("authority");
    CAIRN_TRY(call.check());
    const auto versions = CAIRN_TRY(call.place.authorities.show(call.actor(), call.ground, id));
    Json items = Json::array();
    for (const access::Authority& version : versions) items.push_back(json_of(version));
    return json_answer({{"items", std::move(items)}});
}

Result<Answer> authority_draft(Call& call) {
    const access::AuthorityTerms terms = terms_in(call);
    CAIRN_TRY(call.check());
    const auto id = CAIRN_TRY(call.place.authorities.draft(call.actor(), call.ground, terms));
    return created(call, id.text());
}

Result<Answer> authority_amend(Call& call) {
    const auto id = call.id<access::AuthorityId>("authority");
    const access::AuthorityTerms terms = terms_in(call);
    CAIRN_TRY(call.check());
    CAIRN_TRY(call.place.authorities.amend(call.actor(), call.ground, id, terms));
    return no_content();
}

template <Status (access::Authorities::*
                      act)(const access::Actor&, const access::Ground&, const access::AuthorityId&)>
Result<Answer> authority_act(Call& call) {
    const auto id = call.id<access::AuthorityId>("authority");
    CAIRN_TRY(call.check());
    CAIRN_TRY((call.place.authorities.*act)(call.actor(), call.ground, id));
    return no_content();
}

constexpr auto kRoutes = std::to_array<Route>({
    {.method = Method::get,
     .path = "/api/v1/authorities",
     .operation = "authority_list",
     .door = Door::user,
     .run = authority_list,
     .query = {"after", "limit", "state", "act"}},
    {.method = Method::post,
     .path = "/api/v1/authorities",
     .operation = "authority_draft",
     .door = Door::user,
     .run = authority_draft,
     .body = BodyKind::json,
     .creates = "authorities"},
    {.method = Method::get,
     .path = "/api/v1/authorities/{authority}",
     .operation = "authority_show",
     .door = Door::user,
     .run = authority_show},
    {.method = Method::post,
     .path = "/api/v1/authorities/{authority}/versions",
     .operation = "authority_amend",
     .door = Door::user,
     .run = authority_amend,
     .body = BodyKind::json,
     .edits = true},
    {.method = Method::post,
     .path = "/api/v1/authorities/{authority}/activate",
     .operation = "authority_activate",
     .door = Door::user,
     .run = authority_act<&access::Authorities::activate>,
     .edits = true},
    {.method = Method::post,
     .path = "/api/v1/authorities/{authority}/suspend",
     .operation = "authority_suspend",
     .door = Door::user,
     .run = authority_act<&access::Authorities::suspend>,
     .edits = true},
    {.method = Method::post,
     .path = "/api/v1/authorities/{authority}/revoke",
     .operation = "authority_revoke",
     .door = Door::user,
     .run = authority_act<&access::Authorities::revoke>,
     .edits = true},
});

}  // namespace

std::span<const Route> authority_routes() {
    return kRoutes;
}

}  // namespace cairn::api
