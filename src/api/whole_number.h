#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace cairn::api {

/// A number that is all of a text, as clients write one in a path, a query or a field.
template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
}

}  // namespace cairn::api
