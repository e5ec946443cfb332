#include <algorithm>

#include "api/json_form.h"
#include "api/route.h"

namespace cairn::api {
namespace {

using http::Method;

constexpr TextRule kReasonRule{.min = 1, .max = 2000};

/// Operations that need the approval of another person.
Result<access::OperationId> parse_four_eyes_operation(std::string_view name) {
    const auto all = access::operations();
    const auto found = std::ranges::find_if(all, [name](const access::Operation& one) {
        return one.four_eyes && one.name == name;
    });
    if (found != all.end()) return found->id;
    return fail(Errc::invalid_argument, "no operation of this name needs an approval");
}

Result<Answer> approval_list(Call& call) {
    const auto state = call.query_name("state", access::parse_approval_state);
    const auto limit = call.limit();
    const auto after = call.after<access::ApprovalId>();
    CAIRN_TRY(call.check());
    const auto approvals =
        CAIRN_TRY(call.place.approvals.list(call.actor(), call.ground, state, after, limit));
    return page_answer(
        approvals,
        limit,
        [](const access::Approval& approval) { return json_of(approval); },
        [](const access::Approval& approval) {
            return cursor_text(approval.requested, approval.id.text());
        }
    );
}

Result<Answer> approval_show(Call& call) {
    const auto id = call.id<access::ApprovalId>("approval");
    CAIRN_TRY(call.check());
    const auto found = CAIRN_TRY(call.place.approvals.show(call.actor(), call.ground, id));
    return json_answer(json_of(found));
}

/// What will be done, as the function that does it writes it: whoever asks for an approval and
/// whoever uses it say the same.
std::string parameters_of(access::OperationId operation, ObjectReader& body) {
    switch (operation) {
        case access::OperationId::agency_add:
            return identity::AgencyAddition::parameters(new_agency_in(body));
        case access::OperationId::user_reset_second_factor: {
            const auto user = body.optional_id<access::UserId>("user");
            if (user) return identity::AccountAdministration::parameters(*user);
            body.add("user", "must be given");
            return "{}";
        }
        default:
            return "{}";  // the case says all
    }
}

Result<Answer> approval_request(Call& call) {
    ObjectReader body = call.body();
    access::Approvals::Request request;
    request.operation =
        body.name_in("operation", parse_four_eyes_operation, access::OperationId::case_shred);
    if (access::operation(request.operation).binding == access::Binding::case_only) {
        request.case_id = body.optional_id<access::CaseId>("case");
        if (!request.case_id) body.add("case", "must be given");
    }
    request.reason = body.text("reason", kReasonRule);
    request.parameters = parameters_of(request.operation, body);
    body.finish();
    CAIRN_TRY(call.check());
    const auto id = CAIRN_TRY(call.place.approvals.request(call.actor(), call.ground, request));
    return created(call, id.text());
}

Result<Answer> approval_approve(Call& call) {
    const auto id = call.id<access::ApprovalId>("approval");
    CAIRN_TRY(call.check());
    CAIRN_TRY(call.place.approvals.approve(call.actor(), call.ground, id));
    return no_content();
}

Result<Answer> approval_refuse(Call& call) {
    const auto id = call.id<access::ApprovalId>("approval");
    ObjectReader body = call.body();
    const std::string reason = body.text("reason", kReasonRule);
    body.finish();
    CAIRN_TRY(call.check());
    CAIRN_TRY(call.place.approvals.refuse(call.actor(), call.ground, id, reason));
    return no_content();
}

constexpr auto kRoutes = std::to_array<Route>({
    {.method = Method::get,
     .path = "/api/v1/approvals",
     .operation = "approval_list",
     .door = Door::user,
     .run = approval_list,
     .query = {"after", "limit", "state"}},
    {.method = Method::get,
     .path = "/api/v1/approvals/{approval}",
     .operation = "approval_show",
     .door = Door::user,
     .run = approval_show},
    {.method = Method::post,
     .path = "/api/v1/approvals",
     .operation = "approval_request",
     .door = Door::user,
     .run = approval_request,
     .body = BodyKind::json,
     .creates = "approvals"},
    {.method = Method::post,
     .path = "/api/v1/approvals/{approval}/approve",
     .operation = "approval_approve",
     .door = Door::user,
     .run = approval_approve},
    {.method = Method::post,
     .path = "/api/v1/approvals/{approval}/refuse",
     .operation = "approval_refuse",
     .door = Door::user,
     .run = approval_refuse,
     .body = BodyKind::json},
});

}  // namespace

std::span<const Route> approval_routes() {
    return kRoutes;
}

}  // namespace cairn::api
