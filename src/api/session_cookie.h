#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"

namespace cairn::api {

/// The prefix makes browsers hold it to this host, to all its paths and to TLS
/// (draft-ietf-httpbis-rfc6265bis section 4.1.3).
inline constexpr std::string_view kSessionCookie = "__Host-cairn-session";
/// Binds a sign-in at an identity provider to the browser that began it.
inline constexpr std::string_view kOpenidCookie = "__Host-cairn-openid";

/// The value of Set-Cookie; an empty `value` makes browsers forget it.
std::string session_cookie(std::string_view value);
/// Lives ten minutes; goes along when another site sends the browser back here.
std::string openid_cookie(std::string_view value);

/// What a page of this server sends back in the field Cairn-Csrf with everything that changes
/// something: whoever cannot read the answers of this server does not know it.
std::string csrf_token(std::string_view session_token);

}  // namespace cairn::api
