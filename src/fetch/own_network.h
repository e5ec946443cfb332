#pragma once

#include "base/bytes.h"

namespace cairn::fetch {

/// Whether an address is none of the public Internet: loopback, private, link-local, shared
/// (carrier-grade NAT), multicast, reserved, for documentation, or IPv6 that carries such an
/// IPv4 address. 4 or 16 bytes in network order; anything else counts as own.
bool is_own_network(Bytes address);

}  // namespace cairn::fetch
