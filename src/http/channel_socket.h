#pragma once

#include <deque>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "http/connection.h"

namespace cairn::http {

/// The WebSocket on a connection, whose thread it belongs to (RFC 6455, by Beast).
class ChannelSocket : public std::enable_shared_from_this<ChannelSocket> {
public:
    ChannelSocket(std::shared_ptr<Connection> connection, ServerState& state);
    ChannelSocket(ChannelSocket&&) = delete;
    ChannelSocket& operator=(ChannelSocket&&) = delete;
    ~ChannelSocket();

    /// What the application is given; does nothing any more once the socket is gone.
    std::shared_ptr<Channel> channel() const;

    /// From the handshake that `head` asks for until the last call of the listener.
    Task<> run(const Request& head, std::unique_ptr<ChannelListener> listener);
    void begin_close(std::uint16_t code, std::string_view reason);

private:
    class Handle;

    Task<bool> accept(const Request& head);
    Task<> read_messages(ChannelListener& listener);
    void queue(std::string text);
    void write_next();
    void on_written(const error_code& error);
    bool is_too_fast();

    std::shared_ptr<Connection> connection_;
    ServerState& state_;
    boost::beast::websocket::stream<Stream&, false> socket_;  // false: without compression
    boost::beast::flat_buffer message_;
    TokenBucket messages_;
    std::shared_ptr<Handle> handle_;
    std::deque<std::string> queue_;  ///< the first is being written while is_writing_
    boost::beast::websocket::close_reason close_reason_;
    bool is_open_ = false;
    bool is_writing_ = false;
    bool is_closing_ = false;
};

}  // namespace cairn::http
