#pragma once

#include <span>

#include "network/address.h"

namespace cairn::network {

/// Why an address is never the public source of anything.
enum class Refusal : std::uint8_t {
    private_network,  ///< RFC 1918, RFC 4193
    cgn_inner,        ///< RFC 6598: the inner side of carrier-grade NAT
    bogon,            ///< the other registered networks of RFC 6890, and multicast
};

/// "address_private", "address_cgn_inner", "address_bogon": as ingest of sightings names it.
std::string_view code_of(Refusal refusal);

/// A network that nobody on the public Internet has.
struct SpecialUse {
    std::string_view network;  ///< "10.0.0.0/8"
    std::string_view use;
    std::string_view source;  ///< "RFC 1918"
    Refusal refusal;
};

/// The networks of the class reserved: IANA's registries of special-purpose addresses (RFC 6890)
/// as far as they are not globally reachable, and multicast.
std::span<const SpecialUse> special_uses();
/// The row an address belongs to; nothing for one of the public Internet.
const SpecialUse* special_use_of(const Address& address);

/// An IPv6 address that carries traffic of an IPv4 network; it is kept as it is.
enum class Tunnel : std::uint8_t { none, six_to_four, teredo };

/// 2002::/16 (RFC 3056), 2001::/32 (RFC 4380).
Tunnel tunnel_of(const Address& address);
/// "6to4", "teredo"; empty for none.
std::string_view name_of(Tunnel tunnel);

}  // namespace cairn::network
