#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace cairn {

/// A first-in first-out queue between threads that holds at most `capacity` elements: a fast
/// producer waits instead of growing it. After close() pushes are refused and pops drain what is
/// left, then return nothing.
template <typename T>
class BoundedQueue {
public:
    explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

    /// Waits for room. False, and `value` untouched, when the queue is closed.
    bool push(T&& value) {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [&] { return closed_ || elements_.size() < capacity_; });
        if (closed_) return false;
        elements_.push_back(std::move(value));
        lock.unlock();
        filled_.notify_one();
        return true;
    }

    /// Never waits. False, and `value` untouched, when the queue is full or closed.
    bool try_push(T&& value) {
        {
            const std::lock_guard lock(mutex_);
            if (closed_ || elements_.size() >= capacity_) return false;
            elements_.push_back(std::move(value));
        }
        filled_.notify_one();
        return true;
    }

    /// Waits for an element; nothing once the queue is closed and empty.
    std::optional<T> pop() {
        std::unique_lock lock(mutex_);
        filled_.wait(lock, [&] { return closed_ || !elements_.empty(); });
        if (elements_.empty()) return std::nullopt;
        std::optional<T> value(std::move(elements_.front()));
        elements_.pop_front();
        lock.unlock();
        room_.notify_one();
        return value;
    }

    /// Waits for an element, then takes what is there, at most `most`; empty once the queue is
    /// closed and empty.
    std::vector<T> pop_some(std::size_t most) {
        std::unique_lock lock(mutex_);
        filled_.wait(lock, [&] { return closed_ || !elements_.empty(); });
        const auto count = static_cast<std::ptrdiff_t>(std::min(most, elements_.size()));
        std::vector<T> taken(
            std::make_move_iterator(elements_.begin()),
            std::make_move_iterator(elements_.begin() + count)
        );
        elements_.erase(elements_.begin(), elements_.begin() + count);
        lock.unlock();
        room_.notify_all();
        return taken;
    }

    void close() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        room_.notify_all();
        filled_.notify_all();
    }

private:
    const std::size_t capacity_;
    std::mutex mutex_;
    std::condition_variable room_;
    std::condition_variable filled_;
    std::deque<T> elements_;
    bool closed_ = false;
};

}  // namespace cairn
