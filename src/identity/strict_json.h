#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace cairn::identity {

/// A JSON object of an identity provider. Members that come twice are refused: two readers may take
/// different ones. For the .cpp files of this module alone.
inline Result<nlohmann::json> parse_json_object(std::string_view what, std::string_view text) {
    using nlohmann::json;
    std::vector<std::set<std::string>> open;
    bool has_twin = false;
    const auto watch = [&](int, json::parse_event_t event, json& value) {
        if (event == json::parse_event_t::object_start) open.emplace_back();
        if (event == json::parse_event_t::object_end && !open.empty()) open.pop_back();
        if (event == json::parse_event_t::key && !open.empty()) {
            has_twin |= !open.back().insert(value.get<std::string>()).second;
        }
        return true;
    };
    json parsed = json::parse(text.begin(), text.end(), watch, /*allow_exceptions=*/false);
    if (!parsed.is_object() || has_twin) {
        return fail(Errc::corrupt_data, "{}: not a JSON object with each member once", what);
    }
    return parsed;
}

/// A member that must be a text; empty when it is not there or something else.
inline std::string text_member(const nlohmann::json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_string()) return {};
    return found->get<std::string>();
}

/// The texts of a member that is a list of texts; empty when it is not there or something else.
inline std::vector<std::string> texts_member(const nlohmann::json& object, const char* name) {
    std::vector<std::string> texts;
    const auto found = object.find(name);
    if (found == object.end() || !found->is_array()) return texts;
    for (const auto& item : *found) {
        if (!item.is_string()) return {};
        texts.push_back(item.get<std::string>());
    }
    return texts;
}

}  // namespace cairn::identity
