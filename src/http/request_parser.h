#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "http/message.h"

namespace cairn::http {

/// Bytes that a header may have, and the target in it.
struct HeadLimits {
    std::size_t header_bytes_max = std::size_t{16} << 10;
    std::size_t target_bytes_max = std::size_t{8} << 10;
};

/// All extensions of the chunks of a body.
inline constexpr std::size_t kChunkExtensionBytesMax = 256;
/// One line with the size of a chunk, and the trailer.
inline constexpr std::size_t kTrailerBytesMax = std::size_t{8} << 10;

/// The header of a request, and what it says of the connection and the body.
struct Head {
    Request request{};
    bool keep_alive = false;
    bool has_body = false;
    std::uint64_t content_length = 0;  ///< 0 when the body comes in chunks
    bool expects_continue = false;
    bool asks_channel = false;  ///< a WebSocket, with a handshake as RFC 6455 section 4.1 wants it
};

enum class Reading : std::uint8_t { more, complete, refused };

/// Reads one request from the bytes of a connection (RFC 9112, by Beast), and takes nothing that
/// two readers could take differently: one Host, one framing, lines that end in CRLF, a target
/// in origin form. Knows no sockets.
class RequestParser {
public:
    explicit RequestParser(const HeadLimits& limits);
    RequestParser(RequestParser&&) = delete;
    RequestParser& operator=(RequestParser&&) = delete;
    ~RequestParser();

    /// `input`: what came since the last request. `complete`: take_head(), and its bytes are off
    /// `input`; `more`: call again when `input` has grown.
    Reading read_head(std::string& input);
    Head take_head();

    /// Before read_body(). `refused` with status 413 when the body is known to be larger.
    Reading limit_body(std::uint64_t bytes_max);
    /// Moves what is there of the body from `input` to the end of `content`.
    Reading read_body(std::string& input, std::string& content);

    /// Why it was refused: 400, 405, 413, 414, 431, 501, 505. The connection cannot go on.
    unsigned status() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::http
