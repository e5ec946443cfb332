#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cairn {

/// An instant in UTC, microseconds.
using UtcTime = std::chrono::sys_time<std::chrono::microseconds>;

/// As the records keep it: microseconds since 1970.
constexpr std::int64_t microseconds_of(UtcTime time) {
    return time.time_since_epoch().count();
}
constexpr UtcTime utc_from_microseconds(std::int64_t count) {
    return UtcTime(std::chrono::microseconds(count));
}

/// Where the present comes from; tests put their own in.
class Clock {
public:
    virtual ~Clock() = default;
    virtual UtcTime now() const = 0;
};

class SystemClock final : public Clock {
public:
    UtcTime now() const override;
};

/// RFC 3339 with the zone, seconds: "2026-11-22T03:11:00Z". The only place that formats times.
std::string format_utc(UtcTime time);

/// Reads a time of RFC 3339 with its zone: "2026-11-22T03:11:00Z", "2026-11-22T04:11:00.25+01:00".
/// Errc::invalid_argument for one without a zone, for dates that are none and for leap seconds.
Result<UtcTime> parse_utc(std::string_view text);

/// A duration for people: "0.4 s", "12 s", "3 min 05 s", "2 h 10 min".
std::string human_duration(std::chrono::milliseconds duration);

}  // namespace cairn
