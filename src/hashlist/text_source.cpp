#include "hashlist/text_source.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/stat.h>

namespace cairn::hashlist {
namespace {

constexpr std::size_t kRawBlockBytes = 256U << 10U;

std::uint32_t unit_at(Bytes units, std::size_t at) {
    return static_cast<std::uint32_t>(units[at]) | static_cast<std::uint32_t>(units[at + 1]) << 8U;
}

bool is_high_surrogate(std::uint32_t unit) {
    return unit >= 0xD800 && unit <= 0xDBFF;
}

bool is_low_surrogate(std::uint32_t unit) {
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

std::size_t put_utf8(std::span<char> out, std::uint32_t code) {
    const auto put = [&](std::size_t at, std::uint32_t byte) { out[at] = static_cast<char>(byte); };
    const auto tail = [&](unsigned shift) { return 0x80U | ((code >> shift) & 0x3FU); };
    if (code < 0x80) {
        put(0, code);
        return 1;
    }
    if (code < 0x800) {
        put(0, 0xC0U | code >> 6U);
        put(1, tail(0));
        return 2;
    }
    if (code < 0x10000) {
        put(0, 0xE0U | code >> 12U);
        put(1, tail(6));
        put(2, tail(0));
        return 3;
    }
    put(0, 0xF0U | code >> 18U);
    put(1, tail(12));
    put(2, tail(6));
    put(3, tail(0));
    return 4;
}

}  // namespace

TextSource::TextSource(std::string path, Fd fd, std::uint64_t size_bytes, Progress progress)
    : path_(std::move(path)),
      fd_(std::move(fd)),
      size_bytes_(size_bytes),
      progress_(std::move(progress)) {}

Result<TextSource> TextSource::open(const std::string& path, Progress progress) {
    Fd fd = CAIRN_TRY(open_for_reading(path));
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return fail(Errc::io, "{}: {}", path, errno_text(errno));
    if (!S_ISREG(info.st_mode)) {
        return fail(Errc::invalid_argument, "{}: not a regular file; copy the list to one", path);
    }
    const auto size_bytes = static_cast<std::uint64_t>(info.st_size);
    TextSource source(path, std::move(fd), size_bytes, std::move(progress));
    CAIRN_TRY(source.skip_mark());
    return source;
}

Status TextSource::skip_mark() {
    std::array<std::uint8_t, 3> head{};
    const std::size_t count = CAIRN_TRY(read_at(fd_.get(), 0, head));
    const std::string_view text = as_text(Bytes(head).first(count));
    std::size_t mark_bytes = 0;
    if (text == "\xEF\xBB\xBF") mark_bytes = 3;
    if (text.starts_with("\xFF\xFE")) {
        mark_bytes = 2;
        encoding_ = Encoding::utf16le;
    }
    if (text.starts_with("\xFE\xFF")) {
        return fail(Errc::unsupported, "{}: UTF-16BE; convert it to UTF-8", path_);
    }
    const std::size_t skipped = CAIRN_TRY(read_raw(MutableBytes(head).first(mark_bytes)));
    static_cast<void>(skipped);
    return ok();
}

Result<std::size_t> TextSource::read_raw(MutableBytes out) {
    if (out.empty()) return std::size_t{0};
    auto got = read_at(fd_.get(), raw_offset_, out);
    if (!got) return std::move(got).error().with_context(path_);
    raw_offset_ += *got;
    digest_.update(out.first(*got));
    if (progress_) progress_(raw_offset_);
    return *got;
}

Result<std::size_t> TextSource::read(std::span<char> out) {
    if (encoding_ == Encoding::utf16le) return read_utf16(out);
    const auto bytes = std::as_writable_bytes(out);
    // std::byte to uint8_t: both are unsigned char in all but name.
    return read_raw({static_cast<std::uint8_t*>(static_cast<void*>(bytes.data())), bytes.size()});
}

Result<std::size_t> TextSource::read_utf16(std::span<char> out) {
    if (units_.size() < 4) {
        const std::size_t kept = units_.size();
        units_.resize(kept + kRawBlockBytes);
        const std::size_t got = CAIRN_TRY(read_raw(MutableBytes(units_).subspan(kept)));
        units_.resize(kept + got);
    }
    std::size_t used = 0;
    std::size_t put = 0;
    while (units_.size() - used >= 2 && out.size() - put >= 4) {
        std::uint32_t code = unit_at(units_, used);
        std::size_t length = 2;
        if (is_high_surrogate(code) && units_.size() - used >= 4) {
            const std::uint32_t low = unit_at(units_, used + 2);
            if (!is_low_surrogate(low)) break;
            code = 0x10000U + ((code - 0xD800U) << 10U) + (low - 0xDC00U);
            length = 4;
        }
        if (code >= 0xD800 && code <= 0xDFFF) break;
        put += put_utf8(out.subspan(put), code);
        used += length;
    }
    units_.erase(units_.begin(), units_.begin() + static_cast<std::ptrdiff_t>(used));
    if (put == 0 && !units_.empty()) {
        return fail(Errc::corrupt_data, "{}: malformed UTF-16 before byte {}", path_, raw_offset_);
    }
    return put;
}

Result<std::string> read_head(const std::string& path, std::size_t size_bytes_max) {
    TextSource source = CAIRN_TRY(TextSource::open(path));
    std::string head(size_bytes_max, '\0');
    std::size_t count = 0;
    while (head.size() - count >= 4) {
        const std::size_t got = CAIRN_TRY(source.read(std::span(head).subspan(count)));
        if (got == 0) break;
        count += got;
    }
    head.resize(count);
    return head;
}

LineReader::LineReader(TextSource& source) : source_(source), window_(2 * kLineBytesMax) {}

/// Moves the unread part to the front and reads behind it.
Status LineReader::fill() {
    std::copy(
        window_.begin() + static_cast<std::ptrdiff_t>(begin_),
        window_.begin() + static_cast<std::ptrdiff_t>(end_),
        window_.begin()
    );
    window_offset_ += begin_;
    end_ -= begin_;
    begin_ = 0;
    const std::size_t got = CAIRN_TRY(source_.read(std::span(window_).subspan(end_)));
    end_ += got;
    at_end_ = got == 0;
    return ok();
}

Status LineReader::skip_rest_of_line() {
    while (true) {
        const void* newline = std::memchr(window_.data() + begin_, '\n', end_ - begin_);
        if (newline != nullptr) {
            begin_ =
                static_cast<std::size_t>(static_cast<const char*>(newline) - window_.data()) + 1;
            return ok();
        }
        begin_ = end_;
        if (at_end_) return ok();
        CAIRN_TRY(fill());
    }
}

Result<std::optional<LineReader::Line>> LineReader::next() {
    const char* newline = nullptr;
    while (true) {
        const std::size_t count = end_ - begin_;
        newline = static_cast<const char*>(std::memchr(window_.data() + begin_, '\n', count));
        if (newline != nullptr || count > kLineBytesMax || at_end_) break;
        CAIRN_TRY(fill());
    }
    if (begin_ == end_) return std::optional<Line>();
    const char* const start = window_.data() + begin_;
    const auto length =
        newline != nullptr ? static_cast<std::size_t>(newline - start) : end_ - begin_;
    Line line{{start, length}, ++number_, window_offset_ + begin_, length > kLineBytesMax};
    begin_ += length;
    if (newline != nullptr) {
        ++begin_;
    } else if (line.too_long) {
        line.text = {};  // the window moves on
        CAIRN_TRY(skip_rest_of_line());
    }
    if (line.text.ends_with('\r')) line.text.remove_suffix(1);
    return std::optional<Line>(line);
}

}  // namespace cairn::hashlist
