#include "client/server_address.h"

#include <gtest/gtest.h>

namespace cairn::client {
namespace {

TEST(ServerAddress, IsWrittenInOneWay) {
    EXPECT_EQ(*parse_server_address("Cairn.Example.org"), "https://cairn.example.org");
    EXPECT_EQ(*parse_server_address("https://localhost:8443/"), "https://localhost:8443");
    EXPECT_EQ(*parse_server_address("192.0.2.1:1"), "https://192.0.2.1:1");
    EXPECT_EQ(*parse_server_address("[2001:db8::1]:443"), "https://[2001:db8::1]:443");
    EXPECT_EQ(*parse_server_address("[2001:db8::1]"), "https://[2001:db8::1]");
}

TEST(ServerAddress, RefusesWhatNamesNoServer) {
    for (const char* const text :
         {"",
          "http://localhost",
          "https://",
          "localhost:",
          "localhost:0",
          "localhost:65536",
          "localhost:8443/path",
          "user@localhost",
          "a b",
          "[::1",
          "2001:db8::1",
          "localhost:+1",
          "[]",
          ":8443"}) {
        const auto refused = parse_server_address(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code, Errc::invalid_argument) << text;
    }
    EXPECT_FALSE(parse_server_address(std::string(301, 'a')));
}

TEST(ServerAddress, GivesItsHost) {
    EXPECT_EQ(host_of("https://localhost:8443"), "localhost");
    EXPECT_EQ(host_of("https://cairn.example.org"), "cairn.example.org");
    EXPECT_EQ(host_of("https://[2001:db8::1]:443"), "[2001:db8::1]");
}

TEST(PercentEncoded, LeavesNothingThatMeansSomethingInAnAddress) {
    EXPECT_EQ(percent_encoded("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(percent_encoded("a/b?c=d&e%\xc3\xa9 \n"), "a%2Fb%3Fc%3Dd%26e%25%C3%A9%20%0A");
}

TEST(WithQuery, LeavesOutWhatHasNoValue) {
    EXPECT_EQ(with_query("/x", {{"a", ""}, {"b", "1"}, {"c", "2 3"}}), "/x?b=1&c=2%203");
    EXPECT_EQ(with_query("/x?a=1", {{"b", "2"}}), "/x?a=1&b=2");
    EXPECT_EQ(with_query("/x", {{"a", ""}}), "/x");
}

}  // namespace
}  // namespace cairn::client
