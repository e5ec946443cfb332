#pragma once

#include <string>
#include <string_view>

namespace cairn::identity {

/// The network a client's address belongs to: "192.0.2.0/24", "2001:db8::/64"; IPv4 within IPv6 is
/// IPv4. What is no address (a local socket) is the network "local".
std::string client_network(std::string_view address);

}  // namespace cairn::identity
