#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/fd.h"

namespace cairn::confine {

/// One message between a parent and its confined child: a type the protocol defines, up to
/// kPayloadMax bytes, and at most one descriptor. Sent whole or not at all (SOCK_SEQPACKET).
struct Message {
    std::uint32_t type = 0;
    ByteVector payload;
    Fd fd;
};

inline constexpr std::size_t kPayloadMax = 65536;

/// The descriptor on which a child finds its end of the channel.
inline constexpr int kChildChannel = 3;

/// Sends one message; `fd` is borrowed, -1 for none. Errc::unavailable when the peer is gone.
Status send_message(int channel, std::uint32_t type, Bytes payload, int fd = -1);

/// Receives one message. Nothing when the peer closed its end. With a deadline:
/// Errc::limit_exceeded when it passes. Errc::corrupt_data for a malformed message.
Result<std::optional<Message>> receive_message(
    int channel, std::optional<std::chrono::milliseconds> deadline = std::nullopt
);

}  // namespace cairn::confine
