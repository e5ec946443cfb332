#include "client/connection.h"

#include <array>

#include "base/hex.h"
#include "base/text.h"
#include "client/server_address.h"
#include "crypto/secret.h"
#include "json/strict.h"

namespace cairn::client {
namespace {

using fetch::Method;

/// For whole files, and for what a server does with them before it answers.
constexpr std::chrono::hours kFileTimeMax{12};

/// How often a creation is sent before its loss is reported.
constexpr int kAttemptsMax = 3;

struct Cure {
    std::string_view reason;
    std::string_view words;
};

/// Refusals with a way out that the server does not know: it has no command line.
constexpr auto kCures = std::to_array<Cure>({
    {"second_factor_not_fresh", "sign in again with `cairn login` to show a fresh code"},
    {"purpose_required", "name it with --purpose"},
    {"authority_required", "name it with --authority; `cairn authority list` shows them"},
    {"approval_required",
     "ask for it with `cairn approval request`, and name it with --approval once it is given"},
    {"changed_meanwhile", "look at what it is now, and do it again if it is still wanted"},
    {"session_over", ""},
    {"sign_in_required", ""},
    {"sign_in_incomplete", ""},
});

Errc code_of(int status) {
    switch (status) {
        case 400:
        case 414:
        case 415:
            return Errc::invalid_argument;
        case 401:
            return Errc::unauthenticated;
        case 403:
            return Errc::permission_denied;
        case 404:
        case 405:
            return Errc::not_found;
        case 409:
        case 412:
            return Errc::conflict;
        case 413:
        case 429:
        case 431:
            return Errc::limit_exceeded;
        case 422:
            return Errc::unsupported;
        default:
            return Errc::unavailable;
    }
}

/// "login: must be given"; the place without the marks that JSON Pointer puts before it.
std::string field_text(const Json& field) {
    if (!field.is_object()) return {};
    for (const char* const place : {"pointer", "query", "path", "header"}) {
        const std::string name = json::text_member(field, place);
        if (name.empty()) continue;
        const auto begin = name.find_first_not_of("#/");
        const std::string shown = begin == name.npos ? "the whole" : name.substr(begin);
        return fmt::format("{}: {}", shown, json::text_member(field, "detail"));
    }
    return json::text_member(field, "detail");
}

/// What is wrong, in the words of the server.
std::string words_of(const Json& problem, int status) {
    std::string fields;
    if (const auto errors = problem.find("errors"); errors != problem.end()) {
        for (const Json& field : *errors) fields += "; " + field_text(field);
    }
    std::string words =
        fields.empty() ? json::text_member(problem, "detail") : json::text_member(problem, "title");
    if (words.empty()) words = json::text_member(problem, "title");
    if (words.empty()) words = fmt::format("status {}", status);
    return words + fields;
}

}  // namespace

fetch::Request Connection::request_to(Method method, const std::string& path) const {
    fetch::Request request{.method = method, .url = options_.address + path};
    const auto add = [&request](const char* name, const std::string& value) {
        if (!value.empty()) request.fields.push_back({name, value});
    };
    add("Accept", "application/json");
    if (!options_.token.empty()) add("Authorization", "Bearer " + options_.token);
    add("Cairn-Purpose", options_.ground.purpose);
    add("Cairn-Authority", options_.ground.authority);
    add("Cairn-Approval", options_.ground.approval);
    return request;
}

Error Connection::problem_of(const fetch::Answer& answer) const {
    constexpr std::string_view kType = "urn:cairn:problem:";
    const auto parsed = json::parse_object("the answer", answer.body);
    const Json problem = parsed ? *parsed : Json::object();
    Error error = fail(
        code_of(answer.status),
        "{}: {}",
        host_of(options_.address),
        printable(words_of(problem, answer.status))
    );
    const std::string type = json::text_member(problem, "type");
    for (const Cure& cure : kCures) {
        if (type != std::string(kType) + std::string(cure.reason)) continue;
        error.reason = cure.reason;
        if (!cure.words.empty()) error.message += fmt::format("; {}", cure.words);
    }
    if (error.code == Errc::unauthenticated && !options_.token.empty()) {
        error.message += fmt::format("; run `cairn login {}`", options_.address);
    }
    return error;
}

Result<fetch::Answer> Connection::ask(const fetch::Request& request) {
    auto answer = CAIRN_TRY(requester_->request(request));
    if (answer.status >= 200 && answer.status < 300) return answer;
    return problem_of(answer);
}

Result<Json> Connection::ask_json(const fetch::Request& request) {
    const fetch::Answer answer = CAIRN_TRY(ask(request));
    if (answer.body.empty()) return Json();
    auto parsed = json::parse_object("the answer", answer.body);
    if (parsed) return parsed;
    return fail(
        Errc::corrupt_data,
        "{}: its answer is not that of a server of Cairn: correct the address",
        host_of(options_.address)
    );
}

Result<Json> Connection::get(const std::string& path) {
    return ask_json(request_to(Method::get, path));
}

Result<Json> Connection::post(const std::string& path) {
    return ask_json(request_to(Method::post, path));
}

namespace {

fetch::Request with_body(fetch::Request request, const Json& body) {
    request.fields.push_back({"Content-Type", "application/json"});
    // Words of the command line may be no UTF-8.
    request.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    return request;
}

}  // namespace

Result<Json> Connection::post(const std::string& path, const Json& body) {
    return ask_json(with_body(request_to(Method::post, path), body));
}

Result<Json> Connection::put(const std::string& path, const Json& body) {
    return ask_json(with_body(request_to(Method::put, path), body));
}

Result<Json> Connection::remove(const std::string& path) {
    return ask_json(request_to(Method::delete_, path));
}

Result<Json> Connection::create(const std::string& path, const Json& body) {
    std::array<std::uint8_t, 16> name{};
    crypto::random_bytes(name);
    fetch::Request request = with_body(request_to(Method::post, path), body);
    request.fields.push_back({"Idempotency-Key", hex_encode(name)});
    for (int attempt = 1;; ++attempt) {
        auto done = ask_json(request);
        const bool lost = !done && done.error().reason == "connection_lost";
        if (!lost || attempt == kAttemptsMax) return done;
    }
}

Result<fetch::Request> Connection::edit_to(
    const std::string& whole, Method method, const std::string& path
) {
    const fetch::Answer now = CAIRN_TRY(ask(request_to(Method::get, whole)));
    fetch::Request request = request_to(method, path);
    if (!now.tag.empty()) request.fields.push_back({"If-Match", now.tag});
    return request;
}

Result<Json> Connection::edit(const std::string& whole, Method method, const std::string& path) {
    const fetch::Request request = CAIRN_TRY(edit_to(whole, method, path));
    return ask_json(request);
}

Result<Json> Connection::edit(
    const std::string& whole, Method method, const std::string& path, const Json& body
) {
    fetch::Request request = CAIRN_TRY(edit_to(whole, method, path));
    return ask_json(with_body(std::move(request), body));
}

Result<Json> Connection::send_file(Method method, const std::string& path, int file) {
    fetch::Request request = request_to(method, path);
    request.fields.push_back({"Content-Type", "application/octet-stream"});
    request.body_file = file;
    request.time_max = kFileTimeMax;
    return ask_json(request);
}

Status Connection::receive_file(const std::string& path, int file) {
    fetch::Request request = request_to(Method::get, path);
    request.answer_file = file;
    request.time_max = kFileTimeMax;
    CAIRN_TRY(ask(request));
    return ok();
}

Result<std::string> Connection::text(const std::string& path) {
    auto answer = CAIRN_TRY(ask(request_to(Method::get, path)));
    return std::move(answer.body);
}

Status Connection::each_item(
    const std::string& path,
    std::size_t count_max,
    const std::function<void(const Json& item)>& take
) {
    std::size_t count = 0;
    for (std::string after;;) {
        const Json page = CAIRN_TRY(get(with_query(path, {{"after", after}})));
        const auto items = page.find("items");
        if (items == page.end() || !items->is_array()) {
            return fail(Errc::corrupt_data, "{}: a list without items", host_of(options_.address));
        }
        for (const Json& item : *items) {
            if (count++ == count_max) return ok();
            take(item);
        }
        const std::string next = json::text_member(page, "next");
        if (next.empty() || next == after) return ok();
        after = next;
    }
}

}  // namespace cairn::client
