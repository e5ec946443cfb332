#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "http/message.h"

namespace cairn::http {

/// What the server says of its own in an answer.
struct AnswerFrame {
    std::string_view request_id;
    std::uint64_t body_bytes = 0;
    bool keep_alive = false;
    std::chrono::sys_seconds now{};
};

/// Whether answers of this status have a body (RFC 9110 section 6.4.1).
bool has_body(unsigned status);

/// The header of an answer as it stands on the wire. Fields that frame it are the server's own
/// whatever `response` says; fields that cannot stand in a header are left out.
std::string response_head(const Response& response, const AnswerFrame& frame);

/// RFC 9110 section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::chrono::sys_seconds time);

}  // namespace cairn::http
