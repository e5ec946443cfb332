#pragma once

#include <array>
#include <compare>
#include <memory>

#include "base/bytes.h"

namespace cairn::crypto {

using Md5 = std::array<std::uint8_t, 16>;
using Sha1 = std::array<std::uint8_t, 20>;
using Sha256 = std::array<std::uint8_t, 32>;

/// The three digests by which lists name files.
struct Digests {
    Md5 md5{};
    Sha1 sha1{};
    Sha256 sha256{};
    auto operator<=>(const Digests&) const = default;
};

/// MD5, SHA-1 and SHA-256 of one byte stream in one pass (OpenSSL). Reusable after finish().
/// One thread at a time.
class DigestStream {
public:
    DigestStream();
    DigestStream(DigestStream&&) noexcept;
    DigestStream& operator=(DigestStream&&) noexcept;
    ~DigestStream();

    void update(Bytes bytes);
    /// The digests of everything since construction or the last finish().
    Digests finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// SHA-256 of one byte stream. Reusable after finish(). One thread at a time.
class Sha256Stream {
public:
    Sha256Stream();
    Sha256Stream(Sha256Stream&&) noexcept;
    Sha256Stream& operator=(Sha256Stream&&) noexcept;
    ~Sha256Stream();

    void update(Bytes bytes);
    Sha256 finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

Digests digest(Bytes bytes);
Sha256 sha256(Bytes bytes);

}  // namespace cairn::crypto
