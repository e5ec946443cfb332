#pragma once

#include <charconv>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/certificates.h"

namespace cairn::http::test {

/// How a client of a test does TLS.
struct ClientTls {
    const cairn::test::TestCertificate* shown = nullptr;
    int highest = TLS1_3_VERSION;
    std::string protocols = {};  ///< of ALPN, in wire form
};

struct FreeSsl {
    void operator()(SSL* tls) const { SSL_free(tls); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

/// A connection of a test: raw bytes, by TLS or without.
class TestClient {
public:
    explicit TestClient(std::uint16_t port, int receive_buffer = 0)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        if (receive_buffer > 0) {
            ::setsockopt(
                socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer)
            );
        }
        const int at_once = 1;  // else a request waits until the handshake is acknowledged
        ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const auto* general = static_cast<const sockaddr*>(static_cast<const void*>(&address));
        if (::connect(socket_.get(), general, sizeof(address)) != 0) {
            throw std::runtime_error("no connection: " + errno_text(errno));
        }
    }

    /// False when the server refuses.
    bool start_tls(const ClientTls& how = {}) {
        context_.reset(SSL_CTX_new(TLS_client_method()));
        SSL_CTX_set_max_proto_version(context_.get(), how.highest);
        if (how.shown != nullptr) {
            SSL_CTX_use_certificate(context_.get(), how.shown->x509.get());
            SSL_CTX_use_PrivateKey(context_.get(), how.shown->key.get());
        }
        tls_.reset(SSL_new(context_.get()));
        if (!how.protocols.empty()) {
            const ByteVector wire(how.protocols.begin(), how.protocols.end());
            SSL_set_alpn_protos(tls_.get(), wire.data(), static_cast<unsigned>(wire.size()));
        }
        SSL_set_fd(tls_.get(), socket_.get());
        return SSL_connect(tls_.get()) == 1;
    }

    /// False when the server has gone.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t count =
                tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                     : ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }

    void finish() { ::shutdown(socket_.get(), SHUT_WR); }

    /// Up to `bytes` more; fewer at the end, or when nothing came for ten seconds.
    std::string read(std::size_t bytes) {
        while (came_.size() < bytes && receive()) {
        }
        return take(std::min(bytes, came_.size()));
    }

    std::string read_to_end() {
        while (receive()) {
        }
        return take(came_.size());
    }

    /// Up to and with `mark`.
    std::string read_until(std::string_view mark) {
        while (came_.find(mark) == std::string::npos && receive()) {
        }
        const std::size_t at = came_.find(mark);
        return take(at == std::string::npos ? came_.size() : at + mark.size());
    }

    /// One whole answer, with a body as its Content-Length says.
    std::string read_answer() {
        std::string head = read_until("\r\n\r\n");
        constexpr std::string_view kLength = "Content-Length: ";
        const std::size_t at = head.find(kLength);
        if (at == std::string::npos) return head;
        std::size_t length = 0;
        std::from_chars(head.data() + at + kLength.size(), head.data() + head.size(), length);
        return head += read(length);
    }

    std::string ask(std::string_view request) {
        send(request);
        return read_answer();
    }

    bool is_ended() { return came_.empty() && !receive(); }
    SSL* tls() const { return tls_.get(); }

private:
    bool receive() {
        const bool is_held = tls_ && SSL_pending(tls_.get()) > 0;
        pollfd waits{.fd = socket_.get(), .events = POLLIN, .revents = 0};
        if (!is_held && ::poll(&waits, 1, 10'000) <= 0) return false;
        std::string piece(16'384, '\0');
        const ssize_t count =
            tls_ ? SSL_read(tls_.get(), piece.data(), static_cast<int>(piece.size()))
                 : ::recv(socket_.get(), piece.data(), piece.size(), 0);
        if (count <= 0) return false;
        came_.append(piece, 0, static_cast<std::size_t>(count));
        return true;
    }

    std::string take(std::size_t count) {
        std::string taken = came_.substr(0, count);
        came_.erase(0, count);
        return taken;
    }

    Fd socket_;
    std::unique_ptr<SSL_CTX, FreeSsl> context_;
    std::unique_ptr<SSL, FreeSsl> tls_;
    std::string came_;
};

}  // namespace cairn::http::test
