#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cairn::cli {

enum class Colour : std::uint8_t { plain, red, yellow, green, bold, faint };

/// The one place that writes to standard output and standard error.
class Terminal {
public:
    explicit Terminal(bool colour) : colour_(colour) {}

    /// Errc::cancelled when nobody reads standard output any more; io or limit_exceeded when it
    /// fails or is full.
    Status out(std::string_view text) const;
    void error(std::string_view text) const;
    std::string paint(Colour colour, std::string_view text) const;

private:
    bool colour_;
};

/// Columns padded to their widest cell; numbers (cells of digits and commas) to the right.
std::string table(const std::vector<std::vector<std::string>>& rows);

}  // namespace cairn::cli
