#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "crypto/digest.h"

namespace cairn::identity {

/// What a token opens; one kind is never taken for another.
enum class TokenKind : std::uint8_t { session, invitation, reset, api_key };

/// 256 random bits that whoever shows them is let in by. Wiped when destroyed; the records keep its
/// digest alone. Has no formatter: logging one does not compile.
class Token {
public:
    static constexpr std::size_t kSize = 32;

    static Token random(TokenKind kind);
    Token(const Token&) = default;
    Token& operator=(const Token&) = default;
    ~Token();

    TokenKind kind() const { return kind_; }
    /// "cairn_session_" and 72 hex digits: a prefix that scanners of source and logs find, the
    /// secret, and four bytes of checksum.
    std::string text() const;
    /// SHA-256 over prefix and secret.
    crypto::Sha256 digest() const;

    /// Errc::invalid_argument says what is amiss with the form, and repeats nothing of it: a typo
    /// is told from a token that is no longer good without asking the records.
    static Result<Token> parse(TokenKind kind, std::string_view text);

private:
    explicit Token(TokenKind kind) : kind_(kind) {}

    TokenKind kind_;
    std::array<std::uint8_t, kSize> secret_{};
};

}  // namespace cairn::identity
