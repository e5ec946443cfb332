#pragma once

#include <array>
#include <atomic>
#include <thread>
#include <unordered_set>

#include <boost/asio/thread_pool.hpp>

#include "http/server.h"
#include "http/stream.h"

namespace cairn::http {

class Connection;

/// One thread with its connections.
struct Loop {
    asio::io_context io{1};
    asio::executor_work_guard<Executor> guard{io.get_executor()};
    std::unordered_set<Connection*> connections{};  ///< touched by its thread only
    std::array<char, std::size_t{64} << 10> scratch{};
    std::thread thread{};
};

/// What all connections of a server share.
struct ServerState {
    ServerState(const ServerOptions& server_options, Application& served)
        : options(server_options),
          application(served),
          networks(
              {.connections_max = options.limits.connections_per_address_max,
               .burst = options.limits.burst_per_address,
               .rate = options.limits.rate_per_address}
          ),
          workers(options.workers) {}

    const ServerOptions options;
    Application& application;
    Networks networks;
    asio::thread_pool workers;
    asio::thread_pool disk{1};  ///< bodies from and to files: a slow disk holds up no others
    std::atomic<bool> is_stopping = false;
    std::atomic<bool> is_out_of_patience = false;

    std::atomic<std::uint64_t> connections = 0;
    std::atomic<std::uint64_t> connections_open = 0;
    std::atomic<std::uint64_t> channels_open = 0;
    std::atomic<std::uint64_t> requests_waiting = 0;
    std::atomic<std::uint64_t> handshakes_failed = 0;
    std::atomic<std::uint64_t> refused_connections = 0;
    std::atomic<std::uint64_t> refused_requests = 0;
    std::atomic<std::uint64_t> timed_out = 0;
};

/// Runs `work`, which must not throw, on a thread of `pool`, and goes on in the thread of the
/// caller. `work` must live until then.
template <typename Work>
Task<> run_on(asio::thread_pool& pool, Work& work) {
    auto initiate = [&pool, &work](auto handler) {
        asio::post(pool, [&work, handler = std::move(handler)]() mutable {
            work();
            const auto executor = asio::get_associated_executor(handler);
            asio::post(executor, std::move(handler));
        });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
        initiate, kAwaitable
    );
}

}  // namespace cairn::http
