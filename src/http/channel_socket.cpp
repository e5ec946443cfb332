#include "http/channel_socket.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>

#include "base/text.h"

namespace cairn::http {
namespace {

namespace websocket = boost::beast::websocket;
namespace beast_http = boost::beast::http;

/// RFC 6455 section 7.4.1, and 1013 of the registry that it set up.
constexpr std::uint16_t kNotText = 1003;
constexpr std::uint16_t kPolicy = 1008;
constexpr std::uint16_t kTryAgainLater = 1013;
/// RFC 6455 section 5.5: a control frame has 125 bytes, two of them the code.
constexpr std::size_t kReasonBytesMax = 123;

boost::beast::string_view beast_text(std::string_view text) {
    return {text.data(), text.size()};
}

}  // namespace

/// Lets any thread reach the socket while that is there.
class ChannelSocket::Handle final : public Channel, public std::enable_shared_from_this<Handle> {
public:
    Handle(ChannelSocket& socket, Executor executor, std::size_t bytes_max)
        : socket_(&socket), executor_(std::move(executor)), bytes_max_(bytes_max) {}

    void send(std::string text) override {
        const std::lock_guard lock(mutex_);
        if (socket_ == nullptr || is_cut_off_) return;
        is_cut_off_ = waiting_ + text.size() > bytes_max_;
        if (is_cut_off_) return post_close(kTryAgainLater, "too much is waiting");
        waiting_ += text.size();
        asio::post(executor_, [self = shared_from_this(), text = std::move(text)]() mutable {
            if (self->socket_ != nullptr) self->socket_->queue(std::move(text));
        });
    }

    void close(std::uint16_t code, std::string_view reason) override {
        const std::lock_guard lock(mutex_);
        if (socket_ != nullptr) post_close(code, reason);
    }

    void taken(std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        waiting_ -= bytes;
    }

    /// In the thread of the socket, as all that follows it.
    void forget_socket() {
        const std::lock_guard lock(mutex_);
        socket_ = nullptr;
    }

private:
    void post_close(std::uint16_t code, std::string_view reason) {
        asio::post(executor_, [self = shared_from_this(), code, text = std::string(reason)] {
            if (self->socket_ != nullptr) self->socket_->begin_close(code, text);
        });
    }

