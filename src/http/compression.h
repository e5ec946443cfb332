#pragma once

#include <string>
#include <string_view>

namespace cairn::http {

/// RFC 1952 (zlib), as small as it goes.
std::string gzip(std::string_view content);
/// RFC 7932, small rather than fast.
std::string brotli(std::string_view content);

}  // namespace cairn::http
