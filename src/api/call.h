#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "access/gate.h"
#include "api/fields.h"
#include "api/problem.h"
#include "api/whole_number.h"
#include "api/workplace.h"
#include "base/hex.h"
#include "http/message.h"
#include "http/query.h"
#include "identity/act_record.h"

namespace cairn::api {

using Json = nlohmann::ordered_json;

struct Route;

/// What an operation answers when it did what was asked.
struct Answer {
    unsigned status = 200;
    std::optional<Json> json{};
    http::Fields fields{};
    /// In place of `json`: a body of another kind.
    std::string body{};
    std::string media_type{};
    std::optional<Fd> file{};
};

Answer json_answer(Json json);
Answer no_content();
/// With the ETag by which an edit says what it is meant for.
Answer revised_answer(Json json, std::int64_t revision);

/// How a request showed who sends it.
enum class Credential : std::uint8_t { none, cookie, bearer, certificate };

/// One request on its way through an operation. Values that were sent are read with methods that
/// note what is wrong; check() says so before anything is done.
struct Call {
    const http::Request& request;
    const Route& route;
    Workplace& place;
    std::map<std::string, std::string, std::less<>> path{};  ///< values of {names}, decoded
    http::Query query{};
    Credential credential = Credential::none;
    std::string token{};  ///< of a session; empty for others
    std::optional<access::Actor> user{};
    bool by_session = false;  ///< the user is here by a complete session
    access::Ground ground{};
    nlohmann::json json = nlohmann::json::object();  ///< the body
    std::vector<FieldProblem> problems{};

    const access::Actor& actor() const { return *user; }
    identity::Client client() const { return {request.client, request.id}; }

    /// Takes the values of {names} as they stand in the path.
    void take_path(const std::map<std::string, std::string, std::less<>>& encoded);
    /// The body as a JSON object. Read it with body().
    Status parse_body();
    ObjectReader body() { return {json, "", problems}; }

    /// An id in the path.
    template <typename IdType>
    IdType id(std::string_view name) {
        const auto id = parse_id<IdType>(path.find(name)->second);
        if (id) return *id;
        add(FieldProblem::Place::path, name, "must be an id: 32 hexadecimal digits");
        return IdType::from_bytes(kNoId);
    }
    const std::string& text(std::string_view name) const { return path.find(name)->second; }

    std::optional<std::string> query_text(std::string_view name) const;
    /// The name of a value of a closed list, by the list's own parser.
    template <typename Enum>
    std::optional<Enum> query_name(std::string_view name, Result<Enum> (*parse)(std::string_view)) {
        const auto given = query_text(name);
        if (!given) return std::nullopt;
        auto value = parse(*given);
        if (value) return *value;
        add(FieldProblem::Place::query, name, value.error().message);
        return std::nullopt;
    }
    /// A number in the query.
    template <typename Number>
    std::optional<Number> query_number(std::string_view name) {
        const auto given = query_text(name);
        if (!given) return std::nullopt;
        const auto number = whole_number<Number>(*given);
        if (!number) add(FieldProblem::Place::query, name, "must be a whole number");
        return number;
    }
    /// How many of a list are wanted: `limit`, 1 to kPageMax.
    std::int64_t limit();
    /// Where a list goes on: `after`, as the answer before gave it in `next`.
    template <typename IdType>
    std::optional<access::Cursor<IdType>> after() {
        const auto given = query_text("after");
        if (!given) return std::nullopt;
        auto parts = parse_cursor(*given);
        auto id = parts ? parse_id<IdType>(parts->second) : Result<IdType>(parts.error());
        if (id) return access::Cursor<IdType>{parts->first, *id};
        add(FieldProblem::Place::query, "after", "must be what an answer gave as next");
        return std::nullopt;
    }

    void add(FieldProblem::Place place_of, std::string_view name, std::string detail);
    /// Errc::invalid_argument when anything sent was wrong: what, is in `problems`.
    Status check() const;

    static constexpr std::array<std::uint8_t, 16> kNoId{};
    /// Time and id of the item that a page ended with.
    static Result<std::pair<UtcTime, std::string>> parse_cursor(std::string_view text);
};

/// 201 with the id of what was made and its place.
Answer created(const Call& call, const std::string& id);

std::string cursor_text(UtcTime time, std::string_view id);

/// A page of a list: {"items": [...], "next": "..." or null}. `cursor_of` names an item.
template <typename Item, typename ToJson, typename CursorOf>
Answer page_answer(
    const std::vector<Item>& items, std::int64_t limit, ToJson to_json, CursorOf cursor_of
) {
    Json list = Json::array();
    for (const Item& item : items) list.push_back(to_json(item));
    const bool more = static_cast<std::int64_t>(items.size()) >= limit && !items.empty();
    return json_answer(
        {{"items", std::move(list)}, {"next", more ? Json(cursor_of(items.back())) : Json()}}
    );
}

}  // namespace cairn::api
