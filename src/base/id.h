#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <optional>
#include <string>

#include "base/hex.h"

namespace cairn {

/// 16 bytes that name one thing of one kind, drawn at random (crypto::random_id) so that they tell
/// nothing: neither when it was made nor how many there are. Kinds do not mix: Id<struct UserTag>.
template <typename Tag>
class Id {
public:
    static constexpr std::size_t kSize = 16;

    static Id from_bytes(std::span<const std::uint8_t, kSize> bytes) {
        Id id;
        std::copy(bytes.begin(), bytes.end(), id.bytes_.begin());
        return id;
    }

    Bytes bytes() const { return bytes_; }
    /// 32 hex digits.
    std::string text() const { return hex_encode(bytes_); }
    auto operator<=>(const Id&) const = default;

private:
    Id() = default;
    std::array<std::uint8_t, kSize> bytes_{};
};

/// The inverse of Id::text().
template <typename IdType>
Result<IdType> parse_id(std::string_view text) {
    const auto bytes = CAIRN_TRY(hex_decode_array<IdType::kSize>(text));
    return IdType::from_bytes(bytes);
}

/// An id as the records gave it back.
template <typename IdType>
Result<IdType> stored_id(Bytes bytes) {
    if (bytes.size() != IdType::kSize) {
        return fail(Errc::corrupt_data, "a stored id has {} bytes, not 16", bytes.size());
    }
    return IdType::from_bytes(bytes.first<IdType::kSize>());
}

}  // namespace cairn
