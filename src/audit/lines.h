#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "audit/merkle_tree.h"

namespace cairn::audit {

/// Takes newline-terminated lines off the front of a text.
class LineReader {
public:
    explicit LineReader(std::string_view text) : rest_(text) {}

    bool at_end() const { return rest_.empty(); }
    std::string_view rest() const { return rest_; }

    /// The next line without its newline; refuses one without.
    Result<std::string_view> next();

private:
    std::string_view rest_;
};

/// Digits alone, without leading zeros, at most kTreeSizeMax: a number has one spelling.
Result<std::uint64_t> parse_decimal(std::string_view text);

/// Lines of base64, one hash each, up to and with an empty line; at most kProofHashesMax.
Result<std::vector<Hash>> read_proof_lines(LineReader& lines);

}  // namespace cairn::audit
