#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "bus/bus.h"

namespace cairn::bus {

/// What a listener heard, for tests to wait on.
class Collector {
public:
    void operator()(const Event& event) {
        {
            const std::lock_guard lock(mutex_);
            heard_.push_back(event.object);
        }
        changed_.notify_all();
    }

    /// The objects of the first `count` events; fewer when they do not come within ten seconds.
    std::vector<std::string> first(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds(10), [&] { return heard_.size() >= count; });
        return heard_;
    }
    /// Whether an event about `object` comes within ten seconds.
    bool hears(const std::string& object) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
            return std::find(heard_.begin(), heard_.end(), object) != heard_.end();
        });
    }

    bool heard(const std::string& object) {
        const std::lock_guard lock(mutex_);
        return std::find(heard_.begin(), heard_.end(), object) != heard_.end();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> heard_;
};

inline Event event_about(std::string object) {
    return {
        .topic = "scan_progressed",
        .agency = "0123456789abcdef0123456789abcdef",
        .case_id = {},
        .object = std::move(object)};
}

}  // namespace cairn::bus
