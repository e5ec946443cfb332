#pragma once

#include "api/metrics.h"
#include "http/server.h"

namespace cairn::api {

/// Shows the figures of a server at /metrics, on a port of this machine alone.
class MetricsDoor final : public http::Application {
public:
    /// Both must outlive it.
    MetricsDoor(Metrics& metrics, const http::Server& server)
        : metrics_(metrics), server_(server) {}

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
    Metrics& metrics_;
    const http::Server& server_;
};

}  // namespace cairn::api
