#include "api/json_form.h"

#include "base/hex.h"

namespace cairn::api {

Json json_of(const std::optional<UtcTime>& time) {
    return time ? Json(format_utc(*time)) : Json();
}

Json json_of(const access::Agency& agency) {
    return {
        {"id", agency.id.text()},
        {"name", agency.name},
        {"profile", access::name_of(agency.profile)}};
}

identity::NewAgency new_agency_in(ObjectReader& body) {
    return {
        .name = body.text("name"),
        .profile = body.name_in("profile", access::parse_profile, access::Profile::auditor),
        .administrator_login = body.text("administrator_login"),
        .administrator_name = body.text("administrator_name")};
}

Json json_of(const access::User& user) {
    return {
        {"id", user.id.text()},
        {"login", user.login},
        {"name", user.name},
        {"state", access::name_of(user.state)},
        {"roles", names_of(user.roles, access::kRoles)},
        {"created", format_utc(user.created)}};
}

Json json_of(const access::Case& one) {
    return {
        {"id", one.id.text()},
        {"agency", one.agency.text()},
        {"number", one.agency_number},
        {"title", one.level >= access::Level::summary ? Json(one.title) : Json()},
        {"state", access::name_of(one.state)},
        {"restricted", one.restricted},
        {"opened", format_utc(one.opened)},
        {"level", access::name_of(one.level)}};
}

Json json_of(const access::CaseMember& member) {
    return {{"user", member.user.text()}, {"level", access::name_of(member.level)}};
}

Json json_of(const access::CaseShare& share) {
    return {{"agency", share.agency.text()}, {"level", access::name_of(share.level)}};
}

Json json_of(const access::Authority& authority) {
    const access::AuthorityTerms& terms = authority.terms;
    Json scope = Json::array();
    for (const access::ScopeItem& item : terms.scope) {
        scope.push_back({{"kind", access::name_of(item.kind)}, {"value", item.value}});
    }
    return {
        {"id", authority.id.text()},
        {"version", authority.version},
        {"state", access::name_of(authority.state)},
        {"issuer", access::name_of(terms.issuer)},
        {"issuer_name", terms.issuer_name},
        {"reference", terms.reference},
        {"legal_basis", terms.legal_basis},
        {"basis_text", terms.basis_text},
        {"acts", names_of(terms.acts, access::kAuthorityActs)},
        {"scope", std::move(scope)},
        {"starts", format_utc(terms.starts)},
        {"ends", format_utc(terms.ends)},
        {"document", terms.document ? Json(hex_encode(*terms.document)) : Json()},
        {"created_by", authority.created_by.text()},
        {"approved_by", authority.approved_by ? Json(authority.approved_by->text()) : Json()},
        {"created", format_utc(authority.created)}};
}

Json json_of(const access::Approval& approval) {
    return {
        {"id", approval.id.text()},
        {"operation", access::operation(approval.operation).name},
        {"case", approval.case_id ? Json(approval.case_id->text()) : Json()},
        {"parameters", Json::parse(approval.parameters, nullptr, false)},
        {"digest", hex_encode(approval.digest)},
        {"reason", approval.reason},
        {"state", access::name_of(approval.state)},
        {"requested_by", approval.requested_by.text()},
        {"requested", format_utc(approval.requested)},
        {"expires", format_utc(approval.expires)},
        {"decided_by", approval.decided_by ? Json(approval.decided_by->text()) : Json()},
        {"decided", json_of(approval.decided)},
        {"refusal", approval.refusal.empty() ? Json() : Json(approval.refusal)}};
}

Json json_of(const access::BreakGlass& glass) {
    return {
        {"id", glass.id.text()},
        {"user", glass.user.text()},
        {"case", glass.case_id.text()},
        {"reason", glass.reason},
        {"opened", format_utc(glass.opened)},
        {"ends", format_utc(glass.ends)},
        {"review_due", format_utc(glass.review_due)},
        {"escalated", json_of(glass.escalated)},
        {"reviewed_by", glass.reviewed_by ? Json(glass.reviewed_by->text()) : Json()},
        {"reviewed", json_of(glass.reviewed)},
        {"finding", glass.finding ? Json(access::name_of(*glass.finding)) : Json()}};
}

Json json_of(const access::KeptAlert& kept) {
    return {
        {"id", kept.id.text()},
        {"role", access::name_of(kept.alert.role)},
        {"kind", kept.alert.kind},
        {"object", kept.alert.object},
        {"raised", format_utc(kept.alert.raised)},
        {"seen", json_of(kept.seen)},
        {"seen_by", kept.seen_by ? Json(kept.seen_by->text()) : Json()}};
}

Json json_of(const identity::ApiKey& key) {
    Json scope = Json::array();
    for (const access::OperationId id : key.scope) scope.push_back(access::operation(id).name);
    return {
        {"id", key.id.text()},
        {"user", key.user.text()},
        {"name", key.name},
        {"scope", std::move(scope)},
        {"created_by", key.created_by.text()},
        {"created", format_utc(key.created)},
        {"expires", format_utc(key.expires)},
        {"last_used", json_of(key.last_used)},
        {"revoked", json_of(key.revoked)}};
}

}  // namespace cairn::api
