#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace cairn::network {

/// An IPv4 or IPv6 address: 16 bytes in network order, IPv4 as IPv4-mapped (::ffff:0:0/96), so
/// that each address has one form only.
class Address {
public:
    static constexpr std::size_t kSize = 16;
    using Raw = std::array<std::uint8_t, kSize>;

    /// The unspecified address of IPv6.
    Address() = default;
    explicit Address(const Raw& bytes) : bytes_(bytes) {}
    static Address from_ipv4(std::uint32_t number);
    static Address from_ipv6(std::uint64_t high, std::uint64_t low);

    bool is_ipv4() const;
    /// Of an IPv4 address, as a number.
    std::uint32_t ipv4() const;
    /// The first and the last 64 bits.
    std::uint64_t high() const;
    std::uint64_t low() const;

    const Raw& bytes() const { return bytes_; }
    /// "192.0.2.7", "2001:db8::7": RFC 5952.
    std::string text() const;
    /// What stands for the connection when sightings are compared: an IPv4 address itself, of an
    /// IPv6 address the first 64 bits, the others zero.
    Address link_key() const;

    auto operator<=>(const Address&) const = default;

private:
    Raw bytes_{};
};

/// Reads "192.0.2.7", "2001:db8::7" or "::ffff:192.0.2.7" (which is IPv4). Errc::invalid_argument
/// for anything else: leading zeros, an interface ("%eth0"), a port, a prefix.
Result<Address> parse_address(std::string_view text);

/// Addresses from first to last, both included, of one family.
struct AddressRange {
    Address first;
    Address last;

    bool contains(const Address& address) const {
        return first <= address && address <= last && first.is_ipv4() == address.is_ipv4();
    }
    auto operator<=>(const AddressRange&) const = default;
};

/// Errc::invalid_argument when they are of two families, or `last` lies before `first`.
Result<AddressRange> make_range(const Address& first, const Address& last);

/// Reads a network "192.0.2.0/24", one address, or a range "192.0.2.0-192.0.2.9".
/// Errc::invalid_argument also when bits beyond the prefix are set.
Result<AddressRange> parse_range(std::string_view text);

}  // namespace cairn::network
