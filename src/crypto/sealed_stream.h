#pragma once

#include <cstddef>
#include <memory>

#include "base/result.h"
#include "crypto/secret.h"

namespace cairn::crypto {

// A long text encrypted piece by piece, so that it never stands in memory as a whole: libsodium's
// secretstream (XChaCha20-Poly1305). What was cut off, changed places, was added or came from
// another stream is seen.

inline constexpr std::size_t kStreamHeaderBytes = 24;
/// How much longer a piece is when it is sealed.
inline constexpr std::size_t kSealedPieceExtraBytes = 17;

/// What a stream begins with; not secret.
using StreamHeader = std::array<std::uint8_t, kStreamHeaderBytes>;

/// One thread at a time.
class StreamSealer {
public:
    explicit StreamSealer(const SecretKey& key);
    StreamSealer(StreamSealer&&) noexcept;
    StreamSealer& operator=(StreamSealer&&) = delete;
    ~StreamSealer();

    const StreamHeader& header() const;
    /// The piece sealed into `out`, which is that much longer. After the last there are no more.
    void seal(Bytes piece, bool is_last, MutableBytes out);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// One thread at a time.
class StreamOpener {
public:
    StreamOpener(const SecretKey& key, const StreamHeader& header);
    StreamOpener(StreamOpener&&) noexcept;
    StreamOpener& operator=(StreamOpener&&) = delete;
    ~StreamOpener();

    /// The next piece into `out`, which is that much shorter. Whether it is the last of the stream;
    /// Errc::corrupt_data when it is not the next one sealed under this key.
    Result<bool> open(Bytes sealed, MutableBytes out);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cairn::crypto
