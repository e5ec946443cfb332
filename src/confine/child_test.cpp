#include "confine/child.h"

#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "support/temp_dir.h"

namespace cairn::confine {
namespace {

using namespace std::chrono_literals;

/// Long enough for a loaded machine; nothing that succeeds waits for it.
constexpr auto kPatience = 20'000ms;

std::unique_ptr<Child> start(const std::string& act) {
    auto child = Child::start(std::string(CAIRN_BIN_DIR) + "/cairn-hostile-child", {act});
    EXPECT_TRUE(child) << child.error().message;
    return std::move(*child);
}

/// Sends one message and gives the answer's text or the error.
Result<std::string> ask(Child& child, int fd = -1, std::chrono::milliseconds deadline = kPatience) {
    CAIRN_TRY(child.send(5, as_bytes("ping"), fd));
    const Message answer = CAIRN_TRY(child.receive(deadline));
    return std::string(as_text(answer.payload));
}

/// What a report says of a child that does `act`.
std::string end_of(const std::string& act) {
    const auto child = start(act);
    const auto answer = ask(*child);
    EXPECT_FALSE(answer) << act << " answered: " << *answer;
    if (answer) return *answer;
    EXPECT_EQ(answer.error().code, Errc::unavailable);
    EXPECT_FALSE(child->alive());
    // A dead child stays dead and says so.
    EXPECT_EQ(child->send(5, {}).error().code, Errc::unavailable);
    EXPECT_EQ(child->receive(1ms).error().code, Errc::unavailable);
    return answer.error().message;
}

TEST(Child, AnswersAgainAndAgain) {
    const auto child = start("echo");
    for (int i = 0; i < 100; ++i) {
        const auto answer = ask(*child);
        ASSERT_TRUE(answer) << answer.error().message;
        EXPECT_EQ(*answer, "ping");
    }
    EXPECT_TRUE(child->alive());
}

TEST(Child, CarriesTheLargestMessage) {
    const auto child = start("echo");
    const ByteVector payload(kPayloadMax, 0x5A);
    ASSERT_TRUE(child->send(9, payload));
    const auto answer = child->receive(kPatience);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->type, 9U);
    EXPECT_EQ(answer->payload, payload);
    EXPECT_EQ(child->send(9, ByteVector(kPayloadMax + 1)).error().code, Errc::unavailable);
}

TEST(Child, ReadsADescriptorThatItIsSent) {
    const test::TempDir dir;
    const auto fd = open_for_reading(dir.write("note", "from outside"));
    ASSERT_TRUE(fd);
    const auto child = start("read descriptor");
    EXPECT_EQ(*ask(*child, fd->get()), "from outside");
    EXPECT_EQ(*ask(*child, fd->get()), "from outside");
}

TEST(Child, SaysHowItEnded) {
    EXPECT_EQ(end_of("crash"), "cairn-hostile-child crashed: segmentation fault");
    EXPECT_EQ(end_of("abort"), "cairn-hostile-child crashed: aborted");
    EXPECT_EQ(end_of("exit"), "cairn-hostile-child ended by itself with status 3");
    EXPECT_EQ(end_of("exit at once"), "cairn-hostile-child ended by itself with status 7");
    EXPECT_EQ(end_of("send stub"), "cairn-hostile-child stopped: malformed answer");
    EXPECT_EQ(end_of("send oversized"), "cairn-hostile-child stopped: malformed answer");
    EXPECT_EQ(end_of("spin"), "cairn-hostile-child stopped: CPU time limit");
}

TEST(Child, IsStoppedWhenItHangs) {
    const auto child = start("hang");
    const pid_t pid = child->pid();
    const auto answer = ask(*child, -1, 50ms);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, "cairn-hostile-child stopped: no answer in 50 ms");
    EXPECT_FALSE(child->alive());
    EXPECT_NE(::kill(pid, 0), 0) << "the process is still there";
}

TEST(Child, IsStoppedWhenItsOwnerGoes) {
    pid_t pid = -1;
    {
        const auto child = start("hang");
        pid = child->pid();
        EXPECT_EQ(::kill(pid, 0), 0);
    }
    EXPECT_NE(::kill(pid, 0), 0);
}

TEST(Child, StartNamesAProgramThatIsMissing) {
    const auto child = Child::start("/nonexistent/cairn-decoder", {});
    ASSERT_FALSE(child);
    EXPECT_EQ(child.error().code, Errc::unavailable);
    EXPECT_NE(child.error().message.find("/nonexistent/cairn-decoder"), std::string::npos);
}

TEST(Child, MayBeStartedFromSeveralThreads) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([] {
            for (int n = 0; n < 3; ++n) {
                const auto child = start("echo");
                EXPECT_EQ(*ask(*child), "ping");
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
}

TEST(LockDown, RefusesToOpenFiles) {
    for (const char* act : {"open", "create"}) {
        const auto child = start(act);
        EXPECT_EQ(*ask(*child), "refused: Permission denied") << act;
    }
}

TEST(LockDown, KillsForWhatReachesBeyondTheProcess) {
    for (const char* act :
         {"socket",
          "exec",
          "fork",
          "clone",
          "kill",
          "trace",
          "unlink",
          "map executable",
          "make executable",
          "limits of another"}) {
        EXPECT_EQ(end_of(act), "cairn-hostile-child stopped: it asked for something forbidden")
            << act;
    }
}

TEST(LockDown, AllowsThreads) {
    const auto child = start("start thread");
    const auto answer = ask(*child);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(*answer, "done");
}

TEST(LockDown, LimitsCannotBeRaised) {
    const auto child = start("raise limits");
    EXPECT_EQ(*ask(*child), "refused: Operation not permitted");
}

TEST(LockDown, FilesCannotGrow) {
    const test::TempDir dir;
    const std::string path = dir.write("empty", "");
    const Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    const auto child = start("write to descriptor");
    const auto answer = ask(*child, fd.get());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, "cairn-hostile-child stopped: it wrote to a file");
}

TEST(LockDown, MemoryIsLimited) {
#ifdef CAIRN_SANITIZED
    GTEST_SKIP() << "sanitizers need the address space";
#endif
    const auto child = start("allocate");
    EXPECT_EQ(*ask(*child), "no more");
    EXPECT_EQ(*ask(*child), "no more");
}

}  // namespace
}  // namespace cairn::confine
