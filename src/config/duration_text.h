#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cairn::config {

enum class DurationUnit : std::uint8_t { seconds, minutes, hours, days };

/// Reads "15 min": a whole number up to 99,999,999 without sign or leading zero, one space, and
/// s, min, h or d. A day has 24 hours.
Result<std::chrono::seconds> parse_duration(std::string_view text);

/// The inverse, in the largest unit that divides `duration`. Not for negative ones.
std::string format_duration(std::chrono::seconds duration);
/// In `unit` when it divides `duration`, so that "72 h" does not become "3 d".
std::string format_duration(std::chrono::seconds duration, DurationUnit unit);

}  // namespace cairn::config
