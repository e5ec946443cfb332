#include "api/problem.h"

#include <array>

#include <nlohmann/json.hpp>

namespace cairn::api {
namespace {

using nlohmann::ordered_json;

struct StatusText {
    unsigned status;
    std::string_view code;
    std::string_view title;
};

/// RFC 9110 section 15, as far as this server says them.
constexpr auto kStatuses = std::to_array<StatusText>({
    {400, "invalid_request", "The request is not as the contract says"},
    {401, "sign_in_required", "Sign in first"},
    {403, "permission_denied", "This may not be done"},
    {404, "not_found", "There is no such thing"},
    {405, "method_not_allowed", "This is not done with this method"},
    {408, "too_slow", "The request came too slowly"},
    {409, "conflict", "This does not fit what is there"},
    {412, "changed_meanwhile", "It was changed meanwhile"},
    {413, "too_large", "The body is too large"},
    {414, "target_too_long", "The address is too long"},
    {415, "unsupported_media_type", "This kind of body is not taken"},
    {422, "unusable", "What was sent cannot be used"},
    {429, "too_many_requests", "Too many requests; try again later"},
    {431, "header_too_large", "The header is too large"},
    {500, "failed", "This failed; the log of the server says why"},
    {501, "not_implemented", "This server does not know this"},
    {503, "unavailable", "This cannot be done now; try again later"},
    {505, "version_not_supported", "This version of HTTP is not spoken here"},
});

const StatusText& text_of(unsigned status) {
    for (const StatusText& text : kStatuses) {
        if (text.status == status) return text;
    }
    return text_of(500);
}

/// Of a network to sign in: one is free again after identity::kNetworkFailureEvery.
constexpr std::string_view kTooManyAttempts = "too_many_attempts";

/// Limits that a later try may pass; others are limits of what there may be.
bool is_about_pace(std::string_view reason) {
    return reason == kTooManyAttempts || reason == "too_many_requests";
}

unsigned status_of(const Error& error) {
    switch (error.code) {
        case Errc::invalid_argument:
            return 400;
        case Errc::not_found:
            return 404;
        case Errc::conflict:
            if (error.reason == "changed_meanwhile") return 412;
            return error.reason == "key_reused" ? 422 : 409;
        case Errc::unauthenticated:
            return 401;
        case Errc::permission_denied:
            return 403;
        case Errc::unsupported:
            return error.reason == "unsupported_media_type" ? 415 : 422;
        case Errc::limit_exceeded:
            return is_about_pace(error.reason) ? 429 : 422;
        case Errc::unavailable:
        case Errc::cancelled:
            return 503;
        case Errc::corrupt_data:
        case Errc::io:
        case Errc::internal:
            return 500;
    }
    return 500;
}

bool speaks_of_the_request(Errc code) {
    switch (code) {
        case Errc::invalid_argument:
        case Errc::not_found:
        case Errc::conflict:
        case Errc::unauthenticated:
        case Errc::permission_denied:
        case Errc::limit_exceeded:
        case Errc::unsupported:
            return true;
        case Errc::corrupt_data:
        case Errc::io:
        case Errc::unavailable:
        case Errc::cancelled:
        case Errc::internal:
            return false;
    }
    return false;
}

ordered_json json_of(const FieldProblem& field) {
    switch (field.place) {
        case FieldProblem::Place::body:
            return {{"pointer", "#" + field.name}, {"detail", field.detail}};
        case FieldProblem::Place::query:
            return {{"query", field.name}, {"detail", field.detail}};
        case FieldProblem::Place::path:
            return {{"path", field.name}, {"detail", field.detail}};
        case FieldProblem::Place::header:
            return {{"header", field.name}, {"detail", field.detail}};
    }
    return {};
}

}  // namespace

Problem problem_of_status(unsigned status) {
    const StatusText& text = text_of(status);
    return {.status = status, .code = std::string(text.code), .detail = ""};
}

Problem problem_of(const Error& error) {
    Problem problem = problem_of_status(status_of(error));
    if (!error.reason.empty()) problem.code = error.reason;
    if (speaks_of_the_request(error.code)) problem.detail = error.message;
    return problem;
}

http::Response response_of(const Problem& problem, std::string_view request_id) {
    ordered_json json = {
        {"type", "urn:cairn:problem:" + problem.code},
        {"title", text_of(problem.status).title},
        {"status", problem.status}};
    if (!problem.detail.empty()) json["detail"] = problem.detail;
    json["instance"] = "urn:cairn:request:" + std::string(request_id);
    for (const FieldProblem& field : problem.fields) json["errors"].push_back(json_of(field));
    http::Response response{.status = problem.status};
    response.fields.add("Content-Type", "application/problem+json");
    if (problem.status == 401) response.fields.add("WWW-Authenticate", "Bearer");
    if (problem.status == 429 || problem.status == 503) {
        response.fields.add("Retry-After", problem.code == kTooManyAttempts ? "300" : "5");
    }
    // What people and other programs wrote may be no UTF-8: it is shown all the same.
    response.body = json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    return response;
}

}  // namespace cairn::api
