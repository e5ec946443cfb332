#pragma once

#include <string_view>

namespace cairn::api {

/// api/openapi.yaml as it was when the program was built.
extern const std::string_view kContract;

}  // namespace cairn::api
