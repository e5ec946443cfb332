#include <atomic>

#include "bus/bus.h"
#include "bus/event_codec.h"
#include "bus/listeners.h"

namespace cairn::bus {
namespace {

class LocalBus final : public Bus {
public:
    void publish(const Event& event) override {
        // As strict as a bus of many servers, so that what works on one works on all.
        if (check_event(event)) {
            listeners_.hand_over(event);
        } else {
            ++malformed_;
        }
    }
    std::unique_ptr<Subscription> subscribe(std::function<void(const Event&)> on_event) override {
        return listeners_.add(std::move(on_event));
    }
    Status health() override { return ok(); }
    Losses losses() override { return {.dropped = listeners_.dropped(), .malformed = malformed_}; }

private:
    std::atomic<std::uint64_t> malformed_ = 0;
    Listeners listeners_;
};

}  // namespace

std::unique_ptr<Bus> local_bus() {
    return std::make_unique<LocalBus>();
}

}  // namespace cairn::bus
