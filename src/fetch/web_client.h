#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cairn::fetch {

/// What a server answered. The body is what a stranger wrote.
struct Answer {
    int status = 0;
    std::string body;
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
