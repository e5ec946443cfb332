#include "api/route.h"

#include <algorithm>

#include <fmt/format.h>

namespace cairn::api {
namespace {

std::vector<Route> all_routes() {
    std::vector<Route> all;
    for (const auto table :
         {system_routes(),
          sign_in_routes(),
          account_routes(),
          people_routes(),
          case_routes(),
          authority_routes(),
          approval_routes(),
          break_glass_routes(),
          audit_routes(),
          list_routes(),
          scan_routes()}) {
        all.insert(all.end(), table.begin(), table.end());
    }
    return all;
}

/// The next part of a path: what stands before the next '/'.
std::string_view take_part(std::string_view& rest) {
    const auto slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    rest.remove_prefix(slash == rest.npos ? rest.size() : slash + 1);
    return part;
}

/// The values of the names in `pattern`; nullopt when the path is another. A value is never empty.
std::optional<std::map<std::string, std::string, std::less<>>> match(
    std::string_view pattern, std::string_view path
) {
    std::map<std::string, std::string, std::less<>> values;
    if (const auto rest = pattern.find("/{tile...}"); rest != pattern.npos) {
        if (path.size() <= rest + 1 || path.substr(0, rest + 1) != pattern.substr(0, rest + 1)) {
            return std::nullopt;
        }
        return values;  // the rest of the path is read by its own rules
    }
    if (std::ranges::count(pattern, '/') != std::ranges::count(path, '/')) return std::nullopt;
    while (!pattern.empty() || !path.empty()) {
        const std::string_view wanted = take_part(pattern);
        const std::string_view given = take_part(path);
        if (wanted.starts_with('{') && !given.empty()) {
            values.emplace(wanted.substr(1, wanted.size() - 2), given);
        } else if (wanted != given) {
            return std::nullopt;
        }
    }
    return values;
}

bool has_names(const Route& route) {
    return route.path.find('{') != route.path.npos;
}

}  // namespace

std::span<const Route> routes() {
    static const std::vector<Route> kAll = all_routes();
    return kAll;
}

RouteMatch find_route(http::Method method, std::string_view path) {
    const http::Method wanted = method == http::Method::head ? http::Method::get : method;
    RouteMatch found;
    for (const Route& route : routes()) {
        auto values = match(route.path, path);
        if (!values) continue;
        const std::string_view separator = found.allowed.empty() ? "" : ", ";
        found.allowed += fmt::format("{}{}", separator, http::name_of(route.method));
        // "/cases/count" before "/cases/{case}"
        const bool better = found.route == nullptr || !has_names(route);
        if (route.method != wanted || !better) continue;
        found.route = &route;
        found.path = *std::move(values);
    }
    return found;
}

}  // namespace cairn::api
