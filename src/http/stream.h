#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>  // Asio 1.74 forgets it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include "base/bytes.h"
#include "http/networks.h"

struct ssl_st;
struct ssl_ctx_st;

namespace cairn::http {

namespace asio = boost::asio;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
template <typename T = void>
using Task = asio::awaitable<T, Executor>;
inline constexpr asio::use_awaitable_t<Executor> kAwaitable{};

/// A connection, with TLS or without. Owns no buffers: an idle one costs little memory. Belongs
/// to the thread of its executor.
class Stream {
public:
    using executor_type = Executor;

    /// `scratch` is shared by all streams of a thread. `tls`: nullptr without.
    Stream(Socket socket, std::shared_ptr<ssl_ctx_st> tls, std::span<char> scratch);
    ~Stream();

    Executor get_executor() { return socket_.get_executor(); }

    Task<error_code> handshake();
    /// Appends what comes next to `input`; asio::error::eof at the end.
    Task<error_code> read(std::string& input);
    /// Writes the next part of `bytes`, which shrink by it.
    Task<error_code> write_some(std::string_view& bytes);
    /// Says that no more will come from here.
    void finish();
    /// DER; nullopt when the client showed none.
    std::optional<ByteVector> client_certificate() const;

    /// Ends what waits, and all that follows, with asio::error::timed_out.
    void expire();
    /// Takes expire() back; not end().
    void renew() { is_expired_ = is_ended_; }
    void end() {
        is_ended_ = true;
        expire();
    }
    bool is_expired() const { return is_expired_; }

    // What Beast wants of a stream.
    template <typename Buffers, typename Handler>
    auto async_read_some(const Buffers& buffers, Handler&& handler) {
        asio::mutable_buffer buffer;
        for (auto at = asio::buffer_sequence_begin(buffers);
             at != asio::buffer_sequence_end(buffers) && buffer.size() == 0;
             ++at) {
            buffer = *at;
        }
        return start([this, buffer] { return try_read(buffer); }, std::forward<Handler>(handler));
    }
    template <typename Buffers, typename Handler>
    auto async_write_some(const Buffers& buffers, Handler&& handler) {
        auto attempt = [this, buffers] { return try_write_sequence(buffers); };
        return start(std::move(attempt), std::forward<Handler>(handler));
    }
    friend void beast_close_socket(Stream& stream) { stream.expire(); }
    friend void teardown(boost::beast::role_type, Stream& stream, error_code& error) {
        stream.finish();
        error = {};
    }
    template <typename Handler>
    friend void async_teardown(boost::beast::role_type, Stream& stream, Handler&& handler) {
        stream.finish();
        asio::post(
            stream.get_executor(),
            boost::beast::bind_handler(std::forward<Handler>(handler), error_code())
        );
    }

private:
    /// What came of trying without waiting.
    struct Attempt {
        std::size_t bytes = 0;
        error_code error{};
        std::optional<asio::socket_base::wait_type> wait{};
    };

    /// An operation of Beast: tries, and waits when it must. Never completes within its start.
    template <typename Try>
    struct Operation {
        template <typename Self>
        void operator()(Self& self, error_code error = {}) {
            if (is_done) return self.complete(done.error, done.bytes);
            if (stream.is_expired_) error = asio::error::timed_out;
            done = error ? Attempt{.error = error} : attempt();
            if (done.wait) {
                stream.socket_.async_wait(*done.wait, std::move(self));
            } else {
                is_done = true;
                asio::post(stream.get_executor(), std::move(self));
            }
        }

        Stream& stream;
        Try attempt;
        Attempt done{};
        bool is_done = false;
    };

    template <typename Try, typename Handler>
    auto start(Try attempt, Handler&& handler) {
        return asio::async_compose<Handler, void(error_code, std::size_t)>(
            Operation<Try>{*this, std::move(attempt)}, handler, socket_
        );
    }

    /// Header and payload of a frame go as one where they are small.
    template <typename Buffers>
    Attempt try_write_sequence(const Buffers& buffers) {
        const std::size_t count =
            asio::buffer_copy(asio::buffer(scratch_.data(), scratch_.size()), buffers);
        return try_write({scratch_.data(), count});
    }

    Attempt try_read(asio::mutable_buffer buffer);
    Attempt try_write(std::string_view bytes);
    Attempt after_tls(int outcome, std::size_t bytes);
    Task<error_code> wait(asio::socket_base::wait_type what);

    struct FreeTls {
        void operator()(ssl_st* tls) const;
    };

    Socket socket_;
    std::shared_ptr<ssl_ctx_st> context_;
    std::unique_ptr<ssl_st, FreeTls> tls_;
    std::span<char> scratch_;
    bool is_expired_ = false;
    bool is_ended_ = false;
    bool is_broken_ = false;
};

}  // namespace cairn::http
