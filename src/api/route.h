#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"

namespace cairn::api {

/// Who may come in by a route at all. What they may do there is decided below (access::Gate).
enum class Door : std::uint8_t {
    anybody,  ///< no credential is looked at
    begun,    ///< the token of a session at any stage
    user,     ///< a user: a complete session, an API key or a client certificate
    session,  ///< a user by a complete session
};

enum class BodyKind : std::uint8_t { none, json, bytes };

/// One operation of the contract (api/openapi.yaml).
struct Route {
    http::Method method{};
    std::string_view path;       ///< "/api/v1/cases/{case}"
    std::string_view operation;  ///< operationId
    Door door{};
    Result<Answer> (*run)(Call&) = nullptr;
    BodyKind body = BodyKind::none;
    std::array<std::string_view, 10> query{};  ///< parameters; empty ones are none
    /// The collection in which it makes something; takes an Idempotency-Key.
    std::string_view creates{};
    bool edits = false;  ///< takes If-Match
    std::uint64_t body_bytes_max = std::uint64_t{64} << 10;
    /// In place of `run`, where neither records nor a worker are needed, so that it is answered
    /// also when there are none.
    Answer (*at_once)() = nullptr;
};

/// All of them.
std::span<const Route> routes();

struct RouteMatch {
    const Route* route = nullptr;  ///< null: there is none
    std::map<std::string, std::string, std::less<>> path{};
    std::string allowed{};  ///< methods of other routes with this path, for the Allow field
};

/// HEAD is answered by the route of GET. `path` is still percent-encoded.
RouteMatch find_route(http::Method method, std::string_view path);

// The tables of each subject.
std::span<const Route> sign_in_routes();
std::span<const Route> account_routes();
std::span<const Route> people_routes();
std::span<const Route> case_routes();
std::span<const Route> authority_routes();
std::span<const Route> approval_routes();
std::span<const Route> break_glass_routes();
std::span<const Route> audit_routes();
std::span<const Route> list_routes();
std::span<const Route> scan_routes();
std::span<const Route> system_routes();

}  // namespace cairn::api
