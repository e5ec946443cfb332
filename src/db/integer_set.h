#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

namespace cairn::db {

/// Integers that a statement asks rows to be among: `in_set(table.column, ?)`. Made once for many
/// statements; a lookup is O(1).
class IntegerSet {
public:
    explicit IntegerSet(const std::vector<std::int64_t>& values);

    bool contains(std::int64_t value) const { return values_.contains(value); }
    std::size_t size() const { return values_.size(); }
    /// As PostgreSQL writes an array.
    const std::string& array_text() const { return array_text_; }

private:
    std::unordered_set<std::int64_t> values_;
    std::string array_text_;
};

}  // namespace cairn::db
