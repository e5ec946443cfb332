#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace cairn::http {

/// Segments of a path, and parameters of a query.
inline constexpr std::size_t kQueryPartsMax = 100;

/// RFC 3986 section 2.1. Errc::invalid_argument when %XX is malformed, or when what it stands for
/// is no UTF-8 or has control characters.
Result<std::string> percent_decoded(std::string_view text);

/// "/a/b%2Fc" -> "a", "b/c". Errc::invalid_argument as above, for what does not begin with '/',
/// and for the segments "." and ".."; limit_exceeded beyond kQueryPartsMax.
Result<std::vector<std::string>> path_segments(std::string_view path);

/// The parameters of a query, "name=value&name=value", as forms write it: '+' is a blank
/// (WHATWG URL, application/x-www-form-urlencoded).
class Query {
public:
    /// Errc::invalid_argument as percent_decoded(), for names that are empty or given twice, and
    /// for parameters without '='; limit_exceeded beyond kQueryPartsMax.
    static Result<Query> parse(std::string_view query);

    std::optional<std::string_view> find(std::string_view name) const;
    auto begin() const { return parameters_.begin(); }
    auto end() const { return parameters_.end(); }
    bool empty() const { return parameters_.empty(); }

private:
    std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace cairn::http
