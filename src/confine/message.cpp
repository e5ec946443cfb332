#include "confine/message.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>

namespace cairn::confine {
namespace {

constexpr std::size_t kHeaderSize = sizeof(std::uint32_t);

/// Room for the control message that carries one descriptor.
struct alignas(cmsghdr) FdRoom {
    std::array<char, CMSG_SPACE(sizeof(int))> bytes{};
};

/// Takes the first descriptor out of a received message; closes any further ones.
Fd take_descriptor(msghdr& header) {
    Fd taken;
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            Fd received(fd);
            if (!taken) taken = std::move(received);
        }
    }
    return taken;
}

/// Waits until the channel is readable; Errc::limit_exceeded when the deadline passes first.
Status wait_readable(int channel, std::chrono::milliseconds deadline) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (true) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        pollfd wanted{channel, POLLIN, 0};
        const int timeout = left.count() > 0 ? static_cast<int>(left.count()) : 0;
        const int ready = ::poll(&wanted, 1, timeout);
        if (ready > 0) return ok();
        if (ready < 0 && errno != EINTR) return fail(Errc::io, "poll: {}", errno_text(errno));
        if (ready == 0) return fail(Errc::limit_exceeded, "no answer in {} ms", deadline.count());
    }
}

}  // namespace

Status send_message(int channel, std::uint32_t type, Bytes payload, int fd) {
    if (payload.size() > kPayloadMax) {
        return fail(Errc::invalid_argument, "message of {} bytes is too long", payload.size());
    }
    std::array<iovec, 2> parts{};
    parts[0] = {&type, kHeaderSize};
    // sendmsg only reads; its interface predates const.
    parts[1] = {const_cast<std::uint8_t*>(payload.data()), payload.size()};
    msghdr header{};
    header.msg_iov = parts.data();
    header.msg_iovlen = parts.size();
    FdRoom room;
    if (fd >= 0) {
        header.msg_control = room.bytes.data();
        header.msg_controllen = room.bytes.size();
        cmsghdr* c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(c), &fd, sizeof(int));
    }
    while (::sendmsg(channel, &header, MSG_NOSIGNAL) < 0) {
        if (errno == EINTR) continue;
        return fail(Errc::unavailable, "channel: {}", errno_text(errno));
    }
    return ok();
}

Result<std::optional<Message>> receive_message(
    int channel, std::optional<std::chrono::milliseconds> deadline
) {
    if (deadline) CAIRN_TRY(wait_readable(channel, *deadline));
    Message message;
    message.payload.resize(kPayloadMax);
    std::array<iovec, 2> parts{};
    parts[0] = {&message.type, kHeaderSize};
    parts[1] = {message.payload.data(), message.payload.size()};
    FdRoom room;
    msghdr header{};
    header.msg_iov = parts.data();
    header.msg_iovlen = parts.size();
    header.msg_control = room.bytes.data();
    header.msg_controllen = room.bytes.size();
    ssize_t got = -1;
    do {
        got = ::recvmsg(channel, &header, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return fail(Errc::unavailable, "channel: {}", errno_text(errno));
    message.fd = take_descriptor(header);
    if (got == 0) return std::optional<Message>();
    if (static_cast<std::size_t>(got) < kHeaderSize || (header.msg_flags & MSG_TRUNC) != 0) {
        return fail(Errc::corrupt_data, "malformed message of {} bytes", got);
    }
    message.payload.resize(static_cast<std::size_t>(got) - kHeaderSize);
    return std::optional<Message>(std::move(message));
}

}  // namespace cairn::confine
