#include "config/nearest_word.h"

#include <algorithm>
#include <vector>

namespace cairn::config {
namespace {

/// Longer words are nobody's slip.
constexpr std::size_t kWordBytesMax = 64;

std::string_view last_part(std::string_view key) {
    return key.substr(key.rfind('.') + 1);  // npos + 1 is 0
}

/// A third of the letters may be wrong: "databse", not any other word of that length.
std::size_t distance_allowed(std::string_view word) {
    return std::max<std::size_t>(1, word.size() / 3);
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    const std::size_t width = b.size() + 1;
    std::vector<std::size_t> before_last(width);
    std::vector<std::size_t> last(width);
    std::vector<std::size_t> row(width);
    for (std::size_t j = 0; j < width; ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::swap(before_last, last);
        std::swap(last, row);
        row[0] = i;
        for (std::size_t j = 1; j < width; ++j) {
            const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
    }
    return row.back();
}

std::optional<std::string_view> nearest_key(
    std::string_view word, std::span<const std::string_view> keys
) {
    if (word.size() > kWordBytesMax) return std::nullopt;
    const std::string_view part = last_part(word);
    std::optional<std::string_view> nearest;
    std::size_t least = kWordBytesMax;
    for (const std::string_view key : keys) {
        // The right word in the wrong section is as good a guess as a slip of one letter.
        const std::size_t by_part = edit_distance(part, last_part(key)) + 1;
        std::size_t distance = edit_distance(word, key);
        if (by_part <= distance_allowed(part)) distance = std::min(distance, by_part);
        if (distance > distance_allowed(word) || distance >= least) continue;
        least = distance;
        nearest = key;
    }
    return nearest;
}

}  // namespace cairn::config
