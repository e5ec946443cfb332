#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cairn::config {

/// Insertions, deletions, replacements and swaps of neighbours that make one word of the other.
/// O(a * b).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The key somebody meant by `word`: the one of `keys` that differs least, taken whole or by the
/// part behind its last dot, unless all differ too much.
std::optional<std::string_view> nearest_key(
    std::string_view word, std::span<const std::string_view> keys
);

}  // namespace cairn::config
