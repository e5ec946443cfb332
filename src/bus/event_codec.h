#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "bus/bus.h"

namespace cairn::bus {

inline constexpr std::size_t kTopicBytesMax = 64;
inline constexpr std::size_t kAgencyBytesMax = 64;
inline constexpr std::size_t kCaseIdBytesMax = 64;
inline constexpr std::size_t kObjectBytesMax = 128;
/// No event is longer: its version, four lengths of at most two bytes, four fields.
inline constexpr std::size_t kEncodedBytesMax =
    1 + 4 * 2 + kTopicBytesMax + kAgencyBytesMax + kCaseIdBytesMax + kObjectBytesMax;

/// Errc::invalid_argument, naming the field, when `event` is not made as `Event` says.
Status check_event(const Event& event);

/// The one byte sequence for `event`, which must have passed check_event().
ByteVector encode_event(const Event& event);

/// What another server sent. Accepts exactly what encode_event() writes, else Errc::corrupt_data.
Result<Event> decode_event(Bytes bytes);

}  // namespace cairn::bus
