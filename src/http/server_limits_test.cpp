#include <atomic>
#include <condition_variable>

#include <gmock/gmock.h>
#include <sys/resource.h>

#include "http/raw_client_test.h"
#include "http/served_test.h"

namespace cairn::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::TestClient;
using test::TestServer;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// Holds up those that pass until it is opened.
class Barrier {
public:
    void pass() {
        ++waiting;
        std::unique_lock lock(mutex_);
        opened_.wait(lock, [&] { return is_open_; });
    }
    void open() {
        const std::lock_guard lock(mutex_);
        is_open_ = true;
        opened_.notify_all();
    }

    std::atomic<int> waiting = 0;

private:
    std::mutex mutex_;
    std::condition_variable opened_;
    bool is_open_ = false;
};

TEST(ServerLimits, ClientsThatSendSlowlyAreAnswered408) {
    ServerOptions options;
    options.limits.header = milliseconds(200);
    TestServer served(options);
    TestClient header(served.port());
    header.send("GET / HT");
    EXPECT_THAT(header.read_to_end(), StartsWith("HTTP/1.1 408 "));
    TestClient body(served.port());
    body.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nab");
    EXPECT_THAT(body.read_to_end(), StartsWith("HTTP/1.1 408 "));
    EXPECT_EQ(served.server->figures().timed_out, 2U);
}

TEST(ServerLimits, ABodyMustComeAtItsRate) {
    ServerOptions options;
    options.limits.header = milliseconds(300);
    options.limits.bytes_per_second_min = 1'000;
    TestServer served(options);
    TestClient slow(served.port());
    slow.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    const auto begin = std::chrono::steady_clock::now();
    while (slow.send("x") && std::chrono::steady_clock::now() - begin < seconds(2)) {
        std::this_thread::sleep_for(milliseconds(20));  // 50 bytes a second
        if (served.server->figures().timed_out > 0) break;
    }
    EXPECT_THAT(slow.read_to_end(), StartsWith("HTTP/1.1 408 "));

    TestClient fast(served.port());
    fast.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n");
    for (int piece = 0; piece < 10; ++piece) {
        fast.send(std::string(500, 'x'));
        std::this_thread::sleep_for(milliseconds(60));
    }
    EXPECT_THAT(fast.read_answer(), StartsWith("HTTP/1.1 200 "));
}

