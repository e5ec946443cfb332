#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/log_place.h"

namespace cairn::audit {

/// Bindings as lines: "bind PLACE SECRET", and "head SIZE ROOT ORIGIN" for each head that changed;
/// secret and root in base64.
std::string format_bindings(std::span<const Binding> bindings);
/// The inverse of format_bindings, and nothing else; places must ascend.
Result<std::vector<Binding>> parse_bindings(std::string_view text);

}  // namespace cairn::audit
