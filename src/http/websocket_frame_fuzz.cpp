// Raw bytes after the handshake of a WebSocket, to the real server over the loopback. What its
// listener hears is UTF-8 within the limit; the channel ends once; the server goes on answering.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/text.h"
#include "http/server.h"

namespace {

using namespace cairn::http;  // NOLINT(google-build-using-namespace) one small file

constexpr std::size_t kMessageBytesMax = 300;
constexpr std::string_view kHandshake =
    "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

class Listener final : public ChannelListener {
public:
    Listener(std::atomic<int>& closed, std::shared_ptr<Channel> channel)
        : closed_(closed), channel_(std::move(channel)) {}

    void on_text(std::string_view text) override {
        if (is_closed_ || !cairn::is_utf8(text) || text.size() > kMessageBytesMax) std::abort();
        channel_->send(std::string(text));
    }
    void on_closed() override {
        if (std::exchange(is_closed_, true)) std::abort();
        ++closed_;
    }

private:
    std::atomic<int>& closed_;
    std::shared_ptr<Channel> channel_;
    bool is_closed_ = false;
};

class Echo final : public Application {
public:
    std::variant<Admission, Response> admit(const Request& /*head*/) override { return Response{}; }
    Response answer(Request /*request*/) override { return {}; }
    std::variant<std::unique_ptr<ChannelListener>, Response> open_channel(
        Request /*request*/, std::shared_ptr<Channel> channel
    ) override {
        return std::make_unique<Listener>(closed, std::move(channel));
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

    std::atomic<int> closed = 0;
};

struct Service {
    Service() {
        ServerOptions options;
        options.workers = 2;
        options.limits.channel_message_bytes_max = kMessageBytesMax;
        options.limits.channel_messages_per_second = 50;
        options.limits.burst_per_address = 1e9;
        options.limits.spool_folder = "/tmp";
        auto started = Server::start(options, application);
        if (!started) std::abort();
        server = std::move(*started);
    }

    Echo application;
    std::unique_ptr<Server> server;
};

void read_to_end(int socket) {
    cairn::ByteVector piece(4'096);
    while (::recv(socket, piece.data(), piece.size(), 0) > 0) {
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Service service;
    const int closed_before = service.application.closed;
    const cairn::Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(service.server->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* general = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    if (::connect(client.get(), general, sizeof(address)) != 0) std::abort();
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ::send(client.get(), kHandshake.data(), kHandshake.size(), MSG_NOSIGNAL);
    cairn::ByteVector answer(1'024);
    if (::recv(client.get(), answer.data(), answer.size(), 0) <= 0) std::abort();
    ::send(client.get(), data, size, MSG_NOSIGNAL);
    ::shutdown(client.get(), SHUT_WR);
    read_to_end(client.get());
    for (int step = 0; service.application.closed == closed_before; ++step) {
        if (step > 10'000) std::abort();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return 0;
}
