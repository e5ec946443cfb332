#include <atomic>
#include <future>
#include <map>
#include <thread>

#include <gmock/gmock.h>

#include "bus/collector_test.h"
#include "bus/listeners.h"

namespace cairn::bus {
namespace {

using testing::ElementsAre;

TEST(LocalBus, BringsEachEventToEachListenerOnce) {
    const auto bus = local_bus();
    Collector first;
    Collector second;
    const auto one = bus->subscribe(std::ref(first));
    const auto two = bus->subscribe(std::ref(second));
    bus->publish(event_about("scan:1"));
    bus->publish(event_about("scan:2"));
    EXPECT_THAT(first.first(2), ElementsAre("scan:1", "scan:2"));
    EXPECT_THAT(second.first(2), ElementsAre("scan:1", "scan:2"));
    EXPECT_TRUE(bus->health());
    EXPECT_EQ(bus->losses(), Losses());
}

TEST(LocalBus, KeepsTheOrderOfEachPublisher) {
    constexpr int kEvents = 2'000;
    const auto bus = local_bus();
    Collector heard;
    const auto held = bus->subscribe(std::ref(heard));
    std::vector<std::thread> publishers;
    for (const std::string name : {"a", "b", "c"}) {
        publishers.emplace_back([&bus, name] {
            for (int i = 0; i < kEvents; ++i) {
                bus->publish(event_about(name + std::to_string(i)));
            }
        });
    }
    for (std::thread& publisher : publishers) publisher.join();
    std::map<char, int> next;
    const auto all = heard.first(3 * kEvents);
    ASSERT_EQ(all.size(), 3U * kEvents);
    for (const std::string& object : all) {
        EXPECT_EQ(object.substr(1), std::to_string(next[object.front()]++));
    }
}

TEST(LocalBus, DropsAndCountsMalformedEvents) {
    const auto bus = local_bus();
    Collector heard;
    const auto held = bus->subscribe(std::ref(heard));
    bus->publish(event_about("not an id"));
    bus->publish({});
    bus->publish(event_about("scan:1"));
    EXPECT_THAT(heard.first(1), ElementsAre("scan:1"));
    EXPECT_EQ(bus->losses(), Losses({.dropped = 0, .malformed = 2}));
}

TEST(LocalBus, EndedListenerIsNeitherRunningNorCalledAgain) {
    const auto bus = local_bus();
    std::promise<void> entered;
    std::atomic<bool> left = false;
    std::atomic<int> calls = 0;
    auto held = bus->subscribe([&](const Event&) {
        if (++calls == 1) entered.set_value();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the end must wait for this
        left = true;
    });
    bus->publish(event_about("scan:1"));
    bus->publish(event_about("scan:2"));
    entered.get_future().wait();
    held.reset();
    EXPECT_TRUE(left);
    const int calls_at_the_end = calls;
    Collector later;
    const auto other = bus->subscribe(std::ref(later));
    bus->publish(event_about("scan:3"));
    EXPECT_TRUE(later.hears("scan:3"));
    EXPECT_EQ(calls, calls_at_the_end);
}

TEST(LocalBus, ListenerMayEndItself) {
    const auto bus = local_bus();
    std::unique_ptr<Bus::Subscription> held;
    std::promise<void> subscribed;
    std::atomic<int> calls = 0;
    held = bus->subscribe([&, ready = subscribed.get_future().share()](const Event&) {
        ready.wait();
        ++calls;
        held.reset();
    });
    Collector after;
    const auto other = bus->subscribe(std::ref(after));
    subscribed.set_value();
    bus->publish(event_about("scan:1"));
    bus->publish(event_about("scan:2"));
    EXPECT_TRUE(after.hears("scan:2"));
    EXPECT_EQ(calls, 1);
}

TEST(LocalBus, SubscriptionMayOutliveTheBus) {
    auto bus = local_bus();
    Collector heard;
    const auto held = bus->subscribe(std::ref(heard));
    bus->publish(event_about("scan:1"));
    EXPECT_TRUE(heard.hears("scan:1"));
    bus.reset();
}

TEST(LocalBus, NeverWaitsForASlowListener) {
    const auto bus = local_bus();
    std::promise<void> release;
    std::promise<void> entered;
    std::atomic<std::size_t> calls = 0;
    auto held = bus->subscribe([&, gate = release.get_future().share()](const Event&) {
        if (++calls == 1) entered.set_value();
        gate.wait();
    });
    bus->publish(event_about("scan:0"));
    entered.get_future().wait();
    for (std::size_t i = 0; i < kWaitingEventsMax + 10; ++i) bus->publish(event_about("scan:1"));
    EXPECT_EQ(bus->losses(), Losses({.dropped = 10, .malformed = 0}));
    release.set_value();
}

}  // namespace
}  // namespace cairn::bus
