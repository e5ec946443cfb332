#include "fetch/url.h"

#include <gmock/gmock.h>

namespace cairn::fetch {
namespace {

TEST(Url, HasItsParts) {
    const auto url = split_url("HTTPS://user:secret@Example.ORG:8443/a/../b%20c?q=1#f");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->scheme, "https");
    EXPECT_EQ(url->host, "example.org");
    EXPECT_EQ(url->port, "8443");
    EXPECT_EQ(url->path, "/b%20c");
    EXPECT_EQ(url->query, "q=1");
    EXPECT_TRUE(url->has_login);
}

TEST(Url, LeavesOutThePortOfItsScheme) {
    const auto url = split_url("http://example.org:80");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->port, "");
    EXPECT_EQ(url->path, "/");
    EXPECT_FALSE(url->has_login);
}

TEST(Url, IsRefusedWithoutAHostOrScheme) {
    for (const char* text : {"", "example", "/path", "https://", "a b://c"}) {
        EXPECT_FALSE(split_url(text)) << text;
    }
    EXPECT_FALSE(split_url("https://example.org/" + std::string(2048, 'a')));
    EXPECT_FALSE(split_url(std::string("https://example.org/\0x", 22)));
}

}  // namespace
}  // namespace cairn::fetch
