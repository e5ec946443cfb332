#include "api/call.h"

#include <fmt/format.h>

#include "api/route.h"
#include "json/strict.h"

namespace cairn::api {
namespace {

constexpr std::int64_t kLimitUsual = 100;

}  // namespace

Answer json_answer(Json json) {
    return {.json = std::move(json)};
}

Answer no_content() {
    return {.status = 204};
}

Answer revised_answer(Json json, std::int64_t revision) {
    Answer answer = json_answer(std::move(json));
    if (revision > 0) answer.fields.add("ETag", fmt::format("\"r{}\"", revision));
    return answer;
}

Answer created(const Call& call, const std::string& id) {
    Answer answer = json_answer({{"id", id}});
    answer.status = 201;
    // Most collections are posted to; what a broken glass made stands elsewhere.
    const bool posted_to = call.route.path.ends_with(fmt::format("/{}", call.route.creates));
    const std::string collection =
        posted_to ? call.request.path : fmt::format("/api/v1/{}", call.route.creates);
    answer.fields.add("Location", fmt::format("{}/{}", collection, id));
    return answer;
}

void Call::take_path(const std::map<std::string, std::string, std::less<>>& encoded) {
    for (const auto& [name, value] : encoded) {
        auto decoded = http::percent_decoded(value);
        if (!decoded) add(FieldProblem::Place::path, name, decoded.error().message);
        path.emplace(name, decoded ? *std::move(decoded) : std::string());
    }
}

Status Call::parse_body() {
    json = CAIRN_TRY(json::parse_object("the body", request.body));
    return ok();
}

std::optional<std::string> Call::query_text(std::string_view name) const {
    const auto found = query.find(name);
    if (!found) return std::nullopt;
    return std::string(*found);
}

std::int64_t Call::limit() {
    const auto given = query_text("limit");
    if (!given) return kLimitUsual;
    const auto number = whole_number<std::int64_t>(*given);
    if (number && *number >= 1 && *number <= access::kPageMax) return *number;
    add(FieldProblem::Place::query,
        "limit",
        fmt::format("must be a whole number from 1 to {}", access::kPageMax));
    return kLimitUsual;
}

void Call::add(FieldProblem::Place place_of, std::string_view name, std::string detail) {
    problems.push_back({place_of, std::string(name), std::move(detail)});
}

Status Call::check() const {
    if (problems.empty()) return ok();
    return fail(Errc::invalid_argument, "see errors");
}

Result<std::pair<UtcTime, std::string>> Call::parse_cursor(std::string_view text) {
    const auto dash = text.find('-', 1);
    const auto time =
        dash == text.npos ? std::nullopt : whole_number<std::int64_t>(text.substr(0, dash));
    if (!time) return fail(Errc::invalid_argument, "no cursor");
    return std::pair(utc_from_microseconds(*time), std::string(text.substr(dash + 1)));
}

std::string cursor_text(UtcTime time, std::string_view id) {
    return fmt::format("{}-{}", microseconds_of(time), id);
}

}  // namespace cairn::api