TEST(ServerLimits, ClientsThatReadSlowlyAreCutOff) {
    ServerOptions options;
    options.limits.header = milliseconds(200);
    TestServer served(options);
    served.application.answering = [](const Request&) {
        return Response{.body = std::string(50'000'000, 'x')};
    };
    TestClient client(served.port(), 4'096);
    client.send(kGet);
    EXPECT_TRUE(TestServer::comes([&] { return served.server->figures().timed_out == 1; }));
    EXPECT_TRUE(TestServer::comes([&] { return served.server->figures().connections_open == 0; }));
}

TEST(ServerLimits, IdleConnectionsEndWithoutAWord) {
    ServerOptions options;
    options.limits.idle = milliseconds(200);
    TestServer served(options);
    TestClient fresh(served.port());
    TestClient used(served.port());
    EXPECT_THAT(used.ask(kGet), StartsWith("HTTP/1.1 200 "));
    EXPECT_TRUE(fresh.is_ended());
    EXPECT_TRUE(used.is_ended());
    EXPECT_EQ(served.server->figures().timed_out, 0U);
}

TEST(ServerLimits, ANetworkThatAsksTooOftenIsAnswered429) {
    ServerOptions options;
    options.limits.burst_per_address = 3;
    options.limits.rate_per_address = 1;
    TestServer served(options);
    TestClient client(served.port());
    for (int request = 0; request < 3; ++request) {
        EXPECT_THAT(client.ask(kGet), StartsWith("HTTP/1.1 200 "));
    }
    const std::string refused = client.ask(kGet);
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 429 "));
    EXPECT_THAT(refused, HasSubstr("\r\nRetry-After: 1\r\n"));
    EXPECT_EQ(served.server->figures().refused_requests, 1U);
    EXPECT_TRUE(TestServer::comes([&] { return client.ask(kGet).starts_with("HTTP/1.1 200 "); }));
}

TEST(ServerLimits, RequestsThatNoWorkerTakesAreAnswered503) {
    ServerOptions options;
    options.workers = 1;
    options.limits.waiting_max = 1;
    TestServer served(options);
    Barrier barrier;
    served.application.answering = [&](const Request&) {
        barrier.pass();
        return Response{};
    };
    TestClient working(served.port());
    working.send(kGet);
    ASSERT_TRUE(TestServer::comes([&] { return barrier.waiting == 1; }));
    TestClient waiting(served.port());
    waiting.send(kGet);
    ASSERT_TRUE(TestServer::comes([&] { return served.server->figures().requests_waiting == 1; }));
    const std::string refused = TestClient(served.port()).ask(kGet);
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(refused, HasSubstr("\r\nRetry-After: 1\r\n"));
    barrier.open();
    EXPECT_THAT(working.read_answer(), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(waiting.read_answer(), StartsWith("HTTP/1.1 200 "));
}

TEST(ServerLimits, ConnectionsAreCounted) {
    ServerOptions options;
    options.limits.connections_per_address_max = 2;
    TestServer served(options);
    TestClient first(served.port());
    EXPECT_THAT(first.ask(kGet), StartsWith("HTTP/1.1 200 "));
    {
        TestClient second(served.port());
        EXPECT_THAT(second.ask(kGet), StartsWith("HTTP/1.1 200 "));
        EXPECT_TRUE(TestClient(served.port()).is_ended());
        EXPECT_EQ(served.server->figures().refused_connections, 1U);
    }
    EXPECT_TRUE(TestServer::comes([&] {
        return TestClient(served.port()).ask(kGet).starts_with("HTTP/1.1 200 ");
    }));

    options.limits = {.connections_max = 1};
    TestServer narrow(options);
    TestClient only(narrow.port());
    EXPECT_THAT(only.ask(kGet), StartsWith("HTTP/1.1 200 "));
    EXPECT_TRUE(TestClient(narrow.port()).is_ended());
}

TEST(ServerLimits, RunningOutOfDescriptorsIsSurvived) {
    TestServer served;
    TestClient first(served.port());
    EXPECT_THAT(first.ask(kGet), StartsWith("HTTP/1.1 200 "));
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    TestClient second(served.port());
    EXPECT_THAT(second.ask(kGet), StartsWith("HTTP/1.1 200 "));
    Fd client_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const rlimit none{
        .rlim_cur = static_cast<rlim_t>(client_socket.get()) + 1, .rlim_max = before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(served.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* general = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    EXPECT_EQ(::connect(client_socket.get(), general, sizeof(address)), 0);
    std::this_thread::sleep_for(milliseconds(300));
    EXPECT_THAT(first.ask(kGet), StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(served.server->figures().connections, 2U);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(TestServer::comes([&] { return served.server->figures().connections == 3; }));
}

TEST(ServerStop, LetsRequestsFinishAndEndsIdleConnections) {
    TestServer served;
    Barrier barrier;
    served.application.answering = [&](const Request& request) {
        if (request.path == "/long") barrier.pass();
        return Response{.body = "done"};
    };
    TestClient idle(served.port());
    EXPECT_THAT(idle.ask(kGet), EndsWith("done"));
    TestClient busy(served.port());
    busy.send("GET /long HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(TestServer::comes([&] { return barrier.waiting == 1; }));
    std::thread stopping([&] { served.server->stop(seconds(10)); });
    EXPECT_TRUE(idle.is_ended());
    EXPECT_TRUE(TestServer::comes([&] {
        try {
            return TestClient(served.port()).is_ended();
        } catch (const std::runtime_error&) {
            return true;
        }
    }));
    barrier.open();
    const std::string answer = busy.read_to_end();
    EXPECT_THAT(answer, EndsWith("done"));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    stopping.join();
    EXPECT_EQ(served.server->figures().connections_open, 0U);
    served.server->stop(seconds(1));  // again: nothing
}

TEST(ServerStop, EndsWhatTakesLongerThanItsPatience) {
    ServerOptions options;
    options.workers = 1;
    TestServer served(options);
    Barrier barrier;
    std::atomic<int> asked = 0;
    served.application.answering = [&](const Request&) {
        ++asked;
        barrier.pass();
        return Response{};
    };
    TestClient half(served.port());
    half.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n");
    TestClient working(served.port());
    working.send(kGet);
    ASSERT_TRUE(TestServer::comes([&] { return barrier.waiting == 1; }));
    TestClient waiting(served.port());
    waiting.send(kGet);
    ASSERT_TRUE(TestServer::comes([&] { return served.server->figures().requests_waiting == 1; }));
    std::thread stopping([&] { served.server->stop(milliseconds(50)); });
    EXPECT_TRUE(half.is_ended());
    barrier.open();  // a thread at work cannot be ended
    stopping.join();
    EXPECT_TRUE(working.is_ended());
    EXPECT_TRUE(waiting.is_ended());
    EXPECT_EQ(asked, 1);  // nobody was left to be answered
}

TEST(ServerStart, SaysWhatIsWrong) {
    test::TestApplication application;
    const cairn::test::TempDir folder;
    ServerOptions options;
    options.limits.spool_folder = folder.path().string();
    const auto first = Server::start(options, application);
    ASSERT_TRUE(first) << first.error().message;
    options.port = (*first)->port();
    const auto taken = Server::start(options, application);
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, Errc::unavailable);
    EXPECT_THAT(taken.error().message, HasSubstr("127.0.0.1 port " + std::to_string(options.port)));
    for (const char* address : {"localhost", "", "192.0.2.1", "1.2.3.4.5"}) {
        options.address = address;
        const auto refused = Server::start(options, application);
        ASSERT_FALSE(refused) << address;
        EXPECT_EQ(refused.error().code, Errc::invalid_argument) << refused.error().message;
    }
    options = {};
    options.limits.spool_folder = "/nowhere";
    const auto no_folder = Server::start(options, application);
    ASSERT_FALSE(no_folder);
    EXPECT_THAT(no_folder.error().message, HasSubstr("/nowhere"));
}

TEST(ServerStart, ServesIpv6) {
    ServerOptions options;
    options.address = "::1";
    TestServer served(options);
    EXPECT_GT(served.port(), 0);
}

}  // namespace
}  // namespace cairn::http
