#include "fetch/own_network.h"

#include <array>

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace cairn::fetch {
namespace {

bool is_own(const char* text) {
    std::array<std::uint8_t, 16> bytes{};
    if (::inet_pton(AF_INET, text, bytes.data()) == 1) {
        return is_own_network(Bytes(bytes).first(4));
    }
    EXPECT_EQ(::inet_pton(AF_INET6, text, bytes.data()), 1) << text;
    return is_own_network(bytes);
}

TEST(OwnNetwork, HoldsTheAddressesThatAreNotOfTheInternet) {
    for (const char* text :
         {"0.0.0.0",
          "10.0.0.1",
          "100.64.0.1",
          "100.127.255.255",
          "127.0.0.1",
          "127.255.255.255",
          "169.254.169.254",
          "172.16.0.1",
          "172.31.255.255",
          "192.0.0.170",
          "192.0.2.1",
          "192.168.1.1",
          "198.18.0.1",
          "198.19.255.255",
          "198.51.100.7",
          "203.0.113.9",
          "224.0.0.1",
          "240.0.0.1",
          "255.255.255.255",
          "::",
          "::1",
          "::7f00:1",
          "100::1",
          "2001::1",
          "2001:db8::1",
          "3fff::1",
          "fc00::1",
          "fdff::1",
          "fe80::1",
          "fec0::1",
          "ff02::1",
          "::ffff:10.0.0.1",
          "::ffff:127.0.0.1",
          "64:ff9b::127.0.0.1",
          "64:ff9b:1::1",
          "2002:7f00:1::1",
          "2002:c0a8:101::"}) {
        EXPECT_TRUE(is_own(text)) << text;
    }
}

TEST(OwnNetwork, HoldsNoAddressOfTheInternet) {
    for (const char* text :
         {"1.1.1.1",
          "9.255.255.255",
          "11.0.0.0",
          "100.63.255.255",
          "100.128.0.0",
          "126.255.255.255",
          "128.0.0.1",
          "172.15.255.255",
          "172.32.0.0",
          "192.167.255.255",
          "198.17.255.255",
          "223.255.255.255",
          "2606:4700::1111",
          "2a00:1450:4001::1",
          "::ffff:1.1.1.1",
          "64:ff9b::1.1.1.1",
          "2002:101:101::"}) {
        EXPECT_FALSE(is_own(text)) << text;
    }
}

TEST(OwnNetwork, HoldsWhatIsNoAddress) {
    const std::array<std::uint8_t, 17> bytes = {8, 8, 8, 8};
    for (const std::size_t size : {0U, 3U, 5U, 15U, 17U}) {
        EXPECT_TRUE(is_own_network(Bytes(bytes).first(size))) << size;
    }
}

}  // namespace
}  // namespace cairn::fetch
