// Forms that two readers of HTTP/1.1 could take differently (RFC 9112 section 11.2), and what is no
// HTTP/1.1 at all: one answer, and the connection ends.
#include <gmock/gmock.h>

#include "http/raw_client_test.h"
#include "http/served_test.h"

namespace cairn::http {
namespace {

using test::TestClient;
using test::TestServer;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kSecond = "GET /second HTTP/1.1\r\nHost: h\r\n\r\n";

void expect_refused(TestServer& served, const std::string& request, unsigned status = 400) {
    TestClient client(served.port());
    client.send(request);
    client.send(kSecond);
    client.finish();
    const std::string all = client.read_to_end();
    const std::string shown = request.substr(0, 200);
    EXPECT_THAT(all, StartsWith("HTTP/1.1 " + std::to_string(status) + " ")) << shown;
    EXPECT_THAT(all, HasSubstr("Connection: close\r\n")) << shown;
    EXPECT_EQ(all.find("second"), std::string::npos) << shown;
    EXPECT_EQ(all.find("HTTP/1.1", 1), std::string::npos) << "more than one answer: " << shown;
}

std::string get_with(const std::string& fields) {
    return "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}
std::string post_with(const std::string& fields) {
    return "POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n0\r\n\r\n";
}
std::string target(const std::string& text) {
    return "GET " + text + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

TEST(RequestSmuggling, TwoFramingsAreRefused) {
    TestServer served;
    expect_refused(served, post_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"));
    expect_refused(served, post_with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"));
    expect_refused(served, post_with("Content-Length: 5\r\nContent-Length: 6\r\n"));
    expect_refused(served, post_with("Content-Length: 5\r\nContent-Length: 5\r\n"));
    expect_refused(served, post_with("Content-Length: 5, 5\r\n"));
    expect_refused(
        served, post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")
    );
    expect_refused(served, post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"));
    expect_refused(served, post_with("Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n"));
}

TEST(RequestSmuggling, LengthsThatAreNoPlainNumberAreRefused) {
    TestServer served;
    for (const char* length :
         {"",
          "+5",
          "-5",
          "0x5",
          "5 ",
          "5;",
          "5.0",
          "five",
          "1 2",
          "5,",
          ",5",
          "5\t6",
          "18446744073709551616",
          "9999999999999999999",
          "00000000000000000005"}) {
        const std::string text = length;
        if (text == "5 ") continue;  // blanks around a value are no part of it
        expect_refused(served, post_with("Content-Length: " + text + "\r\n"));
    }
}

TEST(RequestSmuggling, OtherTransferEncodingsAreRefused) {
    TestServer served;
    for (const char* encoding :
         {"",
          "gzip",
          "gzip, chunked",
          "chunked, gzip",
          "chunked, chunked",
          "chunked;q=1",
          "xchunked",
          "chunked,",
          ", chunked",
          "\"chunked\"",
          "identity",
          "chunke",
          "\x0b"
          "chunked"}) {
        expect_refused(served, post_with("Transfer-Encoding: " + std::string(encoding) + "\r\n"));
    }
    expect_refused(
        served, "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    );
}

TEST(RequestSmuggling, FieldsThatAreWrittenOddlyAreRefused) {
    TestServer served;
    expect_refused(served, get_with("A: b\r\n folded: c\r\n"));
    expect_refused(served, get_with("A: b\r\n\tfolded: c\r\n"));
    expect_refused(served, "GET / HTTP/1.1\r\n Host: h\r\n\r\n");
    expect_refused(served, get_with("A : b\r\n"));
    expect_refused(served, get_with("A\t: b\r\n"));
    expect_refused(served, get_with(": b\r\n"));
    expect_refused(served, get_with("no colon\r\n"));
    expect_refused(served, get_with("A(b): c\r\n"));
    expect_refused(served, get_with("\xC3\xA4: c\r\n"));
    expect_refused(served, get_with(std::string("A: b\0c\r\n", 8)));
    expect_refused(served, get_with("A: b\x01\r\n"));
    expect_refused(served, get_with("A: b\x7F\r\n"));
    expect_refused(served, get_with("A: b\rC: d\r\n"));
    expect_refused(served, get_with("A: b\nC: d\r\n"));
    expect_refused(served, get_with("A: b\n"));
    expect_refused(served, "GET / HTTP/1.1\nHost: h\n\n");
    expect_refused(served, "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
}

TEST(RequestSmuggling, OneGoodHostIsWanted) {
    TestServer served;
    expect_refused(served, "GET / HTTP/1.1\r\n\r\n");
    expect_refused(served, "GET / HTTP/1.0\r\n\r\n");
    expect_refused(served, "GET / HTTP/1.1\r\nHost:\r\n\r\n");
    expect_refused(served, get_with("Host: h\r\n"));
    expect_refused(served, get_with("host: other\r\n"));
    for (const char* host : {"a b", "a/b", "us@h", "h?", "h#", "h\\", "\xC3\xA4"}) {
        expect_refused(served, "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
    }
}

TEST(RequestSmuggling, OnlyTargetsInOriginFormAreTaken) {
    TestServer served;
    for (const char* text :
         {"http://h/",
          "https://h/",
          "h:443",
          "*",
          "a",
          "?a",
          "",
          "/a#b",
          "/a b",
          "/\xC3\xA4",
          "/\x7F",
          "/\t",
          "/a\\\xFF"}) {
        expect_refused(served, target(text));
    }
    expect_refused(served, "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_refused(served, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
}

TEST(RequestSmuggling, OtherMethodsAndVersionsAreRefused) {
    TestServer served;
    for (const char* method : {"OPTIONS", "TRACE", "CONNECT", "PROPFIND", "LINK"}) {
        expect_refused(served, std::string(method) + " / HTTP/1.1\r\nHost: h\r\n\r\n", 405);
    }
    for (const char* method : {"get", "Get", "GETS", "BREW"}) {
        expect_refused(served, std::string(method) + " / HTTP/1.1\r\nHost: h\r\n\r\n", 501);
    }
    for (const char* version : {"HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "HTTP/3.1"}) {
        expect_refused(served, "GET / " + std::string(version) + "\r\nHost: h\r\n\r\n", 505);
    }
    expect_refused(served, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
    for (const std::string line :
         {"GET /",
          "GET",
          "GET  / HTTP/1.1",
          "GET / HTTP/1.1 ",
          " GET / HTTP/1.1",
          "G\x01T / HTTP/1.1",
          "GET / http/1.1",
          "GET / HTTP/11",
          "GET / HTTP/1.x"}) {
        expect_refused(served, line + "\r\nHost: h\r\n\r\n");
    }
    expect_refused(served, std::string("\x16\x03\x01\x02\x00\x01", 6));  // TLS
}

TEST(RequestSmuggling, OddChunksAreRefused) {
    TestServer served;
    for (const std::string chunks :
         {"5 \r\nabcde\r\n0\r\n\r\n",
          " 5\r\nabcde\r\n0\r\n\r\n",
          "+5\r\nabcde\r\n0\r\n\r\n",
          "0x5\r\nabcde\r\n0\r\n\r\n",
          "-1\r\n\r\n",
          "\r\n0\r\n\r\n",
          "5\r\nabcdefgh\r\n0\r\n\r\n",
          "5\nabcde\r\n0\r\n\r\n",
          "5\rabcde\r\n0\r\n\r\n",
          "10000000000000000\r\n",
          "g\r\n",
          "5\r\nabcde0\r\n\r\n",
          "5;a b\r\nabcde\r\n0\r\n\r\n",
          "0\r\nA : b\r\n\r\n",
          "0\r\nContent-Length: 5\r\n\r\n",
          "0\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
        expect_refused(
            served, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
        );
    }
    std::string extended = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int chunk = 0; chunk < 30; ++chunk) extended += "1;name=value\r\na\r\n";
    expect_refused(served, extended + "0\r\n\r\n");
}

TEST(RequestSmuggling, LongHeadersAreRefused) {
    TestServer served;
    expect_refused(served, target("/" + std::string(8'200, 'a')), 414);
    expect_refused(served, "GET /" + std::string(30'000, 'a'), 414);
    expect_refused(served, get_with("A: " + std::string(17'000, 'a') + "\r\n"), 431);
    std::string many;
    for (int field = 0; field < 3'000; ++field) many += "A: b\r\n";
    expect_refused(served, get_with(many), 431);
    TestClient client(served.port());
    EXPECT_THAT(client.ask(target("/" + std::string(8'191, 'a'))), StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace cairn::http
