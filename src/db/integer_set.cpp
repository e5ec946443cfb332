#include "db/integer_set.h"

#include <algorithm>

namespace cairn::db {

IntegerSet::IntegerSet(const std::vector<std::int64_t>& numbers) {
    std::int64_t highest = -1;
    for (const std::int64_t number : numbers) {
        if (number <= kNumberMax) highest = std::max(highest, number);
    }
    bits_.resize(static_cast<std::size_t>(highest / 8 + 1));
    for (const std::int64_t number : numbers) {
        if (number < 0 || number > kNumberMax) continue;
        const auto index = static_cast<std::size_t>(number);
        bits_[index / 8] = static_cast<std::uint8_t>(bits_[index / 8] | 1U << (index % 8));
    }
}

}  // namespace cairn::db
