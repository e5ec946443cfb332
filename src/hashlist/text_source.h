#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "crypto/digest.h"

namespace cairn::hashlist {

/// Reads a text file once from front to back as UTF-8, whatever its size. A UTF-8 byte order mark
/// is dropped, UTF-16LE (with its mark) is converted. Memory does not grow with the file.
class TextSource {
public:
    /// Called with the bytes read so far.
    using Progress = std::function<void(std::uint64_t)>;

    static Result<TextSource> open(const std::string& path, Progress progress = {});

    /// Fills `out` unless the file ends first; returns the count, 0 at the end. `out` must hold
    /// at least 4 bytes. Errc::corrupt_data for malformed UTF-16.
    Result<std::size_t> read(std::span<char> out);

    const std::string& path() const { return path_; }
    std::uint64_t size_bytes() const { return size_bytes_; }
    /// Digest of the raw file; call once, after read() gave 0.
    crypto::Sha256 sha256() { return digest_.finish(); }

private:
    enum class Encoding : std::uint8_t { utf8, utf16le };

    TextSource(std::string path, Fd fd, std::uint64_t size_bytes, Progress progress);
    Status skip_mark();
    Result<std::size_t> read_raw(MutableBytes out);
    Result<std::size_t> read_utf16(std::span<char> out);

    std::string path_;
    Fd fd_;
    std::uint64_t size_bytes_;
    std::uint64_t raw_offset_ = 0;
    Progress progress_;
    Encoding encoding_ = Encoding::utf8;
    crypto::Sha256Stream digest_;
    ByteVector units_;  ///< UTF-16 bytes not yet converted
};

/// The first `size_bytes_max` bytes of a file as UTF-8 text, for telling formats apart.
Result<std::string> read_head(const std::string& path, std::size_t size_bytes_max);

/// Splits a text source into lines, without their ends (LF or CRLF).
class LineReader {
public:
    /// A longer line is given cut, with `too_long` set.
    static constexpr std::size_t kLineBytesMax = 1U << 20U;

    struct Line {
        std::string_view text;  ///< valid until the next call of next()
        std::uint64_t number;   ///< from 1
        std::uint64_t offset;
        bool too_long;
    };

    explicit LineReader(TextSource& source);
    /// Nothing at the end of the file.
    Result<std::optional<Line>> next();
    const std::string& path() const { return source_.path(); }

private:
    Status fill();
    Status skip_rest_of_line();

    TextSource& source_;
    std::vector<char> window_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t window_offset_ = 0;  ///< of window_[0] in the text
    std::uint64_t number_ = 0;
    bool at_end_ = false;
};

}  // namespace cairn::hashlist
