#include "hashlist/json_splitter.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace cairn::hashlist {
namespace {

constexpr std::size_t kWindowBytes = 1U << 20U;
constexpr std::size_t kNameBytesMax = 256;

bool is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// Bytes at which the search for a container's end must look; all others are passed over.
constexpr std::array<bool, 256> make_structural() {
    std::array<bool, 256> table{};
    for (const char c : {'"', '{', '}', '[', ']'}) table[static_cast<unsigned char>(c)] = true;
    return table;
}
constexpr std::array<bool, 256> kStructural = make_structural();

bool is_structural(char c) {
    return kStructural[static_cast<unsigned char>(c)];
}

}  // namespace

JsonSplitter::JsonSplitter(TextSource& source)
    : source_(source), window_(kWindowBytes + kPaddingBytes) {}

Error JsonSplitter::broken(std::string_view what) const {
    return fail(
        Errc::corrupt_data,
        "{}: {} at byte {}: the file is damaged or incomplete, nothing of it was taken; fetch it "
        "again",
        source_.path(),
        what,
        offset()
    );
}

/// Makes room, then reads on. Only bytes from `kept_` survive.
Status JsonSplitter::fill() {
    if (kept_ && end_ - (*kept_ - window_offset_) >= kRecordBytesMax) {
        kept_.reset();  // the record goes over its limit
    }
    const std::size_t from = kept_ ? static_cast<std::size_t>(*kept_ - window_offset_) : position_;
    std::copy(
        window_.begin() + static_cast<std::ptrdiff_t>(from),
        window_.begin() + static_cast<std::ptrdiff_t>(end_),
        window_.begin()
    );
    window_offset_ += from;
    position_ -= from;
    end_ -= from;
    if (window_.size() - kPaddingBytes - end_ < kWindowBytes / 2) {
        window_.resize(2 * window_.size());
    }
    const std::size_t room = window_.size() - kPaddingBytes - end_;
    const std::size_t got = CAIRN_TRY(source_.read(std::span(window_).subspan(end_, room)));
    end_ += got;
    if (got == 0) return broken("unexpected end");
    return ok();
}

Result<char> JsonSplitter::peek() {
    while (true) {
        while (position_ < end_ && is_blank(window_[position_])) ++position_;
        if (position_ < end_) return window_[position_];
        CAIRN_TRY(fill());
    }
}

Status JsonSplitter::expect(char wanted) {
    const char found = CAIRN_TRY(peek());
    if (found != wanted) return broken(fmt::format("'{}' wanted", wanted));
    ++position_;
    return ok();
}

Result<bool> JsonSplitter::another(char closing) {
    const char found = CAIRN_TRY(peek());
    if (found == closing) {
        ++position_;
        return false;
    }
    if (!first_) CAIRN_TRY(expect(','));
    first_ = false;
    return true;
}

Status JsonSplitter::take_member_name() {
    CAIRN_TRY(expect('"'));
    name_.clear();
    while (true) {
        if (position_ == end_) CAIRN_TRY(fill());
        const char c = window_[position_++];
        if (c == '"') break;
        if (name_.size() < kNameBytesMax) {
            name_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        }
        if (c != '\\') continue;
        if (position_ == end_) CAIRN_TRY(fill());
        ++position_;
    }
    return expect(':');
}

Status JsonSplitter::skip_string() {
    ++position_;  // the opening quote
    while (true) {
        while (position_ < end_ && window_[position_] != '"' && window_[position_] != '\\') {
            ++position_;
        }
        if (position_ == end_) {
            CAIRN_TRY(fill());
            continue;
        }
        if (window_[position_++] == '"') return ok();
        if (position_ == end_) CAIRN_TRY(fill());
        ++position_;  // whatever the backslash escapes
    }
}

Status JsonSplitter::skip_container() {
    std::uint64_t depth = 0;
    while (true) {
        while (position_ < end_ && !is_structural(window_[position_])) ++position_;
        if (position_ == end_) {
            CAIRN_TRY(fill());
            continue;
        }
        const char c = window_[position_];
        if (c == '"') {
            CAIRN_TRY(skip_string());
            continue;
        }
        ++position_;
        if (c == '{' || c == '[') {
            ++depth;
        } else if (--depth == 0) {
            return ok();
        }
    }
}

Status JsonSplitter::skip_scalar() {
    const std::uint64_t start = offset();
    while (true) {
        if (position_ == end_) CAIRN_TRY(fill());
        const char c = window_[position_];
        if (c == ',' || c == '}' || c == ']' || is_blank(c)) break;
        ++position_;
    }
    if (offset() == start) return broken("value wanted");
    return ok();
}

