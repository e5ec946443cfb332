#pragma once

#include <string>
#include <string_view>

namespace cairn::value {

/// What a reader made of a text: a key, or a literal that says why there is none.
struct Key {
    std::string text{};
    std::string_view flaw{};
    std::string near{};
};

inline Key flawed(std::string_view why) {
    return {.text = {}, .flaw = why, .near = {}};
}
inline Key keyed(std::string text) {
    return {.text = std::move(text), .flaw = {}, .near = {}};
}

}  // namespace cairn::value
