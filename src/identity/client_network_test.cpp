#include "identity/client_network.h"

#include <gtest/gtest.h>

namespace cairn::identity {
namespace {

TEST(ClientNetwork, IsWhatNeighboursShare) {
    EXPECT_EQ(client_network("192.0.2.17"), "192.0.2.0/24");
    EXPECT_EQ(client_network("192.0.2.255"), "192.0.2.0/24");
    EXPECT_EQ(client_network("::ffff:192.0.2.17"), "192.0.2.0/24");
    EXPECT_EQ(client_network("2001:db8::1"), "2001:db8::/64");
    EXPECT_EQ(client_network("2001:DB8:0:0:ffff:1:2:3"), "2001:db8::/64");
    EXPECT_EQ(client_network("2001:db8:0:1::1"), "2001:db8:0:1::/64");
    EXPECT_EQ(client_network("fe80::1%eth0"), "fe80::/64");
}

TEST(ClientNetwork, OfWhatIsNoAddressIsLocal) {
    for (const char* other : {"", "@", "unix:/run/cairn", "192.0.2", "192.0.2.1:80"}) {
        EXPECT_EQ(client_network(other), "local") << other;
    }
}

}  // namespace
}  // namespace cairn::identity
