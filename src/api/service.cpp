#include "api/service.h"

#include "api/recognise.h"
#include "crypto/secret.h"
#include "http/query.h"

namespace cairn::api {
namespace {

constexpr std::string_view kApi = "/api/";
constexpr std::string_view kEvents = "/api/v1/events";

bool is_operation(std::string_view path) {
    return path.starts_with(kApi) || path.starts_with("/audit/");
}

http::Response no_such_route(const http::Request& request, const RouteMatch& match) {
    http::Response response =
        response_of(problem_of_status(match.allowed.empty() ? 404 : 405), request.id);
    if (!match.allowed.empty()) response.fields.add("Allow", match.allowed);
    return response;
}

/// The answer to a creation that was done already: the same as then. Its id is the last on record.
Result<Answer> answer_before(Call& call) {
    const auto made = CAIRN_TRY(call.place.gate.done_before(call.actor(), *call.ground.once));
    if (made.empty()) return fail(Errc::internal, "{}: made nothing", call.route.operation);
    return created(call, made.back().substr(made.back().find(':') + 1));
}

/// What every answer carries (OWASP REST security): data, never a page.
void add_security_fields(http::Response& response) {
    http::Fields& fields = response.fields;
    fields.set("Cache-Control", "no-store");
    fields.set("X-Content-Type-Options", "nosniff");
    fields.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    fields.set("Cross-Origin-Resource-Policy", "same-origin");
    fields.set("Referrer-Policy", "no-referrer");
    fields.set("Strict-Transport-Security", "max-age=31536000");
}

/// Names in the query that the route does not know are told, so that a filter that is misspelt
/// does not pass for one that everything meets.
Status read_query(Call& call) {
    call.query = CAIRN_TRY(http::Query::parse(call.request.query));
    const auto& known = call.route.query;
    for (const auto& [name, value] : call.query) {
        if (std::ranges::find(known, name) == known.end()) {
            call.add(FieldProblem::Place::query, name, "is not known here");
        }
    }
    return ok();
}

Status check_body_kind(const Call& call) {
    if (call.route.body == BodyKind::none) return ok();
    const std::string_view wanted =
        call.route.body == BodyKind::json ? "application/json" : "application/octet-stream";
    const auto given = call.request.fields.find("Content-Type").value_or("");
    if (given.substr(0, given.find(';')) == wanted) return ok();
    return fail(Errc::unsupported, "the body must be {}", wanted).because("unsupported_media_type");
}

http::Response response_of(Answer answer) {
    http::Response response{.status = answer.status, .fields = std::move(answer.fields)};
    if (answer.json) {
        response.fields.add("Content-Type", "application/json");
        using Handler = Json::error_handler_t;
        response.body = answer.json->dump(-1, ' ', false, Handler::replace);
        return response;
    }
    if (!answer.media_type.empty()) response.fields.add("Content-Type", answer.media_type);
    response.body = std::move(answer.body);
    response.file = std::move(answer.file);
    return response;
}

/// What the path names last: "/cases/{case}/scans/{scan}/stop" is about the scan.
std::string last_named(const Call& call) {
    const std::string_view pattern = call.route.path;
    const auto open = pattern.rfind('{');
    if (open == pattern.npos) return {};
    const auto name = pattern.substr(open + 1, pattern.find('}', open) - open - 1);
    const auto found = call.path.find(name);
    return found == call.path.end() ? std::string() : found->second;
}

/// Passwords, codes and tokens that the client sent.
void wipe_secrets(Call& call) {
    crypto::wipe(call.token);
    for (auto& member : call.json) {
        if (auto* text = member.get_ptr<std::string*>()) crypto::wipe(*text);
    }
}

Problem problem_in(const Call& call, const Error& error) {
    Problem problem = problem_of(error);
    if (error.code == Errc::invalid_argument) problem.fields = call.problems;
    return problem;
}

}  // namespace

std::variant<http::Admission, http::Response> Service::admit(const http::Request& head) {
    if (!is_operation(head.path)) return http::Admission{};
    const RouteMatch match = find_route(head.method, head.path);
    if (match.route == nullptr) {
        http::Response response = no_such_route(head, match);
        add_security_fields(response);
        return response;
    }
    if (match.route->at_once != nullptr) {
        http::Response response = response_of(match.route->at_once());
        add_security_fields(response);
        return response;
    }
    if (match.route->body == BodyKind::none) return http::Admission{};
    return http::Admission{
        .body_bytes_max = match.route->body_bytes_max,
        .to_file = match.route->body == BodyKind::bytes};
}

http::Response Service::answer(http::Request request) {
    if (!is_operation(request.path)) {
        if (auto file = parts_.files(request)) return *std::move(file);
        http::Response response = api::response_of(problem_of_status(404), request.id);
        add_security_fields(response);
        return response;
    }
    http::Response response = operation_answer(request, find_route(request.method, request.path));
    crypto::wipe(request.body);  // it may hold a password
    add_security_fields(response);
    return response;
}

http::Response Service::operation_answer(http::Request& request, const RouteMatch& match) {
    if (match.route == nullptr) return no_such_route(request, match);
    auto place = parts_.workplaces.take();
    if (!place) {
        parts_.log.write(
            LogLevel::error,
            "records_unreachable",
            {{"request", request.id}, {"reason", place.error().message}}
        );
        return api::response_of(problem_of_status(503), request.id);
    }
    Call call{.request = request, .route = *match.route, .place = **place};
    call.take_path(match.path);
    auto answer = perform(call);
    wipe_secrets(call);
    if (answer) return response_of(*std::move(answer));
    const Problem problem = problem_in(call, answer.error());
    if (problem.status >= 500) {
        place->doubt();
        parts_.log.write(
            LogLevel::error,
            "operation_failed",
            {{"request", request.id},
             {"operation", match.route->operation},
             {"reason", answer.error().message}}
        );
    }
    return api::response_of(problem, request.id);
}

Result<Answer> Service::perform(Call& call) {
    CAIRN_TRY(recognise(call));
    CAIRN_TRY(check_user_rate(call));
    CAIRN_TRY(check_body_kind(call));
    CAIRN_TRY(read_query(call));
    read_ground(call);
    if (call.route.body == BodyKind::json) CAIRN_TRY(call.parse_body());
    // Handlers that read nothing have nothing to check themselves.
    const bool reads_body = call.route.body != BodyKind::none;
    if (!reads_body && call.route.door != Door::anybody) CAIRN_TRY(call.check());
    auto answer = call.route.run(call);
    if (answer) publish(call, *answer);
    if (!answer && answer.error().reason == "already_done") return answer_before(call);
    return answer;
}

/// What a user changed is told to those who may know of it.
void Service::publish(const Call& call, const Answer& answer) {
    if (!call.user || call.route.method == http::Method::get) return;
    bus::Event event{
        .topic = std::string(call.route.operation), .agency = call.actor().agency.text()};
    if (const auto found = call.path.find("case"); found != call.path.end()) {
        event.case_id = found->second;
    }
    if (answer.json && answer.json->contains("id")) {
        event.object = (*answer.json)["id"].get<std::string>();
    } else {
        event.object = last_named(call);
    }
    if (call.route.operation == "case_open") event.case_id = event.object;
    parts_.bus.publish(event);
}

Status Service::check_user_rate(const Call& call) {
    if (!call.user || user_rates_.take(call.user->user)) return ok();
    return fail(Errc::limit_exceeded, "this user asks too fast").because("too_many_requests");
}

std::variant<std::unique_ptr<http::ChannelListener>, http::Response> Service::open_channel(
    http::Request request, std::shared_ptr<http::Channel> channel
) {
    static constexpr Route kRoute{.path = kEvents, .operation = "events", .door = Door::session};
    if (request.path != kEvents) return problem(404, request.id);
    auto place = parts_.workplaces.take();
    if (!place) return problem(503, request.id);
    Call call{.request = request, .route = kRoute, .place = **place};
    const Status known = [&]() -> Status {
        CAIRN_TRY(check_site(request));
        CAIRN_TRY(recognise(call));
        return check_user_rate(call);
    }();
    if (known) return parts_.events.open(call.actor(), call.token, std::move(channel));
    http::Response response = api::response_of(problem_in(call, known.error()), request.id);
    add_security_fields(response);
    return response;
}

http::Response Service::problem(unsigned status, std::string_view request_id) {
    http::Response response = api::response_of(problem_of_status(status), request_id);
    add_security_fields(response);
    return response;
}

void Service::answered(
    const http::Request& head, unsigned status, std::uint64_t sent, std::chrono::nanoseconds took
) {
    std::string_view operation = "file";
    if (is_operation(head.path)) {
        const RouteMatch match = find_route(head.method, head.path);
        operation = match.route == nullptr ? "unknown" : match.route->operation;
    }
    parts_.metrics.answered(operation, status, took);
    parts_.log.write(
        LogLevel::info,
        "answered",
        {{"request", head.id},
         {"operation", operation},
         {"status", status},
         {"bytes", sent},
         {"milliseconds", std::chrono::duration<double, std::milli>(took).count()}}
    );
}

}  // namespace cairn::api