    std::mutex mutex_;
    ChannelSocket* socket_;
    Executor executor_;
    const std::size_t bytes_max_;
    std::size_t waiting_ = 0;
    bool is_cut_off_ = false;
};

ChannelSocket::ChannelSocket(std::shared_ptr<Connection> connection, ServerState& state)
    : connection_(std::move(connection)),
      state_(state),
      socket_(connection_->stream()),
      message_(state.options.limits.channel_message_bytes_max),
      messages_(
          std::max(state.options.limits.channel_messages_per_second, 1.0),
          state.options.limits.channel_messages_per_second
      ),
      handle_(std::make_shared<Handle>(
          *this, connection_->stream().get_executor(), state.options.limits.channel_bytes_max
      )) {
    const Limits& limits = state.options.limits;
    socket_.set_option(websocket::stream_base::timeout{
        .handshake_timeout = limits.header,
        .idle_timeout = limits.idle,
        .keep_alive_pings = true,
    });
    socket_.read_message_max(limits.channel_message_bytes_max);
    socket_.auto_fragment(false);
    socket_.text(true);
}

ChannelSocket::~ChannelSocket() {
    handle_->forget_socket();
}

std::shared_ptr<Channel> ChannelSocket::channel() const {
    return handle_;
}

Task<bool> ChannelSocket::accept(const Request& head) {
    beast_http::request<beast_http::empty_body> request;
    request.method(beast_http::verb::get);
    request.target(beast_text(head.path));
    request.version(11);
    for (const auto& [name, value] : head.fields) {
        request.insert(beast_text(name), beast_text(value));
    }
    auto decorate = [id = head.id](websocket::response_type& response) {
        response.set("X-Request-Id", beast_text(id));
    };
    socket_.set_option(websocket::stream_base::decorator(decorate));
    error_code error;
    co_await socket_.async_accept(request, asio::redirect_error(kAwaitable, error));
    co_return !error;
}

Task<> ChannelSocket::run(const Request& head, std::unique_ptr<ChannelListener> listener) {
    const auto self = shared_from_this();
    const bool is_accepted = co_await accept(head);
    if (is_accepted) {
        socket_.control_callback([this](websocket::frame_type kind, boost::beast::string_view) {
            if (kind != websocket::frame_type::ping || !is_too_fast()) return;
            asio::post(connection_->stream().get_executor(), [self = shared_from_this()] {
                self->begin_close(kPolicy, "too many messages");
            });
        });
        is_open_ = true;
        if (is_closing_) {
            is_closing_ = false;
            begin_close(close_reason_.code, std::string_view(close_reason_.reason.c_str()));
        }
        write_next();
        co_await read_messages(*listener);
    }
    handle_->forget_socket();
    is_open_ = false;
    // What is still being written ends with the stream; its handler holds this object.
    if (is_writing_) connection_->stream().expire();
    auto end = [&listener] {
        try {
            listener->on_closed();
            listener.reset();
        } catch (...) {
            listener.release();  // NOLINT(bugprone-unused-return-value) its end has failed
        }
    };
    co_await run_on(state_.workers, end);
}

Task<> ChannelSocket::read_messages(ChannelListener& listener) {
    for (;;) {
        error_code error;
        co_await socket_.async_read(message_, asio::redirect_error(kAwaitable, error));
        if (error) co_return;
        const auto data = message_.cdata();
        const std::string text(static_cast<const char*>(data.data()), data.size());
        message_.consume(data.size());
        if (is_closing_) continue;  // only the client's last frame matters now
        if (!socket_.got_text()) {
            begin_close(kNotText, "text only");
        } else if (is_too_fast()) {
            begin_close(kPolicy, "too many messages");
        } else {
            bool is_told = true;
            auto tell = [&] {
                try {
                    listener.on_text(text);
                } catch (...) {
                    is_told = false;
                }
            };
            co_await run_on(state_.workers, tell);
            if (!is_told) begin_close(websocket::close_code::internal_error, "");
        }
    }
}

bool ChannelSocket::is_too_fast() {
    return !messages_.take(std::chrono::steady_clock::now());
}

void ChannelSocket::queue(std::string text) {
    if (is_closing_) return handle_->taken(text.size());
    queue_.push_back(std::move(text));
    write_next();
}

void ChannelSocket::write_next() {
    if (!is_open_ || is_writing_ || is_closing_ || queue_.empty()) return;
    is_writing_ = true;
    const Limits& limits = state_.options.limits;
    const std::uint64_t rate = std::max<std::uint64_t>(limits.bytes_per_second_min, 1);
    const std::chrono::seconds time(queue_.front().size() / rate);
    connection_->set_deadline(std::chrono::steady_clock::now() + limits.header + time);
    socket_.async_write(
        asio::buffer(queue_.front()),
        [self = shared_from_this()](const error_code& error, std::size_t) {
            self->on_written(error);
        }
    );
}

void ChannelSocket::on_written(const error_code& error) {
    is_writing_ = false;
    handle_->taken(queue_.front().size());
    queue_.pop_front();
    if (is_closing_) return;  // its deadline holds
    connection_->clear_deadline();
    if (error) return connection_->stream().expire();
    write_next();
}

void ChannelSocket::begin_close(std::uint16_t code, std::string_view reason) {
    if (is_closing_) return;
    is_closing_ = true;
    std::size_t size = std::min(reason.size(), kReasonBytesMax);
    while (!is_utf8(reason.substr(0, size))) --size;
    close_reason_.code = code;
    close_reason_.reason.assign(reason.data(), size);
    if (!is_open_) return;  // run() does it once the handshake is done
    queue_.resize(is_writing_ ? 1 : 0);
    connection_->set_deadline(std::chrono::steady_clock::now() + state_.options.limits.header);
    socket_.async_close(close_reason_, [self = shared_from_this()](const error_code&) {});
}

}  // namespace cairn::http
