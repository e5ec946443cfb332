#include "api/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace cairn::api {
namespace {

/// Seconds; up to a page that somebody would give up on.
const prometheus::Histogram::BucketBoundaries kDurations = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};

}  // namespace

struct Metrics::State {
    prometheus::Registry registry;
    prometheus::Family<prometheus::Counter>& requests =
        prometheus::BuildCounter()
            .Name("cairn_http_requests_total")
            .Help("Requests answered, by operation and status.")
            .Register(registry);
    prometheus::Family<prometheus::Histogram>& durations =
        prometheus::BuildHistogram()
            .Name("cairn_http_request_duration_seconds")
            .Help("From the end of the header to the end of the answer, by operation.")
            .Register(registry);
    prometheus::Family<prometheus::Gauge>& states = prometheus::BuildGauge()
                                                        .Name("cairn_server")
                                                        .Help("The server as it is now.")
                                                        .Register(registry);
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::answered(std::string_view operation, unsigned status, std::chrono::nanoseconds took) {
    const std::string name(operation);
    state_->requests.Add({{"operation", name}, {"status", std::to_string(status)}}).Increment();
    state_->durations.Add({{"operation", name}}, kDurations)
        .Observe(std::chrono::duration<double>(took).count());
}

void Metrics::set(std::string_view name, double value) {
    state_->states.Add({{"figure", std::string(name)}}).Set(value);
}

std::string Metrics::text() const {
    return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace cairn::api
