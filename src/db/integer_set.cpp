#include "db/integer_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cairn::db {

IntegerSet::IntegerSet(const std::vector<std::int64_t>& values)
    : values_(values.begin(), values.end()),
      array_text_(fmt::format("{{{}}}", fmt::join(values_, ","))) {}

}  // namespace cairn::db
