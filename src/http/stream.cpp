#include "http/stream.h"

#include <cerrno>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <sys/socket.h>

namespace cairn::http {
namespace {

error_code system_error(int number) {
    return {number, boost::system::system_category()};
}

}  // namespace

void Stream::FreeTls::operator()(ssl_st* tls) const {
    SSL_free(tls);
}

Stream::Stream(Socket socket, std::shared_ptr<ssl_ctx_st> tls, std::span<char> scratch)
    : socket_(std::move(socket)), context_(std::move(tls)), scratch_(scratch) {
    if (!context_) return;
    tls_.reset(SSL_new(context_.get()));
    if (!tls_ || SSL_set_fd(tls_.get(), socket_.native_handle()) != 1) throw std::bad_alloc();
    SSL_set_accept_state(tls_.get());
}

Stream::~Stream() = default;

Task<error_code> Stream::wait(asio::socket_base::wait_type what) {
    error_code error;
    if (!is_expired_) co_await socket_.async_wait(what, asio::redirect_error(kAwaitable, error));
    if (is_expired_) error = asio::error::timed_out;
    co_return error;
}

Task<error_code> Stream::handshake() {
    while (tls_) {
        ERR_clear_error();
        const int outcome = SSL_do_handshake(tls_.get());
        if (outcome == 1) break;
        const Attempt attempt = after_tls(outcome, 0);
        if (!attempt.wait) co_return attempt.error;
        const error_code error = co_await wait(*attempt.wait);
        if (error) co_return error;
    }
    co_return error_code();
}

Task<error_code> Stream::read(std::string& input) {
    for (;;) {
        if (is_expired_) co_return asio::error::timed_out;
        const Attempt attempt = try_read(asio::buffer(scratch_.data(), scratch_.size()));
        if (!attempt.wait) {
            input.append(scratch_.data(), attempt.bytes);
            co_return attempt.error;
        }
        const error_code error = co_await wait(*attempt.wait);
        if (error) co_return error;
    }
}

Task<error_code> Stream::write_some(std::string_view& bytes) {
    for (;;) {
        if (is_expired_) co_return asio::error::timed_out;
        const Attempt attempt = try_write(bytes);
        if (!attempt.wait) {
            bytes.remove_prefix(attempt.bytes);
            co_return attempt.error;
        }
        const error_code error = co_await wait(*attempt.wait);
        if (error) co_return error;
    }
}

Stream::Attempt Stream::try_read(asio::mutable_buffer buffer) {
    if (buffer.size() == 0) return {};
    if (tls_) {
        ERR_clear_error();
        std::size_t count = 0;
        const int outcome = SSL_read_ex(tls_.get(), buffer.data(), buffer.size(), &count);
        return after_tls(outcome, count);
    }
    const ssize_t count = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), 0);
    if (count > 0) return {.bytes = static_cast<std::size_t>(count)};
    if (count == 0) return {.error = asio::error::eof};
    if (errno == EINTR || errno == EAGAIN) return {.wait = Socket::wait_read};
    return {.error = system_error(errno)};
}

Stream::Attempt Stream::try_write(std::string_view bytes) {
    if (bytes.empty()) return {};
    if (tls_) {
        if (is_broken_) return {.error = asio::error::broken_pipe};
        ERR_clear_error();
        std::size_t count = 0;
        const int outcome = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &count);
        return after_tls(outcome, count);
    }
    const int socket = socket_.native_handle();
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) return {.bytes = static_cast<std::size_t>(count)};
    if (errno == EINTR || errno == EAGAIN) return {.wait = Socket::wait_write};
    return {.error = system_error(errno)};
}

Stream::Attempt Stream::after_tls(int outcome, std::size_t bytes) {
    if (outcome == 1) return {.bytes = bytes};
    const int number = errno;
    switch (SSL_get_error(tls_.get(), outcome)) {
        case SSL_ERROR_WANT_READ:
            return {.wait = Socket::wait_read};
        case SSL_ERROR_WANT_WRITE:
            return {.wait = Socket::wait_write};
        case SSL_ERROR_ZERO_RETURN:
            return {.error = asio::error::eof};
        case SSL_ERROR_SYSCALL:
            is_broken_ = true;
            return {.error = number != 0 ? system_error(number) : asio::error::eof};
        default:
            is_broken_ = true;
            return {.error = asio::error::connection_aborted};
    }
}

void Stream::finish() {
    if (tls_ && !is_broken_ && SSL_is_init_finished(tls_.get()) != 0) {
        ERR_clear_error();
        SSL_shutdown(tls_.get());
        ERR_clear_error();
    }
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
}

std::optional<ByteVector> Stream::client_certificate() const {
    X509* shown = tls_ ? SSL_get0_peer_certificate(tls_.get()) : nullptr;
    if (shown == nullptr) return std::nullopt;
    ByteVector der(static_cast<std::size_t>(std::max(i2d_X509(shown, nullptr), 0)));
    unsigned char* at = der.data();
    i2d_X509(shown, &at);
    return der;
}

void Stream::expire() {
    is_expired_ = true;
    error_code ignored;
    socket_.cancel(ignored);
}

}  // namespace cairn::http
