#include "api/session_cookie.h"

#include <fmt/format.h>

#include "base/hex.h"
#include "crypto/digest.h"

namespace cairn::api {
namespace {

std::string cookie(
    std::string_view name, std::string_view value, std::string_view site, std::string_view age
) {
    return fmt::format(
        "{}={}; Path=/; Secure; HttpOnly; SameSite={}{}",
        name,
        value,
        site,
        value.empty() ? "; Max-Age=0" : age
    );
}

}  // namespace

std::string session_cookie(std::string_view value) {
    return cookie(kSessionCookie, value, "Strict", "");
}

std::string openid_cookie(std::string_view value) {
    return cookie(kOpenidCookie, value, "Lax", "; Max-Age=600");
}

std::string csrf_token(std::string_view session_token) {
    // The token has 256 random bits: its digest does not lead back to it.
    const std::string text = "cairn csrf\n" + std::string(session_token);
    return hex_encode(crypto::sha256(as_bytes(text)));
}

}  // namespace cairn::api
