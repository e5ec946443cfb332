#include "network/special_use.h"

#include <array>
#include <cstdlib>

#include "network/range_index.h"

namespace cairn::network {
namespace {

constexpr std::array kSpecialUses = {
    SpecialUse{"0.0.0.0/8", "this network", "RFC 791", Refusal::bogon},
    SpecialUse{"10.0.0.0/8", "private use", "RFC 1918", Refusal::private_network},
    SpecialUse{"100.64.0.0/10", "shared address space", "RFC 6598", Refusal::cgn_inner},
    SpecialUse{"127.0.0.0/8", "loopback", "RFC 1122", Refusal::bogon},
    SpecialUse{"169.254.0.0/16", "link-local", "RFC 3927", Refusal::bogon},
    SpecialUse{"172.16.0.0/12", "private use", "RFC 1918", Refusal::private_network},
    // 192.0.0.9 and .10 are globally reachable as destinations (PCP, TURN), never as a source.
    SpecialUse{"192.0.0.0/24", "IETF protocol assignments", "RFC 6890", Refusal::bogon},
    SpecialUse{"192.0.2.0/24", "documentation", "RFC 5737", Refusal::bogon},
    SpecialUse{"192.168.0.0/16", "private use", "RFC 1918", Refusal::private_network},
    SpecialUse{"198.18.0.0/15", "benchmarking", "RFC 2544", Refusal::bogon},
    SpecialUse{"198.51.100.0/24", "documentation", "RFC 5737", Refusal::bogon},
    SpecialUse{"203.0.113.0/24", "documentation", "RFC 5737", Refusal::bogon},
    SpecialUse{"224.0.0.0/4", "multicast", "RFC 5771", Refusal::bogon},
    SpecialUse{"255.255.255.255", "limited broadcast", "RFC 919", Refusal::bogon},
    SpecialUse{"240.0.0.0/4", "reserved", "RFC 1112", Refusal::bogon},
    SpecialUse{"::1", "loopback", "RFC 4291", Refusal::bogon},
    SpecialUse{"::", "unspecified", "RFC 4291", Refusal::bogon},
    SpecialUse{"::/96", "IPv4-compatible", "RFC 4291", Refusal::bogon},
    SpecialUse{"64:ff9b:1::/48", "local translation", "RFC 8215", Refusal::bogon},
    SpecialUse{"100::/64", "discard only", "RFC 6666", Refusal::bogon},
    SpecialUse{"100:0:0:1::/64", "dummy prefix", "RFC 9780", Refusal::bogon},
    SpecialUse{"2001:2::/48", "benchmarking", "RFC 5180", Refusal::bogon},
    SpecialUse{"2001:10::/28", "ORCHID", "RFC 4843", Refusal::bogon},
    SpecialUse{"2001:db8::/32", "documentation", "RFC 3849", Refusal::bogon},
    SpecialUse{"3fff::/20", "documentation", "RFC 9637", Refusal::bogon},
    SpecialUse{"5f00::/16", "segment routing", "RFC 9602", Refusal::bogon},
    SpecialUse{"fc00::/7", "private use", "RFC 4193", Refusal::private_network},
    SpecialUse{"fe80::/10", "link-local", "RFC 4291", Refusal::bogon},
    SpecialUse{"fec0::/10", "site-local, given up", "RFC 3879", Refusal::bogon},
    SpecialUse{"ff00::/8", "multicast", "RFC 4291", Refusal::bogon},
};

/// Numbers are rows counted from 1.
RangeIndex make_index() {
    RangeCollector ranges;
    for (std::uint32_t row = 1; row <= kSpecialUses.size(); ++row) {
        // The table is ours, and a test reads all of it.
        const auto range = parse_range(kSpecialUses.at(row - 1).network);
        if (!range || !ranges.add(*range, row, row)) std::abort();
    }
    auto index = ranges.build();
    if (!index) std::abort();
    return *std::move(index);
}

}  // namespace

std::string_view code_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::private_network:
            return "address_private";
        case Refusal::cgn_inner:
            return "address_cgn_inner";
        case Refusal::bogon:
            return "address_bogon";
    }
    return "";
}

std::span<const SpecialUse> special_uses() {
    return kSpecialUses;
}

const SpecialUse* special_use_of(const Address& address) {
    static const RangeIndex kIndex = make_index();
    const std::uint32_t row = kIndex.at(address);
    return row == RangeIndex::kNone ? nullptr : &kSpecialUses.at(row - 1);
}

Tunnel tunnel_of(const Address& address) {
    constexpr std::uint64_t kSixToFour = 0x2002;
    constexpr std::uint64_t kTeredo = 0x20010000;
    if (address.high() >> 48U == kSixToFour) return Tunnel::six_to_four;
    if (address.high() >> 32U == kTeredo) return Tunnel::teredo;
    return Tunnel::none;
}

std::string_view name_of(Tunnel tunnel) {
    switch (tunnel) {
        case Tunnel::none:
            return "";
        case Tunnel::six_to_four:
            return "6to4";
        case Tunnel::teredo:
            return "teredo";
    }
    return "";
}

}  // namespace cairn::network
