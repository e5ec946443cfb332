#include "network/special_use.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "network/address_class.h"

namespace cairn::network {
namespace {

std::string source_of(std::string_view text) {
    const SpecialUse* const use = special_use_of(*parse_address(text));
    return use == nullptr ? "public" : std::string(use->source);
}

TEST(SpecialUse, KnowsTheNetworksByTheirRfcs) {
    // RFC 1918, section 3, gives the three ranges.
    for (const char* const end :
         {"10.0.0.0",
          "10.255.255.255",
          "172.16.0.0",
          "172.31.255.255",
          "192.168.0.0",
          "192.168.255.255"}) {
        EXPECT_EQ(source_of(end), "RFC 1918") << end;
    }
    // RFC 6598, section 7.
    EXPECT_EQ(source_of("100.64.0.0"), "RFC 6598");
    EXPECT_EQ(source_of("100.127.255.255"), "RFC 6598");
    // RFC 5737, section 3; RFC 3849, section 2; RFC 9637, section 3.
    for (const char* const example : {"192.0.2.1", "198.51.100.1", "203.0.113.1"}) {
        EXPECT_EQ(source_of(example), "RFC 5737") << example;
    }
    EXPECT_EQ(source_of("2001:db8::1"), "RFC 3849");
    EXPECT_EQ(source_of("3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"), "RFC 9637");
    // RFC 4193, section 3.1; RFC 4291, section 2.4.
    EXPECT_EQ(source_of("fd12:3456:789a:1::1"), "RFC 4193");
    for (const char* const form : {"::", "::1", "fe80::1", "ff02::1", "::192.0.2.1"}) {
        EXPECT_EQ(source_of(form), "RFC 4291") << form;
    }
    EXPECT_EQ(source_of("127.0.0.1"), "RFC 1122");
    EXPECT_EQ(source_of("169.254.1.1"), "RFC 3927");
    EXPECT_EQ(source_of("255.255.255.255"), "RFC 919");
    EXPECT_EQ(source_of("255.255.255.254"), "RFC 1112");
}

TEST(SpecialUse, LeavesTheNeighboursPublic) {
    for (const char* const public_one :
         {"1.0.0.0",        "9.255.255.255",    "11.0.0.0",        "100.63.255.255",
          "100.128.0.0",    "126.255.255.255",  "172.15.255.255",  "172.32.0.0",
          "192.0.1.255",    "192.0.3.0",        "192.167.255.255", "192.169.0.0",
          "198.17.255.255", "198.20.0.0",       "223.255.255.255", "2001:db7:ffff::",
          "2001:db9::",     "2001:20::",        "3fff:1000::",     "fbff::",
          "2002:a00:1::",   "64:ff9b::c000:207"}) {
        EXPECT_EQ(source_of(public_one), "public") << public_one;
    }
}

TEST(SpecialUse, SaysHowIngestRefuses) {
    EXPECT_EQ(code_of(special_use_of(*parse_address("10.1.2.3"))->refusal), "address_private");
    EXPECT_EQ(code_of(special_use_of(*parse_address("fc00::1"))->refusal), "address_private");
    EXPECT_EQ(code_of(special_use_of(*parse_address("100.64.1.1"))->refusal), "address_cgn_inner");
    EXPECT_EQ(code_of(special_use_of(*parse_address("192.0.2.1"))->refusal), "address_bogon");
}

TEST(SpecialUse, EveryRowHoldsItsOwnEnds) {
    for (const SpecialUse& row : special_uses()) {
        const auto range = parse_range(row.network);
        ASSERT_TRUE(range) << row.network;
        for (const Address& end : {range->first, range->last}) {
            EXPECT_NE(special_use_of(end), nullptr) << row.network;
        }
        EXPECT_THAT(std::string(row.source), testing::StartsWith("RFC "));
    }
}

TEST(Tunnel, IsKeptAndNamed) {
    EXPECT_EQ(name_of(tunnel_of(*parse_address("2002:c000:207::1"))), "6to4");
    EXPECT_EQ(name_of(tunnel_of(*parse_address("2001::1"))), "teredo");
    EXPECT_EQ(name_of(tunnel_of(*parse_address("2001:1::1"))), "");
    EXPECT_EQ(name_of(tunnel_of(*parse_address("32.2.0.1"))), "");
}

TEST(AddressClasses, StandInTheOrderOfTheirNumbers) {
    std::size_t number = 0;
    for (const ClassRow& row : address_classes()) {
        EXPECT_EQ(static_cast<std::size_t>(row.address_class), number++);
        EXPECT_EQ(class_from(row.name), row.address_class);
        EXPECT_EQ(&row_of(row.address_class), &row);
    }
    EXPECT_EQ(number, std::size_t{15});
    EXPECT_FALSE(class_from("mobile"));
}

TEST(AddressClasses, SomeAreNoMatterOfLists) {
    EXPECT_EQ(
        list_class_names(),
        "tor_exit, vpn, relay, hosting, cgn, dynamic, sticky, business, school, open_wifi"
    );
}

}  // namespace
}  // namespace cairn::network
