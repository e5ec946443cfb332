#include "api/contract.h"
#include "api/json_form.h"
#include "api/route.h"

namespace cairn::api {
namespace {

using http::Method;

/// The program runs and answers.
Answer health() {
    return json_answer({{"status", "ok"}});
}

/// It can do its work: the records answer, the audit log is written, and other servers are reached.
Result<Answer> ready(Call& call) {
    CAIRN_TRY(call.place.check());
    CAIRN_TRY(call.place.audit_queue.health());
    CAIRN_TRY(call.place.bus.health());
    return json_answer({{"status", "ok"}});
}

/// What a page needs before anybody has signed in.
Result<Answer> installation_show(Call& call) {
    const config::Configuration& configuration = call.place.configuration;
    Json providers = Json::array();
    for (const config::OpenIdConnect& one : configuration.sign_in.openid_connect) {
        providers.push_back({{"name", one.name}, {"issuer", one.issuer}});
    }
    return json_answer(
        {{"name", configuration.installation.name},
         {"profile", access::name_of(call.place.gate.installation().profile)},
         {"openid_providers", std::move(providers)}}
    );
}

Result<Answer> contract_show(Call& /*call*/) {
    Answer answer;
    answer.media_type = "application/yaml";
    answer.body = kContract;
    return answer;
}

constexpr auto kRoutes = std::to_array<Route>({
    {.method = Method::get,
     .path = "/api/v1/health",
     .operation = "health",
     .door = Door::anybody,
     .at_once = health},
    {.method = Method::get,
     .path = "/api/v1/ready",
     .operation = "ready",
     .door = Door::anybody,
     .run = ready},
    {.method = Method::get,
     .path = "/api/v1/installation",
     .operation = "installation_show",
     .door = Door::anybody,
     .run = installation_show},
    {.method = Method::get,
     .path = "/api/v1/openapi.yaml",
     .operation = "contract_show",
     .door = Door::anybody,
     .run = contract_show},
});

}  // namespace

std::span<const Route> system_routes() {
    return kRoutes;
}

}  // namespace cairn::api
