#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/event_feed.h"
#include "api/metrics.h"
#include "api/rate_limit.h"
#include "api/route.h"
#include "api/server_log.h"
#include "api/workplace.h"
#include "http/server.h"

namespace cairn::api {

/// The door of an installation: finds the operation of a request, who sends it and on what ground
/// they act, has it done, and writes the answer. What may be done is decided below, by
/// access::Gate.
class Service final : public http::Application {
public:
    struct Parts {
        Workplaces& workplaces;
        bus::Bus& bus;
        EventFeed& events;
        Metrics& metrics;
        ServerLog& log;
        /// What is no operation: the files of the web application. nullopt: there is no such file.
        std::function<std::optional<http::Response>(const http::Request&)> files;
    };

    explicit Service(const Parts& parts) : parts_(parts), user_rates_({}) {}

    std::variant<http::Admission, http::Response> admit(const http::Request& head) override;
    http::Response answer(http::Request request) override;
    std::variant<std::unique_ptr<http::ChannelListener>, http::Response> open_channel(
        http::Request request, std::shared_ptr<http::Channel> channel
    ) override;
    http::Response problem(unsigned status, std::string_view request_id) override;
    void answered(
        const http::Request& head,
        unsigned status,
        std::uint64_t sent,
        std::chrono::nanoseconds took
    ) override;

private:
    http::Response operation_answer(http::Request& request, const RouteMatch& match);
    Result<Answer> perform(Call& call);
    Status check_user_rate(const Call& call);
    void publish(const Call& call, const Answer& answer);

    Parts parts_;
    UserRates user_rates_;
};

}  // namespace cairn::api
