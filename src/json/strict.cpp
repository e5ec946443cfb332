#include "json/strict.h"

#include <set>

namespace cairn::json {
namespace {

using nlohmann::json;

/// Watches the parser: members that come twice, nesting that is too deep.
class Watch {
public:
    bool operator()(int depth, json::parse_event_t event, json& value) {
        too_deep_ |= depth > kDepthMax;
        if (event == json::parse_event_t::object_start) open_.emplace_back();
        if (event == json::parse_event_t::object_end && !open_.empty()) open_.pop_back();
        if (event == json::parse_event_t::key && !open_.empty()) {
            has_twin_ |= !open_.back().insert(value.get<std::string>()).second;
        }
        return !too_deep_;
    }

    bool has_twin() const { return has_twin_; }
    bool too_deep() const { return too_deep_; }

private:
    std::vector<std::set<std::string>> open_;
    bool has_twin_ = false;
    bool too_deep_ = false;
};

}  // namespace

Result<json> parse_object(std::string_view what, std::string_view text) {
    Watch watch;
    const auto on_event = [&watch](int depth, json::parse_event_t event, json& value) {
        return watch(depth, event, value);
    };
    json parsed = json::parse(text.begin(), text.end(), on_event, /*allow_exceptions=*/false);
    if (watch.too_deep()) {
        return fail(Errc::invalid_argument, "{}: nested deeper than {}", what, kDepthMax);
    }
    if (watch.has_twin()) {
        return fail(Errc::invalid_argument, "{}: a member stands twice in an object", what);
    }
    if (!parsed.is_object()) return fail(Errc::invalid_argument, "{}: not a JSON object", what);
    return parsed;
}

std::string text_member(const json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_string()) return {};
    return found->get<std::string>();
}

std::vector<std::string> texts_member(const json& object, const char* name) {
    std::vector<std::string> texts;
    const auto found = object.find(name);
    if (found == object.end() || !found->is_array()) return texts;
    for (const json& item : *found) {
        if (!item.is_string()) return {};
        texts.push_back(item.get<std::string>());
    }
    return texts;
}

}  // namespace cairn::json
