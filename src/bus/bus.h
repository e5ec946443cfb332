#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace cairn::bus {

/// That something changed. Ids only: whoever hears it fetches what they may see. Each field is made
/// of ASCII letters, digits and `_ : . -`, the topic never empty; the limits are in event_codec.h.
struct Event {
    std::string topic{};    ///< what happened: "case_changed", "scan_progressed"
    std::string agency{};   ///< id of whose it is
    std::string case_id{};  ///< empty when it is about no case
    std::string object{};   ///< id of what it is about; the topic says what that is
    auto operator<=>(const Event&) const = default;
};

/// Events that did not reach everybody, counted since the bus was made.
struct Losses {
    std::uint64_t dropped = 0;  ///< for lack of room: listeners or the way to others were too slow
    std::uint64_t malformed = 0;  ///< published or received, and not made as `Event` says
    auto operator<=>(const Losses&) const = default;
};

/// Brings events to all who listen, on this server and on the others of the installation. At most
/// once and with no promise: a listener that missed one sees the change with its next look. Events
/// of one publisher come in their order. Thread-safe.
class Bus {
public:
    /// Held as long as one listens. Once it is destroyed, no call is running and none will come;
    /// destroyed by its own listener, none will come after that one. May outlive the bus.
    class Subscription {
    public:
        virtual ~Subscription() = default;
    };

    virtual ~Bus() = default;
    /// Never waits for listeners.
    virtual void publish(const Event& event) = 0;
    /// `on_event` is called on a thread of the bus and must neither block nor destroy the bus.
    virtual std::unique_ptr<Subscription> subscribe(std::function<void(const Event&)> on_event) = 0;
    /// Whether other servers are reached now; always, where there are none.
    virtual Status health() = 0;
    virtual Losses losses() = 0;
};

/// Within this process.
std::unique_ptr<Bus> local_bus();

}  // namespace cairn::bus
