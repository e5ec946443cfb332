#include <gmock/gmock.h>

#include "http/raw_client_test.h"
#include "http/served_test.h"

namespace cairn::http {
namespace {

using std::chrono::milliseconds;
using test::TestClient;
using test::TestServer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr unsigned kFinal = 0x80;
constexpr unsigned kText = 1;
constexpr unsigned kBinary = 2;
constexpr unsigned kClose = 8;
constexpr unsigned kPing = 9;
constexpr unsigned kPong = 10;

std::string handshake_with(const std::string& fields) {
    return "GET /events HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n" + fields + "\r\n";
}
std::string handshake() {
    return handshake_with(
        "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    );
}

/// RFC 6455 section 5.2, as a client sends it; the mask is zero.
std::string frame(unsigned first_byte, std::string_view payload) {
    std::string bytes(1, static_cast<char>(first_byte));
    if (payload.size() < 126) {
        bytes += static_cast<char>(0x80 | payload.size());
    } else {
        bytes += static_cast<char>(0x80 | 126);
        bytes += static_cast<char>(payload.size() >> 8);
        bytes += static_cast<char>(payload.size() & 0xFF);
    }
    return bytes.append(4, '\0').append(payload);
}
std::string text_frame(std::string_view payload) {
    return frame(kFinal | kText, payload);
}

struct Frame {
    unsigned kind = 0;
    std::string payload;

    /// Of a close frame; 0 when it is none.
    unsigned code() const {
        if (kind != kClose || payload.size() < 2) return 0;
        return static_cast<unsigned>(static_cast<unsigned char>(payload[0])) << 8 |
               static_cast<unsigned char>(payload[1]);
    }
};

Frame read_frame(TestClient& client) {
    const std::string head = client.read(2);
    if (head.size() < 2) return {};
    std::size_t size = static_cast<unsigned char>(head[1]);
    const std::size_t more = size == 127 ? 8 : size == 126 ? 2 : 0;
    if (more > 0) size = 0;
    for (const char byte : client.read(more)) size = size << 8 | static_cast<unsigned char>(byte);
    return {.kind = static_cast<unsigned char>(head[0]) & 0xFU, .payload = client.read(size)};
}

std::string read_text(TestClient& client) {
    const Frame came = read_frame(client);
    return came.kind == kText ? came.payload : "frame " + std::to_string(came.kind);
}

/// What the server says of its closing after `frames`.
unsigned code_after(TestServer& served, const std::string& frames) {
    TestClient client(served.port());
    client.ask(handshake());
    client.send(frames);
    Frame came = read_frame(client);
    while (came.kind != kClose && came.kind != 0) came = read_frame(client);
    if (came.kind == kClose) client.send(frame(kFinal | kClose, came.payload));
    EXPECT_TRUE(client.is_ended());
    return came.code();
}

TEST(Channel, CarriesTextBothWays) {
    const cairn::test::TempDir files;
    TestServer served(TestServer::with_tls(files));
    TestClient client(served.port());
    ASSERT_TRUE(client.start_tls());
    const std::string answer = client.ask(handshake());
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 101 "));
    EXPECT_THAT(answer, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    ASSERT_TRUE(client.send(text_frame("one") + text_frame("")));
    EXPECT_EQ(read_text(client), "echo one");
    EXPECT_EQ(read_text(client), "echo ");
    ASSERT_TRUE(client.send(frame(kText, "in ") + frame(kFinal, "pieces")));
    EXPECT_EQ(read_text(client), "echo in pieces");
    ASSERT_TRUE(client.send(frame(kFinal | kPing, "?")));
    const Frame pong = read_frame(client);
    EXPECT_EQ(pong.kind, kPong);
    EXPECT_EQ(pong.payload, "?");
    EXPECT_EQ(served.server->figures().channels_open, 1U);
    ASSERT_TRUE(client.send(frame(kFinal | kClose, "\x03\xE8")));
    EXPECT_EQ(read_frame(client).code(), 1000U);
    EXPECT_TRUE(client.is_ended());
    EXPECT_TRUE(TestServer::comes([&] { return served.application.record->closed_now() == 1; }));
    EXPECT_THAT(served.application.record->texts_now(), ElementsAre("one", "", "in pieces"));
    EXPECT_TRUE(TestServer::comes([&] { return served.server->figures().channels_open == 0; }));
    EXPECT_THAT(served.application.answered_now(), ElementsAre("/events 101"));
}

TEST(Channel, SendsFromAnyThreadInOrder) {
    TestServer served;
    TestClient client(served.port());
    client.ask(handshake());
    const auto channel = served.application.channel(0);
    for (int number = 0; number < 500; ++number) channel->send(std::to_string(number));
    for (int number = 0; number < 500; ++number) {
        EXPECT_EQ(read_text(client), std::to_string(number));
    }
    channel->close(4'000, "enough");
    const Frame closed = read_frame(client);
    EXPECT_EQ(closed.code(), 4'000U);
    EXPECT_EQ(closed.payload.substr(2), "enough");
    client.send(frame(kFinal | kClose, closed.payload));
    EXPECT_TRUE(client.is_ended());
    EXPECT_TRUE(TestServer::comes([&] { return served.application.record->closed_now() == 1; }));
    channel->send("nobody hears this");
    channel->close(1'000, "");
}

TEST(Channel, IsRefusedWithoutAGoodHandshake) {
    TestServer served;
    const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    const std::string version = "Sec-WebSocket-Version: 13\r\n";
    const std::string upgrade = "Connection: Upgrade\r\n";
    for (const std::string& fields :
         {key + version,
          key + upgrade,
          version + upgrade,
          version + upgrade + "Sec-WebSocket-Key: c2hvcnQ=\r\n",
          key + upgrade + "Sec-WebSocket-Version: 8\r\n",
          key + key + version + upgrade,
          key + version + upgrade + "Content-Length: 1\r\n"}) {
        TestClient client(served.port());
        EXPECT_THAT(client.ask(handshake_with(fields)), StartsWith("HTTP/1.1 400 ")) << fields;
    }
    TestClient early(served.port());
    EXPECT_THAT(early.ask(handshake() + text_frame("early")), StartsWith("HTTP/1.1 400 "));
    served.application.has_channels = false;
    TestClient client(served.port());
    EXPECT_THAT(client.ask(handshake()), StartsWith("HTTP/1.1 403 "));
    EXPECT_EQ(served.application.record->closed_now(), 0);
}

TEST(Channel, EndsWhatIsNoGoodText) {
    TestServer served;
    EXPECT_EQ(code_after(served, frame(kFinal | kBinary, "bytes")), 1003U);
    EXPECT_EQ(code_after(served, text_frame("\xFF\xFE")), 1007U);
    EXPECT_EQ(code_after(served, text_frame("cut \xC3")), 1007U);
    EXPECT_EQ(code_after(served, text_frame(std::string(4'097, 'a'))), 1009U);
    EXPECT_EQ(
        code_after(
            served, frame(kText, std::string(4'000, 'a')) + frame(kFinal, std::string(100, 'a'))
        ),
        1009U
    );
    EXPECT_EQ(code_after(served, frame(kFinal | 0x40 | kText, "compressed")), 1002U);
    EXPECT_EQ(code_after(served, frame(kFinal | 3, "unknown")), 1002U);
    EXPECT_EQ(
        code_after(
            served,
            std::string("\x81\x01"
                        "a")
        ),
        1002U
    );  // no mask
    EXPECT_EQ(code_after(served, frame(kPing, "in pieces")), 1002U);
    EXPECT_EQ(code_after(served, frame(kFinal | kPing, std::string(126, 'a'))), 1002U);
    EXPECT_EQ(code_after(served, frame(kFinal, "goes on with nothing")), 1002U);
    EXPECT_TRUE(TestServer::comes([&] { return served.application.record->closed_now() == 11; }));
    EXPECT_TRUE(served.application.record->texts_now().empty());
}

TEST(Channel, EndsClientsThatSayTooMuch) {
    ServerOptions options;
    options.limits.channel_messages_per_second = 5;
    TestServer served(options);
    std::string texts;
    std::string pings;
    for (int count = 0; count < 10; ++count) {
        texts += text_frame("again");
        pings += frame(kFinal | kPing, "again");
    }
    EXPECT_EQ(code_after(served, texts), 1008U);
    EXPECT_EQ(code_after(served, pings), 1008U);
    EXPECT_THAT(
        served.application.record->texts_now().size(),
        testing::AllOf(testing::Ge(4U), testing::Le(6U))
    );
}

TEST(Channel, EndsClientsThatLetTooMuchWait) {
    ServerOptions options;
    options.limits.header = milliseconds(500);
    options.limits.channel_bytes_max = 1'000'000;
    TestServer served(options);
    TestClient patient(served.port());
    patient.ask(handshake());
    TestClient deaf(served.port(), 4'096);
    deaf.ask(handshake());
    const auto channel = served.application.channel(1);
    for (int count = 0; count < 100; ++count) channel->send(std::string(100'000, 'x'));
    EXPECT_TRUE(TestServer::comes([&] { return served.application.record->closed_now() == 1; }));
    EXPECT_TRUE(TestServer::comes([&] { return served.server->figures().channels_open == 1; }));

    TestClient slow(served.port());
    slow.ask(handshake());
    const auto other = served.application.channel(2);
    other->send(std::string(1'000'001, 'x'));
    EXPECT_EQ(read_frame(slow).code(), 1013U);
    served.application.channel(0)->send("still here");
    EXPECT_EQ(read_text(patient), "still here");
}

TEST(Channel, AsksSilentClientsAndEndsThoseThatAreGone) {
    ServerOptions options;
    options.limits.idle = milliseconds(400);
    TestServer served(options);
    TestClient client(served.port());
    client.ask(handshake());
    EXPECT_EQ(read_frame(client).kind, kPing);
    client.send(frame(kFinal | kPong, ""));
    EXPECT_EQ(read_frame(client).kind, kPing);
    EXPECT_TRUE(TestServer::comes([&] { return served.application.record->closed_now() == 1; }));
}

TEST(Channel, EndsWithTheServer) {
    TestServer served;
    TestClient client(served.port());
    client.ask(handshake());
    TestClient deaf(served.port());
    deaf.ask(handshake());
    std::thread stopping([&] { served.server->stop(milliseconds(300)); });
    const Frame closed = read_frame(client);
    EXPECT_EQ(closed.code(), 1001U);
    client.send(frame(kFinal | kClose, closed.payload));
    EXPECT_TRUE(client.is_ended());
    stopping.join();
    EXPECT_EQ(served.application.record->closed_now(), 2);
    const auto channel = served.application.channel(0);
    served.server.reset();
    channel->send("nobody is there");
}

TEST(Channel, OutlivesClientsThatVanish) {
    const cairn::test::TempDir files;
    TestServer served(TestServer::with_tls(files));
    for (int round = 0; round < 20; ++round) {
        TestClient client(served.port());
        ASSERT_TRUE(client.start_tls());
        client.ask(handshake());
        client.send(text_frame("gone"));
        if (round % 2 == 0) client.send("\x81");
        const auto channel = served.application.channel(static_cast<std::size_t>(round));
        for (int count = 0; count < 20; ++count) channel->send(std::string(10'000, 'x'));
    }
    EXPECT_TRUE(TestServer::comes([&] { return served.application.record->closed_now() == 20; }));
    EXPECT_TRUE(TestServer::comes([&] { return served.server->figures().connections_open == 0; }));
    EXPECT_EQ(served.server->figures().channels_open, 0U);
}

TEST(Channel, AreCounted) {
    ServerOptions options;
    options.limits.channels_max = 1;
    TestServer served(options);
    TestClient first(served.port());
    EXPECT_THAT(first.ask(handshake()), StartsWith("HTTP/1.1 101 "));
    TestClient second(served.port());
    EXPECT_THAT(second.ask(handshake()), StartsWith("HTTP/1.1 503 "));
}

}  // namespace
}  // namespace cairn::http
