// The server with a handler that does nothing, over TLS 1.3 on the loopback: requests of one client
// that waits for each answer, of several at once, and the memory of idle connections.
#include <array>
#include <ctime>
#include <fstream>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http/raw_client_test.h"
#include "http/server.h"
#include "support/temp_dir.h"

namespace cairn::http {
namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

class Nothing final : public Application {
public:
    std::variant<Admission, Response> admit(const Request& /*head*/) override {
        return Admission{};
    }
    Response answer(Request /*request*/) override { return {.body = "done"}; }
    std::variant<std::unique_ptr<ChannelListener>, Response> open_channel(
        Request /*request*/, std::shared_ptr<Channel> /*channel*/
    ) override {
        return Response{.status = 404};
    }
    Response problem(unsigned status, std::string_view /*request_id*/) override {
        return {.status = status};
    }
    void answered(
        const Request& /*head*/,
        unsigned /*status*/,
        std::uint64_t /*sent*/,
        std::chrono::nanoseconds /*took*/
    ) override {}
};

struct Service {
    Service() {
        const std::int64_t now = std::time(nullptr);
        const auto certificate = cairn::test::TestCertificate::make(
            {.subject = "server", .not_before = now - 60, .not_after = now + 3600}, nullptr
        );
        ServerOptions options;
        options.workers = 2;
        options.limits.burst_per_address = 1e9;
        options.limits.rate_per_address = 1e9;
        options.limits.idle = std::chrono::hours(1);
        options.tls = TlsOptions{
            .certificate_file = folder.write("certificate.pem", certificate.pem()),
            .key_file = folder.write("key.pem", certificate.key_pem())};
        auto started = Server::start(options, application);
        if (!started) throw std::runtime_error(started.error().message);
        server = std::move(*started);
    }

    cairn::test::TempDir folder;
    Nothing application;
    std::unique_ptr<Server> server;
};

void BM_OneRequestAtATime(benchmark::State& state) {
    Service service;
    test::TestClient client(service.server->port());
    client.start_tls();
    for (auto _ : state) {
        client.send(kGet);
        benchmark::DoNotOptimize(client.read_answer());
    }
    state.SetItemsProcessed(state.iterations());
}

/// As many on the way as the argument says.
void BM_RequestsInARow(benchmark::State& state) {
    Service service;
    test::TestClient client(service.server->port());
    client.start_tls();
    std::string requests;
    for (std::int64_t count = 0; count < state.range(0); ++count) requests += kGet;
    for (auto _ : state) {
        client.send(requests);
        for (std::int64_t count = 0; count < state.range(0); ++count) {
            benchmark::DoNotOptimize(client.read_answer());
        }
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_Handshake(benchmark::State& state) {
    Service service;
    for (auto _ : state) {
        test::TestClient client(service.server->port());
        client.start_tls();
        client.send(kGet);
        benchmark::DoNotOptimize(client.read_answer());
    }
    state.SetItemsProcessed(state.iterations());
}

double resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    double pages = 0;
    statm >> pages >> pages;
    return pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

/// Clients in a process of their own: each asks once, says so, and stays until its input ends.
class IdleClients {
public:
    explicit IdleClients(std::int64_t count) {
        if (::pipe(to_.data()) != 0 || ::pipe(from_.data()) != 0) throw std::runtime_error("pipe");
        child_ = ::fork();
        if (child_ != 0) return;
        ::close(to_[1]);
        try {
            run(count);
        } catch (const std::exception&) {
            ::_exit(1);
        }
        ::_exit(0);
    }
    IdleClients(IdleClients&&) = delete;
    IdleClients& operator=(IdleClients&&) = delete;
    ~IdleClients() {
        ::close(to_[1]);
        ::waitpid(child_, nullptr, 0);
    }

    void connect(std::uint16_t port) {
        char done = 0;
        const bool is_told = ::write(to_[1], &port, sizeof(port)) == sizeof(port);
        if (!is_told || ::read(from_[0], &done, 1) != 1) throw std::runtime_error("no clients");
    }

private:
    void run(std::int64_t count) {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
        std::uint16_t port = 0;
        if (::read(to_[0], &port, sizeof(port)) != sizeof(port)) return;
        std::vector<std::unique_ptr<test::TestClient>> clients;
        for (std::int64_t made = 0; made < count; ++made) {
            clients.push_back(std::make_unique<test::TestClient>(port));
            if (!clients.back()->start_tls()) return;
            clients.back()->send(kGet);
            if (clients.back()->read_answer().empty()) return;
        }
        char byte = 1;
        if (::write(from_[1], &byte, 1) == 1) static_cast<void>(::read(to_[0], &byte, 1));
    }

    std::array<int, 2> to_{};
    std::array<int, 2> from_{};
    pid_t child_ = -1;
};

/// What the server's process has in memory with so many idle clients.
void BM_IdleConnections(benchmark::State& state) {
    IdleClients clients(state.range(0));  // forks while there is one thread
    Service service;
    const double before = resident_bytes();
    for (auto _ : state) clients.connect(service.server->port());
    const auto open = static_cast<double>(service.server->figures().connections_open);
    state.counters["connections"] = open;
    state.counters["resident_bytes"] = resident_bytes();
    state.counters["bytes_each"] = (resident_bytes() - before) / open;
}

BENCHMARK(BM_OneRequestAtATime)->UseRealTime();
BENCHMARK(BM_RequestsInARow)->Arg(16)->UseRealTime();
BENCHMARK(BM_Handshake)->UseRealTime();
BENCHMARK(BM_IdleConnections)->Arg(1'000)->Arg(10'000)->Iterations(1)->UseRealTime();

}  // namespace
}  // namespace cairn::http
