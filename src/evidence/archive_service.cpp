#include "evidence/archive_service.h"

#include <chrono>

#include <poll.h>

#include "confine/lock_down.h"
#include "evidence/archive_protocol.h"
#include "evidence/archive_walk.h"

namespace cairn::evidence {
namespace {

constexpr std::chrono::seconds kWorkingEvery{1};

/// Carries a failure of the channel up through the walk; never leaves this file.
struct ChannelLost {
    Error error;
};

/// Sends a walk's members to the parent and brings back its answers.
class ChannelSink final : public MemberSink {
public:
    ChannelSink(int channel, std::chrono::seconds cpu_per_step)
        : channel_(channel), cpu_per_step_(cpu_per_step) {}

    Want on_member(const ArchiveMember& member) override {
        ordinal_ = member.ordinal;
        say(Say::member, encode_member(member));
        return receive_want();
    }
    bool on_data(Bytes bytes) override {
        say(Say::data, bytes);
        return !heard_enough();
    }
    void on_member_end(const MemberEnd& end) override {
        say(Say::member_end, encode_member_end(end));
    }
    void on_end(const ArchiveEnd& end) { say(Say::end, encode_end(end)); }
    bool on_working() noexcept;

private:
    Status try_to_say(Say type, Bytes payload);
    void say(Say type, Bytes payload);
    Want receive_want();
    bool heard_enough();

    int channel_;
    std::chrono::seconds cpu_per_step_;
    std::uint64_t ordinal_ = 0;
    std::chrono::steady_clock::time_point last_said_ = std::chrono::steady_clock::now();
};

Status ChannelSink::try_to_say(Say type, Bytes payload) {
    CAIRN_TRY(confine::send_message(channel_, static_cast<std::uint32_t>(type), payload));
    last_said_ = std::chrono::steady_clock::now();
    // The parent watches the clock; this ends us should it be gone.
    return confine::limit_cpu_from_now(cpu_per_step_);
}

void ChannelSink::say(Say type, Bytes payload) {
    auto said = try_to_say(type, payload);
    if (!said) throw ChannelLost{std::move(said).error()};
}

bool ChannelSink::on_working() noexcept {
    if (std::chrono::steady_clock::now() - last_said_ < kWorkingEvery) return true;
    return try_to_say(Say::working, {}).has_value();
}

/// The parent's next message, which must be there or come.
confine::Message receive_or_throw(int channel) {
    auto received = confine::receive_message(channel);
    if (!received) throw ChannelLost{std::move(received).error()};
    if (!*received) throw ChannelLost{fail(Errc::unavailable, "channel closed")};
    return std::move(**received);
}

MemberSink::Want ChannelSink::receive_want() {
    while (true) {
        const confine::Message message = receive_or_throw(channel_);
        // An "enough" that crossed with the end of the member before this one.
        if (message.type == static_cast<std::uint32_t>(Say::enough)) continue;
        auto want = message.type == static_cast<std::uint32_t>(Say::want)
                        ? decode_want(message.payload, ordinal_)
                        : fail(Errc::corrupt_data, "message {} out of turn", message.type);
        if (!want) throw ChannelLost{std::move(want).error()};
        return *want;
    }
}

bool ChannelSink::heard_enough() {
    pollfd waiting{channel_, POLLIN, 0};
    if (::poll(&waiting, 1, 0) <= 0) return false;
    const confine::Message message = receive_or_throw(channel_);
    auto ordinal = message.type == static_cast<std::uint32_t>(Say::enough)
                       ? decode_enough(message.payload)
                       : fail(Errc::corrupt_data, "message {} out of turn", message.type);
    if (!ordinal) throw ChannelLost{std::move(ordinal).error()};
    return *ordinal == ordinal_;
}

Status serve_one(int channel, confine::Message message) {
    if (message.type != static_cast<std::uint32_t>(Say::begin) || !message.fd) {
        return fail(Errc::corrupt_data, "message {} out of turn", message.type);
    }
    const Begin begin = CAIRN_TRY(decode_begin(message.payload));
    ChannelSink sink(channel, std::chrono::seconds(begin.cpu_seconds_per_step));
    const ArchiveInput input{
        .fd = message.fd.get(),
        .size_bytes = begin.size_bytes,
        .type = begin.type,
        .members_max = begin.members_max,
        .passwords = begin.passwords,
        .on_working = [&sink] { return sink.on_working(); }};
    sink.on_end(walk_archive(input, sink));
    return ok();
}

}  // namespace

Status serve_archives(int channel) {
    const auto ready = static_cast<std::uint32_t>(Say::ready);
    CAIRN_TRY(confine::send_message(channel, ready, encode_ready()));
    while (true) {
        auto received = CAIRN_TRY(confine::receive_message(channel));
        if (!received) return ok();
        try {
            CAIRN_TRY(serve_one(channel, std::move(*received)));
        } catch (const ChannelLost& lost) {
            return lost.error;
        }
    }
}

}  // namespace cairn::evidence
