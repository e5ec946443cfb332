#include "network/address.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "base/text.h"

namespace cairn::network {
namespace {

constexpr std::uint64_t kMappedLow = 0xFFFF00000000U;
constexpr unsigned kMappedBits = 96;
constexpr unsigned kBits = 128;

std::uint64_t read_u64(const Address::Raw& bytes, std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) value = value << 8U | bytes[at + i];
    return value;
}

void write_u64(Address::Raw& bytes, std::size_t at, std::uint64_t value) {
    for (std::size_t i = 8; i-- > 0; value >>= 8U) {
        bytes[at + i] = static_cast<std::uint8_t>(value);
    }
}

/// The last address of the network of so many bits that begins with `first`; nothing when `first`
/// has bits beyond them.
std::optional<Address> last_of(const Address& first, unsigned bits) {
    const std::uint64_t high_rest = bits >= 64 ? 0 : ~std::uint64_t{0} >> bits;
    const unsigned low_bits = std::max(bits, 64U) - 64;
    const std::uint64_t low_rest = low_bits >= 64 ? 0 : ~std::uint64_t{0} >> low_bits;
    if ((first.high() & high_rest) != 0 || (first.low() & low_rest) != 0) return std::nullopt;
    return Address::from_ipv6(first.high() | high_rest, first.low() | low_rest);
}

Error no_address(std::string_view text) {
    return fail(
        Errc::invalid_argument,
        "\"{}\" is no address; give it as 192.0.2.7 or 2001:db8::7",
        printable(text.substr(0, INET6_ADDRSTRLEN))
    );
}

Result<AddressRange> parse_prefix(std::string_view text, std::size_t slash) {
    const Address first = CAIRN_TRY(parse_address(text.substr(0, slash)));
    const std::string_view digits = text.substr(slash + 1);
    // In the notation of IPv6 an IPv4-mapped network counts all bits.
    const bool short_form = first.is_ipv4() && text.find(':') == text.npos;
    unsigned bits = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    const bool whole = read.ec == std::errc() && read.ptr == digits.data() + digits.size();
    if (!whole || bits > (short_form ? kBits - kMappedBits : kBits)) {
        return fail(
            Errc::invalid_argument, "\"{}\" has no prefix length such as /24", printable(text)
        );
    }
    const auto last = last_of(first, short_form ? bits + kMappedBits : bits);
    if (!last) {
        return fail(
            Errc::invalid_argument,
            "\"{}\" is no network: bits beyond its prefix are set",
            printable(text)
        );
    }
    return make_range(first, *last);
}

}  // namespace

Address Address::from_ipv4(std::uint32_t number) {
    return from_ipv6(0, kMappedLow | number);
}

Address Address::from_ipv6(std::uint64_t high, std::uint64_t low) {
    Raw bytes{};
    write_u64(bytes, 0, high);
    write_u64(bytes, 8, low);
    return Address(bytes);
}

bool Address::is_ipv4() const {
    return high() == 0 && low() >> 32U == kMappedLow >> 32U;
}

std::uint32_t Address::ipv4() const {
    return static_cast<std::uint32_t>(low());
}

std::uint64_t Address::high() const {
    return read_u64(bytes_, 0);
}

std::uint64_t Address::low() const {
    return read_u64(bytes_, 8);
}

std::string Address::text() const {
    if (is_ipv4()) {
        return fmt::format("{}.{}.{}.{}", bytes_[12], bytes_[13], bytes_[14], bytes_[15]);
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
    return text.data();
}

Address Address::link_key() const {
    return is_ipv4() ? *this : from_ipv6(high(), 0);
}

Result<Address> parse_address(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN> word{};  // ends with a zero
    if (text.size() >= word.size() || text.find('\0') != text.npos) return no_address(text);
    std::copy(text.begin(), text.end(), word.begin());
    Address::Raw bytes{};
    if (::inet_pton(AF_INET6, word.data(), bytes.data()) == 1) return Address(bytes);
    std::array<std::uint8_t, 4> four{};
    if (::inet_pton(AF_INET, word.data(), four.data()) != 1) return no_address(text);
    std::uint32_t number = 0;
    for (const std::uint8_t byte : four) number = number << 8U | byte;
    return Address::from_ipv4(number);
}

Result<AddressRange> make_range(const Address& first, const Address& last) {
    if (first.is_ipv4() != last.is_ipv4()) {
        return fail(
            Errc::invalid_argument,
            "{} to {} mixes IPv4 and IPv6; a range is of one family",
            first.text(),
            last.text()
        );
    }
    if (last < first) {
        return fail(
            Errc::invalid_argument,
            "{} to {} is inverted; the lower address stands first",
            first.text(),
            last.text()
        );
    }
    return AddressRange{first, last};
}

Result<AddressRange> parse_range(std::string_view text) {
    if (const auto slash = text.find('/'); slash != text.npos) return parse_prefix(text, slash);
    const auto dash = text.find('-');
    const Address first = CAIRN_TRY(parse_address(text.substr(0, dash)));
    if (dash == text.npos) return AddressRange{first, first};
    const Address last = CAIRN_TRY(parse_address(text.substr(dash + 1)));
    return make_range(first, last);
}

}  // namespace cairn::network
