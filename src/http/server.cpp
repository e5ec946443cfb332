#include "http/server.h"

#include <csignal>
#include <future>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "http/connection.h"
#include "http/tls_context.h"

namespace cairn::http {
namespace {

using asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Timer = asio::basic_waitable_timer<
    std::chrono::steady_clock,
    asio::wait_traits<std::chrono::steady_clock>,
    Executor>;

/// How often deadlines are looked at.
constexpr std::chrono::milliseconds kTick{100};
/// Nothing is accepted for so long when the system has no more descriptors or memory.
constexpr std::chrono::milliseconds kAcceptPause{100};

/// Signals are for the program's own threads; a client that is gone must not end it (SIGPIPE).
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    SignalsBlocked(SignalsBlocked&&) = delete;
    SignalsBlocked& operator=(SignalsBlocked&&) = delete;
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

/// Each connection takes a descriptor; systems begin with 1,024.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

Errc code_of(int error_number) {
    switch (error_number) {
        case EACCES:
        case EPERM:
            return Errc::permission_denied;
        case EADDRNOTAVAIL:
        case EAFNOSUPPORT:
            return Errc::invalid_argument;
        default:
            return Errc::unavailable;
    }
}

std::string_view cure_of(Errc code) {
    switch (code) {
        case Errc::permission_denied:
            return "take a port from 1024, or give the program the right to bind it";
        case Errc::invalid_argument:
            return "give an address of this machine";
        default:
            return "end what listens there, or take another port";
    }
}

Status check_spool_folder(const std::string& folder) {
    const Fd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (file) return ok();
    return fail(
        Errc::invalid_argument,
        "{}: no unnamed files can be made there ({}): name a folder that is there, is writable, and"
        " lies on a usual file system",
        folder,
        errno_text(errno)
    );
}

}  // namespace

class BeastServer final : public Server {
public:
    BeastServer(const ServerOptions& options, Application& application)
        : state_(options, application) {
        for (unsigned count = std::max(options.io_threads, 1U); count > 0; --count) {
            loops_.push_back(std::make_unique<Loop>());
        }
        acceptor_.emplace(loops_.front()->io);
    }
    BeastServer(BeastServer&&) = delete;
    BeastServer& operator=(BeastServer&&) = delete;
    ~BeastServer() override { stop_all(std::chrono::milliseconds(0)); }

    Status open() {
        CAIRN_TRY(check_spool_folder(state_.options.limits.spool_folder));
        CAIRN_TRY(reload_tls());
        CAIRN_TRY(listen());
        raise_descriptor_limit();
        const SignalsBlocked in_threads_made_here;
        asio::co_spawn(loops_.front()->io, accept_all(), asio::detached);
        for (const auto& loop : loops_) {
            asio::co_spawn(loop->io, watch(*loop), asio::detached);
            loop->thread = std::thread([&io = loop->io] { io.run(); });
        }
        return ok();
    }

    std::uint16_t port() const override { return port_; }

    ServerFigures figures() const override {
        return {
            .connections = state_.connections,
            .connections_open = state_.connections_open,
            .channels_open = state_.channels_open,
            .requests_waiting = state_.requests_waiting,
            .handshakes_failed = state_.handshakes_failed,
            .refused_connections = state_.refused_connections,
            .refused_requests = state_.refused_requests,
            .timed_out = state_.timed_out,
        };
    }

    Status reload_tls() override {
        if (!state_.options.tls) return ok();
        auto fresh = CAIRN_TRY(load_tls(*state_.options.tls));
        const std::lock_guard lock(tls_mutex_);
        tls_ = std::move(fresh);
        return ok();
    }

    void stop(std::chrono::milliseconds patience) override { stop_all(patience); }

private:
    Status listen() {
        error_code error;
        const auto address = asio::ip::make_address(state_.options.address, error);
        if (error) {
            return fail(
                Errc::invalid_argument,
                "{}: not a network address: give one like 127.0.0.1 or ::1",
                state_.options.address
            );
        }
        const tcp::endpoint endpoint(address, state_.options.port);
        const tcp protocol = endpoint.protocol();
        const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
        Fd socket(::socket(protocol.family(), type, protocol.protocol()));
        if (!socket) return cannot_listen(errno);
        acceptor_->assign(protocol, socket.release(), error);
        if (!error) acceptor_->set_option(Acceptor::reuse_address(true), error);
        if (!error && address.is_v6() && address.is_unspecified()) {
            acceptor_->set_option(asio::ip::v6_only(false), error);
        }
        if (!error) acceptor_->bind(endpoint, error);
        if (!error) acceptor_->listen(Acceptor::max_listen_connections, error);
        if (error) return cannot_listen(error.value());
        port_ = acceptor_->local_endpoint(error).port();
        return ok();
    }

    Error cannot_listen(int error_number) const {
        const Errc code = code_of(error_number);
        const ServerOptions& options = state_.options;
        const std::string why = errno_text(error_number);
        const std::string_view cure = cure_of(code);
        return fail(code, "{} port {}: {}: {}", options.address, options.port, why, cure);
    }

