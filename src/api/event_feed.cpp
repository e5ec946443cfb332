#include "api/event_feed.h"

#include <list>
#include <map>

#include "api/call.h"
#include "crypto/secret.h"

namespace cairn::api {
namespace {

constexpr std::size_t kEventsWaitingMax = 10'000;
/// So many that wait are told together: what that asks of the records is asked once for them.
constexpr std::size_t kEventsTogetherMax = 200;
/// For applications: RFC 6455 section 7.4.2. The session is over: sign in again.
constexpr std::uint16_t kSessionOver = 4401;

std::string message_of(const bus::Event& event) {
    const Json json = {
        {"topic", event.topic},
        {"object", event.object.empty() ? Json() : Json(event.object)},
        {"case", event.case_id.empty() ? Json() : Json(event.case_id)}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

/// Who listens.
struct EventFeed::Reader {
    access::Actor actor;
    std::string token;
    std::shared_ptr<http::Channel> channel;

    Reader(access::Actor who, std::string with, std::shared_ptr<http::Channel> where)
        : actor(std::move(who)), token(std::move(with)), channel(std::move(where)) {}
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    ~Reader() { crypto::wipe(token); }
};

/// What the records said since the events happened that are told together. Users may have several
/// pages open, and sessions.
struct EventFeed::Answers {
    Workplace& place;
    std::map<std::pair<access::UserId, std::string>, bool> cases{};
    std::map<std::string_view, bool> sessions{};  ///< by the token, which its reader keeps

    bool may_hear(const access::Actor& actor, const bus::Event& event) {
        if (event.case_id.empty()) return event.agency == actor.agency.text();
        const auto [at, is_new] = cases.try_emplace({actor.user, event.case_id}, false);
        const auto case_id = parse_id<access::CaseId>(event.case_id);
        if (is_new && case_id) {
            const auto seen = place.gate.visibility().find(actor, *case_id);
            at->second = seen && seen->has_value();
        }
        return at->second;
    }

    bool stands(std::string_view token) {
        const auto [at, is_new] = sessions.try_emplace(token, false);
        if (is_new) at->second = place.session_stands(token);
        return at->second;
    }
};

class EventFeed::Readers {
public:
    void add(const std::shared_ptr<Reader>& reader) {
        const std::lock_guard lock(mutex_);
        readers_.push_back(reader);
    }
    void remove(const std::shared_ptr<Reader>& reader) {
        const std::lock_guard lock(mutex_);
        std::erase(readers_, reader);
    }
    std::vector<std::shared_ptr<Reader>> all() {
        const std::lock_guard lock(mutex_);
        return readers_;
    }

private:
    std::mutex mutex_;
    std::vector<std::shared_ptr<Reader>> readers_;
};

/// A reader's end: readers only hear, so that whatever one says ends the channel.
class EventFeed::Listener final : public http::ChannelListener {
public:
    Listener(std::shared_ptr<Readers> readers, std::shared_ptr<Reader> reader)
        : readers_(std::move(readers)), reader_(std::move(reader)) {}

    void on_text(std::string_view /*text*/) override {
        reader_->channel->close(1008, "nothing is said here");
    }
    void on_closed() override { readers_->remove(reader_); }

private:
    std::shared_ptr<Readers> readers_;
    std::shared_ptr<Reader> reader_;
};

EventFeed::EventFeed(bus::Bus& bus, Workplaces& workplaces)
    : workplaces_(workplaces), readers_(std::make_shared<Readers>()), events_(kEventsWaitingMax) {
    subscription_ = bus.subscribe([this](const bus::Event& event) {
        if (!events_.try_push(bus::Event(event))) missed_ = true;
    });
    thread_ = std::thread([this] { run(); });
}

EventFeed::~EventFeed() {
    subscription_.reset();
    events_.close();
    thread_.join();
}

std::unique_ptr<http::ChannelListener> EventFeed::open(
    access::Actor actor, std::string token, std::shared_ptr<http::Channel> channel
) {
    auto reader = std::make_shared<Reader>(std::move(actor), std::move(token), std::move(channel));
    readers_->add(reader);
    return std::make_unique<Listener>(readers_, std::move(reader));
}

void EventFeed::run() {
    while (true) {
        const auto events = events_.pop_some(kEventsTogetherMax);
        if (events.empty()) return;
        deliver(events);
        if (!missed_.exchange(false)) continue;
        for (const auto& reader : readers_->all()) {
            reader->channel->send(message_of({.topic = "events_missed"}));
        }
    }
}

void EventFeed::deliver(std::span<const bus::Event> events) {
    const auto readers = readers_->all();
    if (readers.empty()) return;
    auto place = workplaces_.take();
    if (!place) {
        missed_ = true;
        return;
    }
    Answers answers{.place = **place};
    for (const bus::Event& event : events) {
        const std::string message = message_of(event);
        for (const auto& reader : readers) {
            if (!answers.may_hear(reader->actor, event)) continue;
            if (answers.stands(reader->token)) {
                reader->channel->send(message);
            } else {
                reader->channel->close(kSessionOver, "the session is over");
            }
        }
    }
}

void EventFeed::close_ended() {
    auto place = workplaces_.take();
    if (!place) return;
    for (const auto& reader : readers_->all()) {
        if ((*place)->session_stands(reader->token)) continue;
        reader->channel->close(kSessionOver, "the session is over");
    }
}

}  // namespace cairn::api
