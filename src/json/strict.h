#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace cairn::json {

/// Deeper than anything that is spoken of here.
inline constexpr int kDepthMax = 32;

/// A JSON object (RFC 8259) as strangers send it. Members that come twice are refused, since two
/// readers may take different ones; so is nesting beyond kDepthMax. Errc::invalid_argument begins
/// with `what` and repeats nothing of the text. O(n log n) in the members.
Result<nlohmann::json> parse_object(std::string_view what, std::string_view text);

/// A member that must be a text; empty when it is not there or something else.
std::string text_member(const nlohmann::json& object, const char* name);

/// The texts of a member that is a list of texts; empty when it is not there or something else.
std::vector<std::string> texts_member(const nlohmann::json& object, const char* name);

}  // namespace cairn::json
