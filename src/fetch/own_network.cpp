#include "fetch/own_network.h"

#include <algorithm>
#include <array>

namespace cairn::fetch {
namespace {

constexpr std::size_t kIpv4Size = 4;
constexpr std::size_t kIpv6Size = 16;

struct Network {
    std::array<std::uint8_t, kIpv6Size> prefix;
    unsigned bits;
};

// IANA's registries of special-purpose addresses (RFC 6890), as far as they are not globally
// reachable, and multicast.
constexpr std::array kIpv4Networks = {
    Network{{0}, 8},
    Network{{10}, 8},
    Network{{100, 64}, 10},
    Network{{127}, 8},
    Network{{169, 254}, 16},
    Network{{172, 16}, 12},
    Network{{192, 0, 0}, 24},
    Network{{192, 0, 2}, 24},
    Network{{192, 168}, 16},
    Network{{198, 18}, 15},
    Network{{198, 51, 100}, 24},
    Network{{203, 0, 113}, 24},
    Network{{224}, 3},
};
constexpr std::array kIpv6Networks = {
    Network{{0x01}, 8},                     // discard-only is within
    Network{{0x20, 0x01, 0x00}, 23},        // of the IETF, with Teredo
    Network{{0x20, 0x01, 0x0D, 0xB8}, 32},  // for documentation
    Network{{0x3F, 0xFF}, 20},              // for documentation
    Network{{0x5F, 0x00}, 16},              // segment routing
    Network{{0xFC}, 7},                     // unique local
    Network{{0xFE}, 7},                     // link-local, site-local, multicast
};

// Where an IPv4 address stands within an IPv6 one.
struct Carrier {
    Network network;
    std::size_t offset;
};
constexpr std::array kCarriers = {
    Carrier{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96}, 12},  // IPv4-mapped
    Carrier{{{0x00, 0x64, 0xFF, 0x9B}, 96}, 12},                    // RFC 6052
    Carrier{{{0x20, 0x02}, 16}, 2},                                 // 6to4
};

bool lies_in(Bytes address, const Network& network) {
    for (unsigned bit = 0; bit < network.bits; ++bit) {
        const unsigned mask = 0x80U >> bit % 8;
        const unsigned difference =
            static_cast<unsigned>(address[bit / 8]) ^ network.prefix[bit / 8];
        if ((difference & mask) != 0) return false;
    }
    return true;
}

template <std::size_t count>
bool lies_in_any(Bytes address, const std::array<Network, count>& networks) {
    return std::any_of(networks.begin(), networks.end(), [&](const Network& network) {
        return lies_in(address, network);
    });
}

}  // namespace

bool is_own_network(Bytes address) {
    if (address.size() == kIpv4Size) return lies_in_any(address, kIpv4Networks);
    if (address.size() != kIpv6Size) return true;
    for (const Carrier& carrier : kCarriers) {
        if (!lies_in(address, carrier.network)) continue;
        return is_own_network(address.subspan(carrier.offset, kIpv4Size));
    }
    // The unspecified address, loopback, and IPv4-compatible ones.
    return lies_in(address, Network{{}, 8}) || lies_in_any(address, kIpv6Networks);
}

}  // namespace cairn::fetch
