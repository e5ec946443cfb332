#include "network/range_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cairn::network {
namespace {

using Wide = RangeIndex::Wide;

Address at(std::string_view text) {
    return *parse_address(text);
}

RangeIndex index_of(const std::vector<std::pair<std::string, std::uint32_t>>& ranges) {
    RangeCollector collector;
    std::uint64_t line = 0;
    for (const auto& [text, number] : ranges) {
        EXPECT_TRUE(collector.add(*parse_range(text), number, ++line));
    }
    auto index = collector.build();
    EXPECT_TRUE(index);
    return *index;
}

Error refusal_of(const std::vector<std::pair<std::string, std::uint32_t>>& ranges) {
    RangeCollector collector;
    std::uint64_t line = 0;
    for (const auto& [text, number] : ranges) {
        EXPECT_TRUE(collector.add(*parse_range(text), number, ++line));
    }
    const auto index = collector.build();
    EXPECT_FALSE(index);
    return index.error();
}

TEST(RangeIndex, OfNothingKnowsNothing) {
    EXPECT_EQ(RangeIndex().at(at("192.0.2.1")), RangeIndex::kNone);
    EXPECT_EQ(index_of({}).at(at("192.0.2.1")), RangeIndex::kNone);
    EXPECT_EQ(index_of({}).at(at("2001:db8::1")), RangeIndex::kNone);
}

TEST(RangeIndex, HoldsARangeAndNotItsNeighbours) {
    const RangeIndex index = index_of({{"192.0.2.0/24", 1}, {"2001:db8::/32", 2}});
    EXPECT_EQ(index.at(at("192.0.1.255")), 0U);
    EXPECT_EQ(index.at(at("192.0.2.0")), 1U);
    EXPECT_EQ(index.at(at("192.0.2.255")), 1U);
    EXPECT_EQ(index.at(at("192.0.3.0")), 0U);
    EXPECT_EQ(index.at(at("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff")), 0U);
    EXPECT_EQ(index.at(at("2001:db8::")), 2U);
    EXPECT_EQ(index.at(at("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")), 2U);
    EXPECT_EQ(index.at(at("2001:db9::")), 0U);
}

TEST(RangeIndex, LetsTheNarrowerWin) {
    const RangeIndex index =
        index_of({{"10.1.2.3", 4}, {"10.0.0.0/8", 1}, {"10.1.2.0/24", 3}, {"10.1.0.0/16", 2}});
    EXPECT_EQ(index.at(at("10.0.0.0")), 1U);
    EXPECT_EQ(index.at(at("10.1.0.0")), 2U);
    EXPECT_EQ(index.at(at("10.1.2.2")), 3U);
    EXPECT_EQ(index.at(at("10.1.2.3")), 4U);
    EXPECT_EQ(index.at(at("10.1.2.4")), 3U);
    EXPECT_EQ(index.at(at("10.1.3.0")), 2U);
    EXPECT_EQ(index.at(at("10.2.0.0")), 1U);
}

TEST(RangeIndex, KeepsTheFamiliesApart) {
    const RangeIndex index = index_of({{"0.0.0.0/0", 4}, {"::/0", 6}});
    EXPECT_EQ(index.at(at("0.0.0.0")), 4U);
    EXPECT_EQ(index.at(at("255.255.255.255")), 4U);
    EXPECT_EQ(index.at(at("::")), 6U);
    EXPECT_EQ(index.at(at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")), 6U);
}

TEST(RangeIndex, EndsBesideTheMappedNetwork) {
    const RangeIndex index = index_of({{"::fffe:0:0/96", 1}});
    EXPECT_EQ(index.at(at("::fffe:ffff:ffff")), 1U);
    EXPECT_EQ(index.at(at("::1:0:0:0")), 0U);
}

TEST(RangeCollector, RefusesHalvesThatOverlap) {
    const Error error = refusal_of({{"192.0.2.0-192.0.2.9", 1}, {"192.0.2.5-192.0.2.20", 1}});
    EXPECT_EQ(error.code, Errc::invalid_argument);
    EXPECT_THAT(error.message, testing::HasSubstr("lines 1 and 2 overlap"));
}

TEST(RangeCollector, RefusesOneRangeWithTwoNumbers) {
    const Error error = refusal_of({{"192.0.2.0/24", 1}, {"10.0.0.0/8", 1}, {"192.0.2.0/24", 2}});
    EXPECT_THAT(error.message, testing::HasSubstr("lines 1 and 3 are the same range"));
    EXPECT_EQ(index_of({{"192.0.2.0/24", 1}, {"192.0.2.0/24", 1}}).ipv4().first.size(), 2U);
}

TEST(RangeIndex, RefusesStepsOutOfOrder) {
    EXPECT_FALSE(RangeIndex::make({{5, 3}, {1, 2}}, {}));
    EXPECT_FALSE(RangeIndex::make({{5, 5}, {1, 2}}, {}));
    EXPECT_FALSE(RangeIndex::make({{3, 5}, {1}}, {}));
    EXPECT_FALSE(RangeIndex::make({}, {{Wide{1, 1}, Wide{1, 0}}, {1, 2}}));
}

struct Net {
    std::uint32_t first;
    unsigned bits;
    std::uint32_t number;
};

/// Networks of few distinct leading bits, so that many nest.
std::vector<Net> draw_networks() {
    const auto one = rc::gen::map(
        rc::gen::tuple(
            rc::gen::arbitrary<std::uint32_t>(), rc::gen::inRange(0U, 33U), rc::gen::inRange(1U, 6U)
        ),
        [](const std::tuple<std::uint32_t, unsigned, unsigned>& drawn) {
            const auto [address, bits, number] = drawn;
            const std::uint64_t mask = ~std::uint64_t{0} << (32 - bits);
            return Net{static_cast<std::uint32_t>((address & 0xC0A8FFFF) & mask), bits, number};
        }
    );
    return *rc::gen::container<std::vector<Net>>(one);
}

AddressRange range_of(const Net& net, bool wide) {
    const auto last = static_cast<std::uint32_t>(net.first | (~std::uint64_t{0} >> 32 >> net.bits));
    if (!wide) return {Address::from_ipv4(net.first), Address::from_ipv4(last)};
    return {
        Address::from_ipv6(0x20010DB800000000 | net.first, 0),
        Address::from_ipv6(0x20010DB800000000 | last, ~std::uint64_t{0})};
}

void expect_as_brute_force(bool wide) {
    std::vector<Net> nets;
    RangeCollector collector;
    for (const Net& net : draw_networks()) {
        const bool known = std::any_of(nets.begin(), nets.end(), [&](const Net& other) {
            return other.first == net.first && other.bits == net.bits;
        });
        if (known) continue;
        nets.push_back(net);
        RC_ASSERT(collector.add(range_of(net, wide), net.number, nets.size()).has_value());
    }
    const auto index = collector.build();
    RC_ASSERT(index.has_value());
    const auto brute_force = [&](const Address& address) {
        std::uint32_t number = 0;
        int widest = -1;
        for (const Net& net : nets) {
            if (!range_of(net, wide).contains(address) || static_cast<int>(net.bits) <= widest) {
                continue;
            }
            widest = static_cast<int>(net.bits);
            number = net.number;
        }
        return number;
    };
    for (const Net& net : nets) {
        const AddressRange range = range_of(net, wide);
        for (const Address& end : {range.first, range.last}) {
            for (const std::uint64_t step :
                 {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
                const Address asked =
                    wide ? Address::from_ipv6(end.high() + step, end.low())
                         : Address::from_ipv4(static_cast<std::uint32_t>(end.low() + step));
                RC_ASSERT(index->at(asked) == brute_force(asked));
            }
        }
    }
}

RC_GTEST_PROP(RangeIndex, AnswersIpv4AsBruteForce, ()) {
    expect_as_brute_force(false);
}

RC_GTEST_PROP(RangeIndex, AnswersIpv6AsBruteForce, ()) {
    expect_as_brute_force(true);
}

}  // namespace
}  // namespace cairn::network