    Task<> accept_all() {
        Timer pause(loops_.front()->io);
        while (!state_.is_stopping) {
            error_code error;
            co_await acceptor_->async_wait(
                Acceptor::wait_read, asio::redirect_error(kAwaitable, error)
            );
            if (state_.is_stopping) co_return;
            int failure = error.value();
            while (failure == 0) failure = accept_one();
            if (failure == EAGAIN || failure == EINTR || failure == ECONNABORTED) continue;
            pause.expires_after(kAcceptPause);
            co_await pause.async_wait(asio::redirect_error(kAwaitable, error));
        }
    }

    /// 0, or what the system says.
    int accept_one() {
        tcp::endpoint peer;
        auto size = static_cast<socklen_t>(peer.capacity());
        Fd accepted(
            ::accept4(acceptor_->native_handle(), peer.data(), &size, SOCK_CLOEXEC | SOCK_NONBLOCK)
        );
        if (!accepted) return errno;
        peer.resize(size);
        asio::ip::address client = peer.address();
        if (client.is_v6() && client.to_v6().is_v4_mapped()) {
            client = asio::ip::make_address_v4(asio::ip::v4_mapped, client.to_v6());
        }
        Loop& loop = *loops_.at(next_loop_++ % loops_.size());
        Socket socket(loop.io);
        error_code error;
        socket.assign(peer.protocol(), accepted.get(), error);
        if (error) return error.value();
        accepted.release();
        socket.set_option(tcp::no_delay(true), error);
        const Network network = Connection::network_of(client);
        const bool has_room = state_.connections_open < state_.options.limits.connections_max;
        if (!has_room || !state_.networks.connect(network)) {
            ++state_.refused_connections;
            return 0;
        }
        try {
            serve(loop, std::move(socket), client);
        } catch (const std::bad_alloc&) {
            return ENOMEM;
        }
        return 0;
    }

    void serve(Loop& loop, Socket socket, const asio::ip::address& client) {
        std::shared_ptr<ssl_ctx_st> tls;
        {
            const std::lock_guard lock(tls_mutex_);
            tls = tls_;
        }
        auto connection =
            std::make_shared<Connection>(state_, loop, std::move(socket), std::move(tls), client);
        asio::co_spawn(loop.io, Connection::run(std::move(connection)), asio::detached);
    }

    /// Looks at the deadlines of a loop's connections.
    Task<> watch(Loop& loop) {
        Timer tick(loop.io);
        while (!is_over_) {
            tick.expires_after(kTick);
            error_code ignored;
            co_await tick.async_wait(asio::redirect_error(kAwaitable, ignored));
            const Moment now = std::chrono::steady_clock::now();
            for (Connection* connection : loop.connections) connection->check_deadline(now);
        }
    }

    template <typename Act>
    void for_each_connection(Act act) {
        for (const auto& loop : loops_) {
            asio::post(loop->io, [&loop = *loop, act] {
                for (Connection* connection : loop.connections) act(*connection);
            });
        }
    }

    bool wait_until_empty(std::chrono::milliseconds patience) {
        constexpr std::chrono::milliseconds kStep{5};
        const Moment end = std::chrono::steady_clock::now() + patience;
        while (state_.connections_open > 0) {
            if (std::chrono::steady_clock::now() >= end) return false;
            std::this_thread::sleep_for(kStep);
        }
        return true;
    }

    void stop_all(std::chrono::milliseconds patience) {
        if (is_over_) return;
        state_.is_stopping = true;
        asio::post(loops_.front()->io, [this] {
            error_code ignored;
            acceptor_->close(ignored);
        });
        for_each_connection([](Connection& connection) { connection.stop_when_idle(); });
        const bool is_empty = wait_until_empty(patience);
        state_.is_out_of_patience = true;
        while (!is_empty && state_.connections_open > 0) {
            for_each_connection([](Connection& connection) { connection.abort(); });
            wait_until_empty(kTick);
        }
        is_over_ = true;
        for (const auto& loop : loops_) {
            loop->guard.reset();
            if (loop->thread.joinable()) loop->thread.join();
        }
        state_.workers.join();
        state_.disk.join();
    }

    ServerState state_;
    std::vector<std::unique_ptr<Loop>> loops_;
    std::optional<Acceptor> acceptor_;
    std::uint16_t port_ = 0;
    std::size_t next_loop_ = 0;
    std::mutex tls_mutex_;
    std::shared_ptr<ssl_ctx_st> tls_;
    std::atomic<bool> is_over_ = false;
};

Result<std::unique_ptr<Server>> Server::start(
    const ServerOptions& options, Application& application
) {
    try {
        auto server = std::make_unique<BeastServer>(options, application);
        CAIRN_TRY(server->open());
        return std::unique_ptr<Server>(std::move(server));
    } catch (const std::exception& error) {  // of Boost, or no more threads
        return fail(Errc::unavailable, "the server cannot be started: {}", error.what());
    }
}

}  // namespace cairn::http
