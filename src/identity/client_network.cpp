#include "identity/client_network.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace cairn::identity {
namespace {

constexpr std::array<unsigned char, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::string ipv4_network(const unsigned char* bytes) {
    return fmt::format("{}.{}.{}.0/24", bytes[0], bytes[1], bytes[2]);
}

}  // namespace

std::string client_network(std::string_view address) {
    // A link-local address names its interface.
    const std::string text(address.substr(0, address.find('%')));
    std::array<unsigned char, 16> bytes{};
    if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return ipv4_network(bytes.data());
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return "local";
    if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin())) {
        return ipv4_network(bytes.data() + kMappedPrefix.size());
    }
    std::fill(bytes.begin() + 8, bytes.end(), 0);
    std::array<char, INET6_ADDRSTRLEN> network{};
    ::inet_ntop(AF_INET6, bytes.data(), network.data(), network.size());
    return fmt::format("{}/64", network.data());
}

}  // namespace cairn::identity
