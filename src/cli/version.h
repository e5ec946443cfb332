#pragma once

#include <string_view>

namespace cairn::cli {

/// The program's version, as in CMakeLists.txt and CHANGELOG.md.
inline constexpr std::string_view kVersion = CAIRN_VERSION;

}  // namespace cairn::cli
