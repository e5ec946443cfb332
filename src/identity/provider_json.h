#pragma once

#include <string_view>

#include "json/strict.h"

namespace cairn::identity {

/// A JSON object that an identity provider sent. What is wrong with it is no mistake of who signs
/// in: Errc::corrupt_data. For the .cpp files of this module alone.
inline Result<nlohmann::json> parse_provider_object(std::string_view what, std::string_view text) {
    auto parsed = json::parse_object(what, text);
    if (parsed) return parsed;
    Error error = std::move(parsed).error();
    error.code = Errc::corrupt_data;
    return error;
}

}  // namespace cairn::identity
