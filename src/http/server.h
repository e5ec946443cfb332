#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "base/result.h"
#include "http/message.h"

namespace cairn::http {

/// What the body of a request may be.
struct Admission {
    std::uint64_t body_bytes_max = 0;
    /// Into an unnamed file in Limits::spool_folder, for bodies that do not fit into memory.
    bool to_file = false;
};

/// The server's end of a WebSocket (RFC 6455). Thread-safe.
class Channel {
public:
    virtual ~Channel() = default;
    /// Queues a text message. A client that lets more than Limits::channel_bytes_max wait is cut
    /// off (1013): it fetches what it missed when it comes back.
    virtual void send(std::string text) = 0;
    /// `code`: RFC 6455 section 7.4.
    virtual void close(std::uint16_t code, std::string_view reason) = 0;
};

/// What is told of a channel, on a worker, one call at a time.
class ChannelListener {
public:
    virtual ~ChannelListener() = default;
    virtual void on_text(std::string_view text) = 0;
    /// The last call, whatever ended it.
    virtual void on_closed() = 0;
};

/// What answers requests.
class Application {
public:
    virtual ~Application() = default;

    /// Once the header is there and before the body is read: what it may be, or the answer at once.
    /// On a thread that many clients wait for: must not block. Not asked about WebSockets.
    virtual std::variant<Admission, Response> admit(const Request& head) = 0;
    /// On a worker: may block. Called by several at once.
    virtual Response answer(Request request) = 0;
    /// A client asks for a WebSocket, in a good handshake; whether its Origin may is for here to
    /// say. On a worker. The channel does nothing any more after on_closed(); what is sent before
    /// this function returns goes out first.
    virtual std::variant<std::unique_ptr<ChannelListener>, Response> open_channel(
        Request request, std::shared_ptr<Channel> channel
    ) = 0;
    /// The answer to what is no HTTP, breaks a limit or finds no worker: 400, 405, 408, 413, 414,
    /// 429, 431, 501, 503, 505; and 500 when answer() or open_channel() threw. On a thread that
    /// many clients wait for: must not block. 429 and 503 get a Retry-After where they have none.
    virtual Response problem(unsigned status, std::string_view request_id) = 0;
    /// A request was answered: for metrics and the log. Must not block. `head` has only an id and
    /// the client's address where the request could not be read; a WebSocket counts as 101.
    virtual void answered(
        const Request& head, unsigned status, std::uint64_t sent, std::chrono::nanoseconds took
    ) = 0;
};

enum class TlsVersion : std::uint8_t { tls_1_2, tls_1_3 };

struct TlsOptions {
    std::string certificate_file;  ///< PEM, with the certificates that lead to its authority
    std::string key_file;          ///< PEM
    TlsVersion lowest = TlsVersion::tls_1_3;
};

/// What one client, and all together, may take.
struct Limits {
    std::size_t header_bytes_max = std::size_t{16} << 10;
    std::size_t target_bytes_max = std::size_t{8} << 10;
    std::size_t connections_max = 12'000;
    std::size_t connections_per_address_max = 11'000;  ///< of one network: IPv4 /32, IPv6 /64
    /// Requests that one network may make at once, and then each second; more are answered 429.
    double burst_per_address = 2'000;
    double rate_per_address = 2'000;
    std::size_t waiting_max = 1'000;  ///< requests that no worker has taken yet; more: 503
    std::chrono::milliseconds handshake{10'000};
    std::chrono::milliseconds header{10'000};
    std::chrono::milliseconds idle{60'000};  ///< between requests of a connection
    /// The slowest a body may come in and an answer may be taken, after a first grace of `header`.
    std::uint64_t bytes_per_second_min = 1'000;
    std::size_t channels_max = 5'000;
    std::size_t channel_message_bytes_max = std::size_t{4} << 10;  ///< from the client
    std::size_t channel_bytes_max = std::size_t{256} << 10;        ///< waiting for the client
    double channel_messages_per_second = 20;                       ///< from the client; more: 1008
    std::string spool_folder = "/var/tmp";
};

struct ServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;         ///< 0: any free one
    std::optional<TlsOptions> tls;  ///< without: plain HTTP, for the local machine only
    unsigned io_threads = 1;
    unsigned workers = 16;
    Limits limits{};
};

/// Figures since the start.
struct ServerFigures {
    std::uint64_t connections = 0;       ///< accepted
    std::uint64_t connections_open = 0;  ///< now
    std::uint64_t channels_open = 0;     ///< now
    std::uint64_t requests_waiting = 0;  ///< now
    std::uint64_t handshakes_failed = 0;
    std::uint64_t refused_connections = 0;
    std::uint64_t refused_requests = 0;  ///< by a limit
    std::uint64_t timed_out = 0;
};

/// Serves HTTP/1.1 and WebSockets, with keep-alive, over TLS. Each request has one answer, in
/// order; what cannot be told apart for sure (RFC 9112 section 11.2) is refused and ends its
/// connection. Threads of its own.
class Server {
public:
    /// Binds at once. Errc::unavailable when the address is taken, permission_denied,
    /// invalid_argument for an address, certificate or key that will not do. `application` must
    /// outlive it.
    static Result<std::unique_ptr<Server>> start(
        const ServerOptions& options, Application& application
    );
    /// As stop() without patience.
    virtual ~Server() = default;

    virtual std::uint16_t port() const = 0;
    virtual ServerFigures figures() const = 0;
    /// Takes certificate and key from their files again; later connections use them. On failure
    /// the old ones stay.
    virtual Status reload_tls() = 0;
    /// Not from a thread of its own. Accepts nothing more, closes idle connections and channels
    /// (1001), lets requests that began finish for so long, and returns when all is over.
    virtual void stop(std::chrono::milliseconds patience) = 0;
};

}  // namespace cairn::http
