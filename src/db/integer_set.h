#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace cairn::db {

/// Numbers of rows that a statement asks others to refer to: `in_set(table.column, ?)`. Made once
/// for many statements; a lookup is O(1) and the set has one bit for each number up to the highest.
class IntegerSet {
public:
    /// Higher numbers, and negative ones, are left out: the set would be over 8 MiB.
    static constexpr std::int64_t kNumberMax = (std::int64_t{1} << 26) - 1;

    explicit IntegerSet(const std::vector<std::int64_t>& numbers);

    bool contains(std::int64_t number) const {
        const auto index = static_cast<std::uint64_t>(number);
        return index / 8 < bits_.size() && (std::uint32_t{bits_[index / 8]} >> index % 8 & 1U) != 0;
    }
    /// Number n is bit n % 8 of byte n / 8, counted from the lowest.
    Bytes bits() const { return bits_; }

private:
    ByteVector bits_;
};

}  // namespace cairn::db
