#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cairn::fetch {

/// What a server answered. The body is what a stranger wrote.
struct Answer {
    int status = 0;
    std::string body{};
    std::string tag{};  ///< the field ETag; empty: none
};

struct FormField {
    std::string_view name;
    std::string_view value;
};

/// HTTP Basic authentication (RFC 7617).
struct BasicLogin {
    std::string_view name;
    std::string_view password;
};

enum class Method : std::uint8_t { get, post, put, delete_ };  // NOLINT(*-naming) a keyword

/// A field of a header.
struct HeaderField {
    std::string name;
    std::string value;
};

/// One question in full.
struct Request {
    Method method = Method::get;
    std::string url{};
    std::vector<HeaderField> fields{};
    std::optional<std::string> body{};
    int body_file = -1;    ///< in place of `body`: all that this open file holds
    int answer_file = -1;  ///< takes the body of an answer below 300, however long it is
    std::chrono::milliseconds time_max{0};  ///< 0: as for all questions
};

/// Sends requests of any kind to a server. Answers with a status above 399 are answers.
class Requester {
public:
    virtual ~Requester() = default;
    /// Errc::unavailable with the reason "connection_lost" when nobody knows whether the server
    /// took the request, and "certificate_not_accepted" when it was not sent to a stranger.
    virtual Result<Answer> request(const Request& request) = 0;
};

/// Asks other servers. Answers with a status above 399 are answers; what is none is an Error.
class WebClient {
public:
    virtual ~WebClient() = default;
    virtual Result<Answer> get(const std::string& url) = 0;
    /// The fields as application/x-www-form-urlencoded.
    virtual Result<Answer> post_form(
        const std::string& url,
        std::span<const FormField> fields,
        const std::optional<BasicLogin>& login
    ) = 0;
    /// `body` as it is.
    virtual Result<Answer> post(
        const std::string& url, std::string_view content_type, std::string_view body
    ) = 0;
};

}  // namespace cairn::fetch
