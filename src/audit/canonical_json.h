#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cairn::audit {

/// Reads the parts of RFC 8785 (canonical JSON) that entries use, and only in their one spelling:
/// strings, integers from 0 to 2^53 - 1, punctuation, no white space.
class CanonicalReader {
public:
    explicit CanonicalReader(std::string_view text) : text_(text) {}

    bool at_end() const { return position_ == text_.size(); }
    std::size_t position() const { return position_; }
    /// The next character; 0 at the end.
    char peek() const { return at_end() ? '\0' : text_[position_]; }
    /// Steps over `c` when it is next.
    bool take(char c);
    Status expect(char c);
    /// A string as spelt, without quotation marks; valid UTF-8. A view into the text.
    Result<std::string_view> string();
    Result<std::uint64_t> integer();

private:
    bool take_escape();

    std::string_view text_;
    std::size_t position_ = 0;
};

/// What a string that CanonicalReader accepted means.
std::string unescaped(std::string_view spelt);

/// Appends `text`, which must be UTF-8, as a string in quotation marks.
void append_string(std::string& out, std::string_view text);

}  // namespace cairn::audit
