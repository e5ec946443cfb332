#include "api/metrics_door.h"

#include "api/problem.h"

namespace cairn::api {

std::variant<http::Admission, http::Response> MetricsDoor::admit(const http::Request& head) {
    if (head.path != "/metrics") return problem(404, head.id);
    if (head.method != http::Method::get) return problem(405, head.id);
    return http::Admission{};
}

http::Response MetricsDoor::answer(http::Request /*request*/) {
    const http::ServerFigures figures = server_.figures();
    const auto set = [this](std::string_view name, std::uint64_t value) {
        metrics_.set(name, static_cast<double>(value));
    };
    set("connections_accepted", figures.connections);
    set("connections_open", figures.connections_open);
    set("channels_open", figures.channels_open);
    set("requests_waiting", figures.requests_waiting);
    set("handshakes_failed", figures.handshakes_failed);
    set("connections_refused", figures.refused_connections);
    set("requests_refused", figures.refused_requests);
    set("timed_out", figures.timed_out);
    http::Response response;
    response.fields.add("Content-Type", "text/plain; version=0.0.4");
    response.body = metrics_.text();
    return response;
}

std::variant<std::unique_ptr<http::ChannelListener>, http::Response> MetricsDoor::open_channel(
    http::Request request, std::shared_ptr<http::Channel> /*channel*/
) {
    return problem(404, request.id);
}

http::Response MetricsDoor::problem(unsigned status, std::string_view request_id) {
    return response_of(problem_of_status(status), request_id);
}

void MetricsDoor::answered(
    const http::Request& /*head*/,
    unsigned /*status*/,
    std::uint64_t /*sent*/,
    std::chrono::nanoseconds /*took*/
) {}

}  // namespace cairn::api