Status JsonSplitter::skip_value() {
    const char c = CAIRN_TRY(peek());
    if (c == '"') return skip_string();
    if (c == '{' || c == '[') return skip_container();
    return skip_scalar();
}

void JsonSplitter::keep_from_here() {
    record_offset_ = offset();
    kept_ = record_offset_;
}

JsonSplitter::Record JsonSplitter::take_record() {
    if (!kept_) return {{}, record_offset_, true};
    const auto from = static_cast<std::size_t>(*kept_ - window_offset_);
    kept_.reset();
    const std::string_view text(window_.data() + from, position_ - from);
    if (text.size() > kRecordBytesMax) return {{}, record_offset_, true};
    return {text, record_offset_, false};
}

Status JsonSplitter::enter_root() {
    CAIRN_TRY(expect('{'));
    state_ = State::root;
    first_ = true;
    return ok();
}

/// What follows the root would be lost, so there must be nothing.
Status JsonSplitter::leave_root() {
    if (!value_seen_) return broken("no \"value\" list before the end");
    while (true) {
        while (position_ < end_ && is_blank(window_[position_])) ++position_;
        if (position_ < end_) return broken("text behind the document");
        window_offset_ += end_;
        position_ = 0;
        const std::size_t room = window_.size() - kPaddingBytes;
        end_ = CAIRN_TRY(source_.read(std::span(window_).first(room)));
        if (end_ == 0) break;
    }
    state_ = State::done;
    return ok();
}

Status JsonSplitter::in_root() {
    const bool more = CAIRN_TRY(another('}'));
    if (!more) return leave_root();
    CAIRN_TRY(take_member_name());
    const char c = CAIRN_TRY(peek());
    if (name_ != "value" || c != '[') return skip_value();
    ++position_;
    state_ = State::elements;
    value_seen_ = true;
    first_element_ = true;
    return ok();
}

Result<std::optional<JsonSplitter::Record>> JsonSplitter::in_elements() {
    first_ = first_element_;
    first_element_ = false;
    const bool more = CAIRN_TRY(another(']'));
    if (!more) {
        state_ = State::root;
        first_ = false;
        return std::optional<Record>();
    }
    const char c = CAIRN_TRY(peek());
    keep_from_here();
    if (c != '{') {
        CAIRN_TRY(skip_value());
        return std::optional<Record>(take_record());
    }
    ++position_;
    state_ = State::element;
    first_ = true;
    media_seen_ = false;
    return std::optional<Record>();
}

Result<std::optional<JsonSplitter::Record>> JsonSplitter::in_element() {
    const auto member = [&]() -> Result<bool> {
        const bool more = CAIRN_TRY(another('}'));
        if (!more) return false;
        CAIRN_TRY(take_member_name());
        const char c = CAIRN_TRY(peek());
        if (name_ != "media" || c != '[') {
            CAIRN_TRY(skip_value());
            return true;
        }
        ++position_;
        kept_.reset();
        media_seen_ = true;
        state_ = State::media;
        first_ = true;
        return true;
    };
    auto more = member();
    if (!more) {
        // Malformed inside one record: find its end by brackets alone and let its parser refuse
        // it. Impossible once its beginning has left the window.
        if (!kept_ || media_seen_) return std::move(more).error();
        position_ = static_cast<std::size_t>(*kept_ - window_offset_);
        CAIRN_TRY(skip_container());
    } else if (*more) {
        return std::optional<Record>();
    }
    state_ = State::elements;
    if (media_seen_) return std::optional<Record>();
    return std::optional<Record>(take_record());
}

Result<std::optional<JsonSplitter::Record>> JsonSplitter::in_media() {
    const bool more = CAIRN_TRY(another(']'));
    if (!more) {
        state_ = State::element;
        first_ = false;
        return std::optional<Record>();
    }
    CAIRN_TRY(peek());
    keep_from_here();
    CAIRN_TRY(skip_value());
    return std::optional<Record>(take_record());
}

/// One move of the machine; a record when the move ended one.
Result<std::optional<JsonSplitter::Record>> JsonSplitter::step() {
    switch (state_) {
        case State::start:
            CAIRN_TRY(enter_root());
            break;
        case State::root:
            CAIRN_TRY(in_root());
            break;
        case State::elements:
            return in_elements();
        case State::element:
            return in_element();
        case State::media:
            return in_media();
        case State::done:
            break;
    }
    return std::optional<Record>();
}

Result<std::optional<JsonSplitter::Record>> JsonSplitter::next() {
    while (state_ != State::done) {
        auto record = CAIRN_TRY(step());
        if (record) return record;
    }
    return std::optional<Record>();
}

}  // namespace cairn::hashlist
