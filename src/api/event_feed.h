#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <thread>

#include "api/workplace.h"
#include "base/bounded_queue.h"
#include "http/server.h"

namespace cairn::api {

/// Tells people who are signed in what changed, over WebSockets: {"topic", "object", "case"}, ids
/// only. What belongs to a case is told to those who may know that the case exists, anything else
/// to the agency whose it is. Before each message the session is looked at again: one that is over
/// hears nothing more. A reader who may have missed something is told so: {"topic":
/// "events_missed"}. Own thread. Thread-safe.
class EventFeed {
public:
    /// Both must outlive it.
    EventFeed(bus::Bus& bus, Workplaces& workplaces);
    ~EventFeed();
    EventFeed(const EventFeed&) = delete;
    EventFeed& operator=(const EventFeed&) = delete;

    /// `token` is that of the session of `actor`.
    std::unique_ptr<http::ChannelListener> open(
        access::Actor actor, std::string token, std::shared_ptr<http::Channel> channel
    );
    /// Closes the channels of sessions that are over (4401). To be called once a minute.
    void close_ended();

private:
    struct Reader;
    struct Answers;
    class Readers;
    class Listener;

    void run();
    void deliver(std::span<const bus::Event> events);

    Workplaces& workplaces_;
    std::shared_ptr<Readers> readers_;
    BoundedQueue<bus::Event> events_;
    std::atomic<bool> missed_ = false;
    std::unique_ptr<bus::Bus::Subscription> subscription_;
    std::thread thread_;
};

}  // namespace cairn::api
