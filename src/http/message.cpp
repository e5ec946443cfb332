#include "http/message.h"

#include <algorithm>

#include "base/text.h"

namespace cairn::http {
namespace {

bool is_named(const std::pair<std::string, std::string>& field, std::string_view name) {
    return field.first.size() == name.size() && lower_ascii(field.first) == lower_ascii(name);
}

}  // namespace

std::string_view name_of(Method method) {
    switch (method) {
        case Method::get:
            return "GET";
        case Method::head:
            return "HEAD";
        case Method::post:
            return "POST";
        case Method::put:
            return "PUT";
        case Method::patch:
            return "PATCH";
        case Method::delete_:
            return "DELETE";
    }
    return "";
}

std::optional<std::string_view> Fields::find(std::string_view name) const {
    std::optional<std::string_view> found;
    for (const auto& field : fields_) {
        if (!is_named(field, name)) continue;
        if (found) return std::nullopt;
        found = field.second;
    }
    return found;
}

std::size_t Fields::count(std::string_view name) const {
    return static_cast<std::size_t>(std::count_if(
        fields_.begin(), fields_.end(), [&](const auto& field) { return is_named(field, name); }
    ));
}

void Fields::add(std::string_view name, std::string_view value) {
    fields_.emplace_back(name, value);
}

void Fields::set(std::string_view name, std::string_view value) {
    std::erase_if(fields_, [&](const auto& field) { return is_named(field, name); });
    add(name, value);
}

}  // namespace cairn::http
