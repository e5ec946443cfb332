#include "network/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cairn::network {
namespace {

std::string canonical(std::string_view text) {
    const auto address = parse_address(text);
    return address ? address->text() : "refused";
}

std::string ends_of(std::string_view text) {
    const auto range = parse_range(text);
    return range ? range->first.text() + " " + range->last.text() : range.error().message;
}

// RFC 5952, sections 1 and 4.
TEST(AddressText, IsThatOfRfc5952) {
    for (const char* const form :
         {"2001:db8:0:0:1:0:0:1",
          "2001:0db8:0:0:1:0:0:1",
          "2001:db8::1:0:0:1",
          "2001:db8::0:1:0:0:1",
          "2001:0db8::1:0:0:1",
          "2001:db8:0:0:1::1",
          "2001:DB8:0:0:1::1"}) {
        EXPECT_EQ(canonical(form), "2001:db8::1:0:0:1") << form;
    }
    EXPECT_EQ(canonical("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
    EXPECT_EQ(canonical("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");
    EXPECT_EQ(canonical("2001:db8::aaaa:0:0:1"), "2001:db8::aaaa:0:0:1");
    EXPECT_EQ(canonical("::"), "::");
}

TEST(AddressText, ShowsMappedIpv4AsIpv4) {
    EXPECT_EQ(canonical("::ffff:192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(canonical("::FFFF:c000:0207"), "192.0.2.7");
    EXPECT_EQ(*parse_address("::ffff:192.0.2.7"), *parse_address("192.0.2.7"));
}

TEST(ParseAddress, RefusesWhatIsNoAddress) {
    for (const std::string_view text :
         {"",
          "192.0.2",
          "192.0.2.256",
          "192.0.02.7",
          "192.0.2.7:80",
          "192.0.2.7/24",
          " 192.0.2.7",
          "0xC0000207",
          "3221225991",
          "fe80::1%eth0",
          "2001:db8::1::2",
          "2001:db8:12345::",
          "example.org",
          "11111111111111111111111111111111111111111111111111"}) {
        const auto address = parse_address(text);
        ASSERT_FALSE(address) << text;
        EXPECT_EQ(address.error().code, Errc::invalid_argument);
    }
    EXPECT_FALSE(parse_address(std::string_view("192.0.2.7\0", 10)));
}

RC_GTEST_PROP(AddressText, ReadsBackAsTheSame, (std::uint64_t high, std::uint64_t low)) {
    const Address address = *rc::gen::elementOf(std::vector<Address>{
        Address::from_ipv6(high, low),
        Address::from_ipv6(high & 0xFFFF, low & 0xFFFF0000),
        Address::from_ipv4(static_cast<std::uint32_t>(low))});
    const auto back = parse_address(address.text());
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == address);
}

TEST(LinkKey, IsTheFirstHalfOfIpv6AndAllOfIpv4) {
    EXPECT_EQ(parse_address("2001:db8:1:2:3:4:5:6")->link_key().text(), "2001:db8:1:2::");
    EXPECT_EQ(parse_address("192.0.2.7")->link_key().text(), "192.0.2.7");
}

TEST(ParseRange, ReadsNetworksAddressesAndRanges) {
    EXPECT_EQ(ends_of("192.0.2.0/24"), "192.0.2.0 192.0.2.255");
    EXPECT_EQ(ends_of("192.0.2.7"), "192.0.2.7 192.0.2.7");
    EXPECT_EQ(ends_of("192.0.2.7/32"), "192.0.2.7 192.0.2.7");
    EXPECT_EQ(ends_of("0.0.0.0/0"), "0.0.0.0 255.255.255.255");
    EXPECT_EQ(ends_of("192.0.2.3-192.0.2.9"), "192.0.2.3 192.0.2.9");
    EXPECT_EQ(ends_of("2001:db8::/32"), "2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
    EXPECT_EQ(ends_of("2001:db8::/65"), "2001:db8:: 2001:db8::7fff:ffff:ffff:ffff");
    EXPECT_EQ(ends_of("::/0"), ":: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    EXPECT_EQ(ends_of("::ffff:192.0.2.0/120"), "192.0.2.0 192.0.2.255");
}

TEST(ParseRange, SaysWhatIsWrong) {
    EXPECT_THAT(ends_of("192.0.2.1/24"), testing::HasSubstr("bits beyond its prefix"));
    EXPECT_THAT(ends_of("192.0.2.0/33"), testing::HasSubstr("no prefix length"));
    EXPECT_THAT(ends_of("192.0.2.0/"), testing::HasSubstr("no prefix length"));
    EXPECT_THAT(ends_of("192.0.2.0/-1"), testing::HasSubstr("no prefix length"));
    EXPECT_THAT(ends_of("192.0.2.0/24x"), testing::HasSubstr("no prefix length"));
    EXPECT_THAT(ends_of("2001:db8::/129"), testing::HasSubstr("no prefix length"));
    EXPECT_THAT(ends_of("192.0.2.9-192.0.2.3"), testing::HasSubstr("inverted"));
    EXPECT_THAT(ends_of("192.0.2.9-2001:db8::"), testing::HasSubstr("mixes IPv4 and IPv6"));
}

}  // namespace
}  // namespace cairn::network
