#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "hashlist/list_entry.h"

namespace cairn::hashlist {

/// One line of a scheme's table. Without a code the scheme only knows the name; without a
/// verdict the meaning is not confirmed and matches are shown as unmapped.
struct Category {
    std::optional<std::int64_t> code;
    std::string_view name;
    std::optional<Verdict> verdict;
};

/// The table that gives a list's category codes a meaning. Code 0 and code 5 change places
/// between tables, so a scheme is never guessed from the codes.
struct CategoryScheme {
    std::string_view name;
    std::string_view source;
    Verdict when_absent;  ///< verdict of a row without category
    std::span<const Category> categories;

    const Category* by_code(std::int64_t code) const;
    /// By name, ASCII case ignored.
    const Category* by_name(std::string_view category) const;
};

std::span<const CategoryScheme> category_schemes();
const CategoryScheme* find_scheme(std::string_view name);
/// "us-2.0, dhs-cat, uk": for messages.
std::string scheme_names();

}  // namespace cairn::hashlist
