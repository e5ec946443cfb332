#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "network/address.h"

namespace cairn::network {

/// Numbers for ranges of addresses, ready to be asked: for each family the addresses at which the
/// number changes, in order. A look-up is a binary search within the few entries that share the
/// leading bits. Memory: 8 bytes for each change in IPv4 and 20 in IPv6, and at most 4 more for
/// the leading bits of IPv4. Immutable, so any number of threads may ask.
class RangeIndex {
public:
    static constexpr std::uint32_t kNone = 0;

    /// An IPv6 address as two numbers.
    struct Wide {
        std::uint64_t high = 0;
        std::uint64_t low = 0;
        auto operator<=>(const Wide&) const = default;
    };
    /// The number from `first` on, up to the next step.
    template <typename Key>
    struct Steps {
        std::vector<Key> first;
        std::vector<std::uint32_t> number;
        bool operator==(const Steps&) const = default;
    };

    RangeIndex() = default;
    /// Errc::corrupt_data unless the addresses ascend and there is a number for each.
    static Result<RangeIndex> make(Steps<std::uint32_t> ipv4, Steps<Wide> ipv6);

    /// The number of the range that holds the address; kNone outside of all.
    std::uint32_t at(const Address& address) const {
        return address.is_ipv4() ? at_ipv4(address.ipv4())
                                 : at_ipv6({address.high(), address.low()});
    }

    const Steps<std::uint32_t>& ipv4() const { return ipv4_; }
    const Steps<Wide>& ipv6() const { return ipv6_; }

private:
    std::uint32_t at_ipv4(std::uint32_t key) const;
    std::uint32_t at_ipv6(const Wide& key) const;

    Steps<std::uint32_t> ipv4_;
    Steps<Wide> ipv6_;
    /// By leading bits, the first step that lies beyond them.
    std::vector<std::uint32_t> begin_;
    unsigned shift_ = 31;
};

/// Collects ranges in any order. Where ranges lie one within the other the narrower wins, as in
/// routing.
class RangeCollector {
public:
    /// `number` is not kNone; `line` is named in errors. Errc::limit_exceeded over kRangesMax.
    Status add(const AddressRange& range, std::uint32_t number, std::uint64_t line);
    std::size_t size() const { return ranges_.size(); }
    /// Errc::invalid_argument for ranges that overlap without one holding the other, and for one
    /// range with two numbers. O(n log n). Leaves nothing behind.
    Result<RangeIndex> build();

    struct Numbered {
        AddressRange range;
        std::uint32_t number;
        std::uint64_t line;
    };

private:
    std::vector<Numbered> ranges_;
};

}  // namespace cairn::network
