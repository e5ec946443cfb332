#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "http/server.h"

namespace cairn::api {

/// Figures of a server in the text format of Prometheus. They tell of all agencies together, so
/// they are shown on a door of their own, to the operator alone. Thread-safe.
class Metrics {
public:
    Metrics();
    ~Metrics();

    void answered(std::string_view operation, unsigned status, std::chrono::nanoseconds took);
    /// One of the figures that tell the present state.
    void set(std::string_view name, double value);
    std::string text() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cairn::api
