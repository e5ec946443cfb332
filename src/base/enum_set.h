#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <initializer_list>

namespace cairn {

/// A set of the values of an enum that has at most 64 of them.
template <typename Enum>
class EnumSet {
public:
    constexpr EnumSet() = default;
    constexpr EnumSet(std::initializer_list<Enum> values) {
        for (const Enum value : values) bits_ |= bit(value);
    }
    template <std::size_t N>
    constexpr explicit EnumSet(const std::array<Enum, N>& values) {
        for (const Enum value : values) bits_ |= bit(value);
    }

    constexpr void insert(Enum value) { bits_ |= bit(value); }
    constexpr bool contains(Enum value) const { return (bits_ & bit(value)) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr bool intersects(EnumSet other) const { return (bits_ & other.bits_) != 0; }
    constexpr auto operator<=>(const EnumSet&) const = default;

private:
    static constexpr std::uint64_t bit(Enum value) {
        return std::uint64_t{1} << static_cast<unsigned>(value);
    }

    std::uint64_t bits_ = 0;
};

}  // namespace cairn
