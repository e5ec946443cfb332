#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace cairn::evidence {

/// Follows the block headers of a RAR 5 archive to tell what is encrypted. libarchive 3.6.2 does
/// not look: it delivers the cipher text of a stored member as its content. Reads headers only,
/// as far as asked, and takes everything after a malformed one for not encrypted.
class Rar5Headers {
public:
    /// `fd` is borrowed. Any file may be given: what is no RAR 5 has no encryption.
    Rar5Headers(int fd, std::uint64_t size_bytes);

    /// True when the names are encrypted too.
    bool headers_encrypted() const { return headers_encrypted_; }

    /// Whether the first member whose header begins at or after `offset` is encrypted. Offsets
    /// must not decrease from call to call.
    bool is_encrypted_from(std::uint64_t offset);

private:
    struct Member {
        std::uint64_t offset;
        bool encrypted;
    };
    /// Moves to the next member's header.
    void advance();

    int fd_;
    std::uint64_t size_bytes_;
    std::uint64_t next_offset_ = 0;
    std::optional<Member> member_;
    bool headers_encrypted_ = false;
};

}  // namespace cairn::evidence
