#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>

#include "base/bounded_queue.h"
#include "bus/bus.h"

namespace cairn::bus {

/// Events that wait for the listeners of this process; one more is dropped and counted.
inline constexpr std::size_t kWaitingEventsMax = 65'536;

/// The listeners of this process and the thread that calls them, one event after the other.
class Listeners {
public:
    Listeners();
    Listeners(const Listeners&) = delete;
    Listeners& operator=(const Listeners&) = delete;
    /// Returns when the running call has; what still waits is not delivered.
    ~Listeners();

    /// Never waits.
    void hand_over(Event event);
    std::unique_ptr<Bus::Subscription> add(std::function<void(const Event&)> on_event);
    std::uint64_t dropped() const { return dropped_; }

private:
    class Listener;
    class Registry;
    class Held;

    void deliver();

    std::shared_ptr<Registry> registry_;
    BoundedQueue<Event> waiting_{kWaitingEventsMax};
    std::atomic<std::uint64_t> dropped_ = 0;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace cairn::bus
