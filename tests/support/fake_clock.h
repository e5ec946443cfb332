#pragma once

#include "base/utc_time.h"

namespace cairn::test {

/// Stands still until it is moved.
class FakeClock final : public Clock {
public:
    UtcTime now() const override { return now_; }
    void advance(std::chrono::microseconds by) { now_ += by; }

private:
    UtcTime now_{std::chrono::seconds(1'790'000'000)};
};

}  // namespace cairn::test
