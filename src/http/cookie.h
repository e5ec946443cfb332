#pragma once

#include <optional>
#include <string_view>

#include "http/message.h"

namespace cairn::http {

/// The value of the cookie `name` in the one Cookie field (RFC 6265 section 4.2.1), without
/// quotes. nullopt when there is none, or more than one: another site of the same host may have
/// put one beside ours. Cookies of others may be malformed, ours may not. Valid as long as
/// `fields`.
std::optional<std::string_view> find_cookie(const Fields& fields, std::string_view name);

}  // namespace cairn::http
