#include "confine/message.h"

#include <array>
#include <cstring>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cairn::confine {
namespace {

using namespace std::chrono_literals;

struct Pair {
    Fd left;
    Fd right;
    Pair() {
        std::array<int, 2> ends{-1, -1};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
        left = Fd(ends[0]);
        right = Fd(ends[1]);
    }
};

TEST(Message, ArrivesWhole) {
    const Pair pair;
    const ByteVector payload(kPayloadMax, 7);
    ASSERT_TRUE(send_message(pair.left.get(), 42, payload));
    ASSERT_TRUE(send_message(pair.left.get(), 43, {}));
    const auto first = receive_message(pair.right.get());
    ASSERT_TRUE(first && *first);
    EXPECT_EQ((*first)->type, 42U);
    EXPECT_EQ((*first)->payload, payload);
    EXPECT_FALSE((*first)->fd);
    const auto second = receive_message(pair.right.get());
    ASSERT_TRUE(second && *second);
    EXPECT_EQ((*second)->type, 43U);
    EXPECT_TRUE((*second)->payload.empty());
}

TEST(Message, CarriesADescriptorThatClosesOnExec) {
    const Pair pair;
    const auto null = open_for_reading("/dev/null");
    ASSERT_TRUE(send_message(pair.left.get(), 1, {}, null->get()));
    const auto received = receive_message(pair.right.get());
    ASSERT_TRUE(received && *received && (*received)->fd);
    EXPECT_NE((*received)->fd.get(), null->get());
    EXPECT_NE(::fcntl((*received)->fd.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(Message, EndsWhenThePeerCloses) {
    Pair pair;
    pair.left = Fd();
    const auto received = receive_message(pair.right.get());
    ASSERT_TRUE(received);
    EXPECT_FALSE(*received);
    EXPECT_EQ(send_message(pair.right.get(), 1, {}).error().code, Errc::unavailable);
}

TEST(Message, KeepsItsDeadline) {
    const Pair pair;
    const auto received = receive_message(pair.right.get(), 10ms);
    ASSERT_FALSE(received);
    EXPECT_EQ(received.error().code, Errc::limit_exceeded);
}

TEST(Message, RefusesStubsAndOversizedOnes) {
    const Pair pair;
    ASSERT_EQ(::send(pair.left.get(), "ab", 2, 0), 2);
    EXPECT_EQ(receive_message(pair.right.get()).error().code, Errc::corrupt_data);
    const ByteVector large(kPayloadMax + 5);
    ASSERT_EQ(::send(pair.left.get(), large.data(), large.size(), 0), ssize_t{kPayloadMax + 5});
    EXPECT_EQ(receive_message(pair.right.get()).error().code, Errc::corrupt_data);
    EXPECT_EQ(
        send_message(pair.left.get(), 1, ByteVector(kPayloadMax + 1)).error().code,
        Errc::invalid_argument
    );
}

/// Open descriptors of this process, up to a number no test reaches.
int open_descriptors() {
    int count = 0;
    for (int fd = 0; fd < 200; ++fd) count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return count;
}

TEST(Message, DoesNotLeakDescriptorsBeyondTheFirst) {
    const Pair pair;
    const auto null = open_for_reading("/dev/null");
    std::uint32_t type = 1;
    iovec part{&type, sizeof type};
    std::array<int, 4> fds{};
    fds.fill(null->get());
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fds)> room{};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = room.data();
    header.msg_controllen = room.size();
    cmsghdr* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof fds);
    std::memcpy(CMSG_DATA(control), fds.data(), sizeof fds);
    ASSERT_GT(::sendmsg(pair.left.get(), &header, 0), 0);
    const int before = open_descriptors();
    {
        const auto received = receive_message(pair.right.get());
        ASSERT_TRUE(received && *received);
        EXPECT_LE(open_descriptors(), before + 1);
    }
    EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace cairn::confine
