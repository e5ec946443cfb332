#include "http/server.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>

#include "http/raw_client_test.h"
#include "http/served_test.h"

namespace cairn::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::TestClient;
using test::TestServer;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kGet = "GET /a%20b?c=d HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::string post(std::string_view fields, std::string_view body) {
    return "POST /p HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n" +
           std::string(body);
}

std::string post_of(std::string_view body) {
    return post("Content-Length: " + std::to_string(body.size()) + "\r\n", body);
}

TEST(Server, AnswersRequestAfterRequestOfAConnection) {
    TestServer served;
    TestClient client(served.port());
    const std::string first = client.ask(kGet);
    EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
    EXPECT_THAT(first, HasSubstr("\r\nX-Request-Id: "));
    EXPECT_THAT(first, Not(HasSubstr("Connection:")));
    EXPECT_THAT(first, EndsWith("\r\n\r\nGET /a%20b?c=d "));
    EXPECT_THAT(client.ask(post_of("some body")), EndsWith("POST /p? some body"));
    EXPECT_THAT(
        client.ask("DELETE /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
        HasSubstr("Connection: close\r\n")
    );
    EXPECT_TRUE(client.is_ended());
    EXPECT_EQ(
        served.application.answered_now(),
        (std::vector<std::string>{"/a%20b 200", "/p 200", "/x 200"})
    );
}

TEST(Server, AnswersByTls) {
    const cairn::test::TempDir files;
    TestServer served(TestServer::with_tls(files));
    TestClient client(served.port());
    ASSERT_TRUE(client.start_tls({.protocols = "\x08http/1.1"}));
    EXPECT_STREQ(SSL_get_version(client.tls()), "TLSv1.3");
    EXPECT_THAT(client.ask(kGet), EndsWith("GET /a%20b?c=d "));
    const std::string large(300'000, 'x');
    EXPECT_TRUE(client.ask(post_of(large)).ends_with("/p? " + large));
    EXPECT_EQ(served.server->figures().connections_open, 1U);
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
    TestServer served;
    TestClient client(served.port());
    std::string all;
    for (int number = 0; number < 50; ++number) {
        all += "GET /" + std::to_string(number) + " HTTP/1.1\r\nHost: h\r\n\r\n";
        all += post_of(std::to_string(number));
    }
    ASSERT_TRUE(client.send(all));
    for (int number = 0; number < 50; ++number) {
        EXPECT_THAT(client.read_answer(), EndsWith("GET /" + std::to_string(number) + "? "));
        EXPECT_THAT(client.read_answer(), EndsWith("POST /p? " + std::to_string(number)));
    }
}

TEST(Server, TellsHeadHowLongTheBodyWouldBe) {
    TestServer served;
    TestClient client(served.port());
    ASSERT_TRUE(client.send("HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(kGet)));
    EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Content-Length: 9\r\n"));
    EXPECT_THAT(client.read_answer(), EndsWith("GET /a%20b?c=d "));
}

TEST(Server, ReadsBodiesInChunks) {
    TestServer served;
    TestClient client(served.port());
    const std::string chunked = post(
        "Transfer-Encoding: chunked\r\n",
        "5\r\nsome \r\n4;name=value\r\nbody\r\n0\r\nCookie: a=b\r\n\r\n"
    );
    EXPECT_THAT(client.ask(chunked), EndsWith("/p? some body"));
    for (const char byte : chunked) ASSERT_TRUE(client.send(std::string(1, byte)));
    EXPECT_THAT(client.read_answer(), EndsWith("/p? some body"));
    EXPECT_THAT(client.ask(kGet), EndsWith("GET /a%20b?c=d "));
}

TEST(Server, IgnoresTrailers) {
    TestServer served;
    served.application.answering = [](const Request& request) {
        return Response{.body = std::to_string(request.fields.count("Cookie"))};
    };
    TestClient client(served.port());
    const std::string chunked =
        post("Transfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\nCookie: a=b\r\n\r\n");
    EXPECT_THAT(client.ask(chunked), EndsWith("\r\n\r\n0"));
    const std::string long_trailer(20'000, 't');
    const std::string too_long =
        post("Transfer-Encoding: chunked\r\n", "0\r\nCookie: " + long_trailer + "\r\n\r\n");
    EXPECT_THAT(client.ask(too_long), StartsWith("HTTP/1.1 431 "));
    EXPECT_TRUE(client.is_ended());
}

TEST(Server, AsksForABodyThatWaits) {
    TestServer served;
    TestClient client(served.port());
    ASSERT_TRUE(client.send(post("Content-Length: 4\r\nExpect: 100-continue\r\n", "")));
    EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_THAT(client.ask("body"), EndsWith("/p? body"));
}

TEST(Server, RefusesLargeBodiesBeforeTheyCome) {
    TestServer served;
    served.application.admitting = [](const Request&) { return Admission{.body_bytes_max = 10}; };
    for (const std::string& fields :
         {std::string("Content-Length: 11\r\nExpect: 100-continue\r\n"),
          std::string("Content-Length: 999999999999999999\r\n")}) {
        TestClient client(served.port());
        EXPECT_THAT(client.ask(post(fields, "")), StartsWith("HTTP/1.1 413 ")) << fields;
        EXPECT_TRUE(client.is_ended());
    }
    TestClient client(served.port());
    const std::string chunked = "8\r\n12345678\r\n8\r\n12345678\r\n0\r\n\r\n";
    EXPECT_THAT(
        client.ask(post("Transfer-Encoding: chunked\r\n", chunked)), StartsWith("HTTP/1.1 413 ")
    );
    EXPECT_THAT(TestClient(served.port()).ask(post_of("1234567890")), EndsWith("/p? 1234567890"));
}

TEST(Server, AnswersAtOnceWhereTheApplicationDoes) {
    TestServer served;
    served.application.admitting = [](const Request& head) -> std::variant<Admission, Response> {
        return Response{.status = head.path == "/p" ? 403U : 404U};
    };
    TestClient client(served.port());
    EXPECT_THAT(client.ask(kGet), StartsWith("HTTP/1.1 404 Not Found\r\n"));
    EXPECT_THAT(client.ask(kGet), Not(HasSubstr("Connection: close")));
    EXPECT_THAT(client.ask(post_of("not read")), HasSubstr("Connection: close\r\n"));
    EXPECT_TRUE(client.is_ended());
}

TEST(Server, PutsBodiesIntoFiles) {
    TestServer served;
    served.application.admitting = [](const Request&) {
        return Admission{.body_bytes_max = 10'000'000, .to_file = true};
    };
    served.application.answering = [](Request request) {
        return Response{.file = std::move(request.file)};
    };
    TestClient client(served.port());
    std::string large(5'000'000, ' ');
    for (std::size_t at = 0; at < large.size(); ++at) large[at] = static_cast<char>(at * at % 251);
    ASSERT_TRUE(client.send(post_of(large)));
    EXPECT_TRUE(client.read_answer().ends_with("\r\n\r\n" + large));
    EXPECT_THAT(client.ask(kGet), HasSubstr("Content-Length: 0\r\n"));
    EXPECT_TRUE(std::filesystem::is_empty(served.folder.path()));
}

TEST(Server, LetsNothingOfAnAnswerBreakItsHeader) {
    TestServer served;
    served.application.answering = [](const Request&) {
        Response response{.status = 404};
        response.fields.add("Content-Length", "5");
        response.fields.add("transfer-encoding", "chunked");
        response.fields.add("A", "b\r\nSet-Cookie: c=d");
        response.fields.add("Bad name", "e");
        response.fields.add("Good", "f");
        return response;
    };
    const std::string answer = TestClient(served.port()).ask(kGet);
    EXPECT_THAT(answer, HasSubstr("Content-Length: 0\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nGood: f\r\n\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("chunked")));
    EXPECT_THAT(answer, Not(HasSubstr("Cookie")));
    EXPECT_THAT(answer, Not(HasSubstr("Bad")));
}

TEST(Server, OutlivesAnApplicationThatThrows) {
    TestServer served;
    served.application.answering = [](const Request&) -> Response {
        throw std::runtime_error("out of something");
    };
    TestClient client(served.port());
    EXPECT_THAT(client.ask(kGet), StartsWith("HTTP/1.1 500 "));
    served.application.answering = [](const Request&) { return Response{}; };
    EXPECT_THAT(client.ask(kGet), StartsWith("HTTP/1.1 200 "));
}

TEST(Server, OutlivesClientsThatLeave) {
    const cairn::test::TempDir files;
    TestServer served(TestServer::with_tls(files));
    std::atomic<int> answers = 0;
    served.application.answering = [&](const Request&) {
        std::this_thread::sleep_for(milliseconds(20));
        ++answers;
        return Response{.body = std::string(1'000'000, 'x')};
    };
    for (int round = 0; round < 10; ++round) {
        TestClient client(served.port());
        if (round % 2 == 0) continue;
        ASSERT_TRUE(client.start_tls());
        ASSERT_TRUE(client.send(kGet));
    }
    EXPECT_TRUE(TestServer::comes([&] { return answers == 5; }));
    EXPECT_TRUE(TestServer::comes([&] { return served.server->figures().connections_open == 0; }));
    EXPECT_EQ(served.server->figures().connections, 10U);
}

}  // namespace
}  // namespace cairn::http
