#include "bus/listeners.h"

#include <mutex>
#include <vector>

namespace cairn::bus {

/// One listener. Recursive, so that a listener may end its own subscription.
class Listeners::Listener {
public:
    explicit Listener(std::function<void(const Event&)> on_event)
        : on_event_(std::move(on_event)) {}

    void call(const Event& event) {
        const std::lock_guard lock(calling_);
        if (!ended_) on_event_(event);
    }
    /// Waits for a running call, unless it is made by that call.
    void end() {
        const std::lock_guard lock(calling_);
        ended_ = true;
    }

private:
    std::recursive_mutex calling_;
    const std::function<void(const Event&)> on_event_;
    bool ended_ = false;
};

class Listeners::Registry {
public:
    void add(const std::shared_ptr<Listener>& listener) {
        const std::lock_guard lock(mutex_);
        listeners_.push_back(listener);
    }
    void remove(const std::shared_ptr<Listener>& listener) {
        const std::lock_guard lock(mutex_);
        std::erase(listeners_, listener);
    }
    std::vector<std::shared_ptr<Listener>> snapshot() {
        const std::lock_guard lock(mutex_);
        return listeners_;
    }

private:
    std::mutex mutex_;
    std::vector<std::shared_ptr<Listener>> listeners_;
};

class Listeners::Held final : public Bus::Subscription {
public:
    Held(std::shared_ptr<Registry> registry, std::shared_ptr<Listener> listener)
        : registry_(std::move(registry)), listener_(std::move(listener)) {}
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() override {
        registry_->remove(listener_);
        listener_->end();
    }

private:
    const std::shared_ptr<Registry> registry_;
    const std::shared_ptr<Listener> listener_;
};

Listeners::Listeners() : registry_(std::make_shared<Registry>()), thread_([this] { deliver(); }) {}

Listeners::~Listeners() {
    stopping_ = true;
    waiting_.close();
    thread_.join();
}

void Listeners::hand_over(Event event) {
    if (!waiting_.try_push(std::move(event))) ++dropped_;
}

std::unique_ptr<Bus::Subscription> Listeners::add(std::function<void(const Event&)> on_event) {
    auto listener = std::make_shared<Listener>(std::move(on_event));
    registry_->add(listener);
    return std::make_unique<Held>(registry_, std::move(listener));
}

void Listeners::deliver() {
    while (const auto event = waiting_.pop()) {
        if (stopping_) return;
        for (const auto& listener : registry_->snapshot()) listener->call(*event);
    }
}

}  // namespace cairn::bus
