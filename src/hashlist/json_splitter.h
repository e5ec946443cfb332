#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hashlist/text_source.h"

namespace cairn::hashlist {

/// Finds the records of a VICS document without holding it in memory: each element of the root's
/// "value" list or, where such an element has a "Media" list, each element of that. Member order
/// is free, names match without case. Looks only at brackets and strings; whether a record is
/// sound JSON is for its parser to say.
class JsonSplitter {
public:
    static constexpr std::size_t kRecordBytesMax = 16U << 20U;
    /// Readable bytes behind every record, as simdjson wants.
    static constexpr std::size_t kPaddingBytes = 64;

    struct Record {
        std::string_view text;  ///< valid until the next call of next(); empty when over limit
        std::uint64_t offset;
        bool over_limit;
    };

    explicit JsonSplitter(TextSource& source);
    /// Nothing after the complete document. Errc::corrupt_data with the byte offset when the
    /// structure is broken or the file ends early.
    Result<std::optional<Record>> next();

private:
    enum class State : std::uint8_t { start, root, elements, element, media, done };

    Result<std::optional<Record>> step();
    Status enter_root();
    Status leave_root();
    Status in_root();
    Result<std::optional<Record>> in_elements();
    Result<std::optional<Record>> in_element();
    Result<std::optional<Record>> in_media();

    Status fill();
    /// The next character that is no blank, not consumed; 0 at the end of the file.
    Result<char> peek();
    Status expect(char wanted);
    /// Handles the comma or the end between elements: true when an element follows.
    Result<bool> another(char closing);
    /// Takes a member's name, in lower case and cut at kNameBytesMax, and its colon.
    Status take_member_name();
    Status skip_value();
    Status skip_string();
    Status skip_container();
    Status skip_scalar();
    /// Ends the kept range and makes a record of it.
    Record take_record();
    void keep_from_here();
    Error broken(std::string_view what) const;
    std::uint64_t offset() const { return window_offset_ + position_; }

    TextSource& source_;
    std::vector<char> window_;
    std::size_t position_ = 0;
    std::size_t end_ = 0;
    std::uint64_t window_offset_ = 0;
    std::optional<std::uint64_t> kept_;  ///< offset from which bytes stay in the window
    std::uint64_t record_offset_ = 0;
    std::string name_;  ///< of the present member
    State state_ = State::start;
    bool first_ = true;  ///< no element of the present container passed yet
    bool first_element_ = true;
    bool media_seen_ = false;
    bool value_seen_ = false;
};

}  // namespace cairn::hashlist
