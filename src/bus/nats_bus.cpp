#include "bus/nats_bus.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/bounded_queue.h"
#include "bus/event_codec.h"
#include "bus/listeners.h"
#include "bus/nats_session.h"

namespace cairn::bus {
namespace {

constexpr std::size_t kOutgoingEventsMax = 65'536;
constexpr std::chrono::seconds kReopenWait(1);
constexpr std::chrono::milliseconds kLastFlushMax(500);

/// Two threads between the session and this process: one sends what was published, one receives
/// and, when there is no session or the library gave up on it, opens the next.
class NatsBus final : public Bus {
public:
    explicit NatsBus(std::unique_ptr<NatsSessions> sessions)
        : sessions_(std::move(sessions)),
          receiver_([this] { receive_all(); }),
          sender_([this] { send_all(); }) {}
    NatsBus(const NatsBus&) = delete;
    NatsBus& operator=(const NatsBus&) = delete;

    ~NatsBus() override {
        outgoing_.close();
        std::shared_ptr<NatsSession> last;
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            last = session_;
        }
        changed_.notify_all();
        sender_.join();
        if (last) {
            last->flush(kLastFlushMax);
            last->close();
        }
        receiver_.join();
    }

    void publish(const Event& event) override {
        if (!check_event(event)) {
            ++malformed_;
            return;
        }
        listeners_.hand_over(event);
        if (!outgoing_.try_push(encode_event(event))) ++dropped_;
    }

    std::unique_ptr<Subscription> subscribe(std::function<void(const Event&)> on_event) override {
        return listeners_.add(std::move(on_event));
    }

    Status health() override {
        const std::lock_guard lock(mutex_);
        return session_ ? session_->health() : trouble_;
    }

    Losses losses() override {
        std::uint64_t dropped = dropped_ + listeners_.dropped();
        const std::lock_guard lock(mutex_);
        if (session_) dropped += session_->dropped();
        return {.dropped = dropped, .malformed = malformed_};
    }

private:
    void send_all() {
        while (const auto message = outgoing_.pop()) {
            const std::shared_ptr<NatsSession> session = await_session();
            if (!session || !session->send(*message)) ++dropped_;
        }
    }

    /// Nothing when the bus ends and there is none.
    std::shared_ptr<NatsSession> await_session() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return session_ || stopping_; });
        return session_;
    }

    void receive_all() {
        do {
            if (const std::shared_ptr<NatsSession> session = open_session()) receive_from(*session);
        } while (rest());
    }

    /// Nothing when there is none, or the bus ends.
    std::shared_ptr<NatsSession> open_session() {
        auto opened = sessions_->open();
        const std::lock_guard lock(mutex_);
        if (!opened) {
            trouble_ = std::move(opened).error();
        } else if (!stopping_) {
            session_ = std::move(*opened);
            changed_.notify_all();
        }
        return session_;
    }

    void receive_from(NatsSession& session) {
        while (const auto message = session.receive()) {
            if (const auto event = decode_event(*message)) {
                listeners_.hand_over(*event);
            } else {
                ++malformed_;
            }
        }
        const std::lock_guard lock(mutex_);
        trouble_ = session.health();
        dropped_ += session.dropped();
        session_ = nullptr;
    }

    /// Until the next attempt. False when the bus ends.
    bool rest() {
        std::unique_lock lock(mutex_);
        return !changed_.wait_for(lock, kReopenWait, [this] { return stopping_; });
    }

    const std::unique_ptr<NatsSessions> sessions_;
    Listeners listeners_;
    BoundedQueue<ByteVector> outgoing_{kOutgoingEventsMax};
    std::atomic<std::uint64_t> dropped_ = 0;
    std::atomic<std::uint64_t> malformed_ = 0;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<NatsSession> session_;
    Status trouble_ = fail(Errc::unavailable, "the first connection to NATS is being made");
    bool stopping_ = false;

    std::thread receiver_;
    std::thread sender_;
};

}  // namespace

Result<std::unique_ptr<Bus>> nats_bus(const NatsOptions& options) {
    auto sessions = CAIRN_TRY(nats_sessions(options));
    return std::unique_ptr<Bus>(std::make_unique<NatsBus>(std::move(sessions)));
}

}  // namespace cairn::bus
