#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "bus/nats_bus.h"

namespace cairn::bus {

/// One connection to the cluster that reconnects by itself, and one subscription on it. Thread-safe
/// but for its end.
class NatsSession {
public:
    virtual ~NatsSession() = default;
    /// Puts a message on its way. False when there is no room for it.
    virtual bool send(Bytes message) = 0;
    /// Waits for the next message; nothing when close() was called or the library gave up.
    virtual std::optional<ByteVector> receive() = 0;
    /// Waits until what was sent has left, as long as that takes no longer than `time_max`.
    virtual void flush(std::chrono::milliseconds time_max) = 0;
    /// Ends receive().
    virtual void close() = 0;
    /// Errc::unavailable and why, while the cluster is not reached or does not let us listen.
    virtual Status health() = 0;
    /// Messages that came faster than they were received.
    virtual std::uint64_t dropped() = 0;
};

/// Makes sessions by options that were checked once.
class NatsSessions {
public:
    virtual ~NatsSessions() = default;
    /// Tries each server once; Errc::unavailable, and why. The session hears from now on.
    virtual Result<std::unique_ptr<NatsSession>> open() = 0;
};

/// As nats_bus().
Result<std::unique_ptr<NatsSessions>> nats_sessions(const NatsOptions& options);

}  // namespace cairn::bus
