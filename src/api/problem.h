#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace cairn::api {

/// One thing that is wrong with what a client sent.
struct FieldProblem {
    enum class Place : std::uint8_t { body, query, path, header };

    Place place{};
    std::string name;  ///< JSON pointer into the body ("/roles/0"), or the name of the parameter
    std::string detail;
};

/// What a client is told when it does not get what it asked for (RFC 9457).
struct Problem {
    unsigned status = 500;
    std::string code;    ///< the last part of the problem's type: "purpose_required"
    std::string detail;  ///< for people; empty where the title says all
    std::vector<FieldProblem> fields{};
};

/// The type of problem that belongs to a status.
Problem problem_of_status(unsigned status);
/// The type that belongs to an Error. What an Error of io, corrupt_data, unavailable or internal
/// says stays here: it speaks of this installation, not of the request.
Problem problem_of(const Error& error);

/// application/problem+json.
http::Response response_of(const Problem& problem, std::string_view request_id);

}  // namespace cairn::api
