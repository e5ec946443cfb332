#pragma once

#include <array>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/result.h"

namespace cairn::access {

/// The value among `all` whose name_of() this is; Errc::invalid_argument names the ones there are.
template <typename Enum, std::size_t N>
Result<Enum> parse_name(
    std::string_view what, const std::array<Enum, N>& all, std::string_view name
) {
    std::array<std::string_view, N> names;
    for (std::size_t i = 0; i < N; ++i) {
        names[i] = name_of(all[i]);
        if (names[i] == name) return all[i];
    }
    return fail(
        Errc::invalid_argument, "no {} '{}'; there are {}", what, name, fmt::join(names, ", ")
    );
}

}  // namespace cairn::access
