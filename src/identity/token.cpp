#include "identity/token.h"

#include <algorithm>

#include "base/hex.h"
#include "crypto/secret.h"

namespace cairn::identity {
namespace {

constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kDigits = 2 * (Token::kSize + kChecksumBytes);

std::string_view prefix_of(TokenKind kind) {
    switch (kind) {
        case TokenKind::session:
            return "cairn_session_";
        case TokenKind::invitation:
            return "cairn_invitation_";
        case TokenKind::reset:
            return "cairn_reset_";
        case TokenKind::api_key:
            return "cairn_key_";
    }
    return "";
}

bool is_lower_hex(std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Over the digest: the checksum tells no bit of the secret that the digest does not.
std::array<std::uint8_t, kChecksumBytes> checksum_of(const crypto::Sha256& digest) {
    const crypto::Sha256 twice = crypto::sha256(digest);
    std::array<std::uint8_t, kChecksumBytes> checksum{};
    std::copy_n(twice.begin(), checksum.size(), checksum.begin());
    return checksum;
}

}  // namespace

Token Token::random(TokenKind kind) {
    Token token(kind);
    crypto::random_bytes(token.secret_);
    return token;
}

Token::~Token() {
    crypto::wipe(MutableBytes(secret_));
}

std::string Token::text() const {
    std::string text(prefix_of(kind_));
    text += hex_encode(secret_);
    text += hex_encode(checksum_of(digest()));
    return text;
}

crypto::Sha256 Token::digest() const {
    crypto::Sha256Stream stream;
    stream.update(as_bytes(prefix_of(kind_)));
    stream.update(secret_);
    return stream.finish();
}

Result<Token> Token::parse(TokenKind kind, std::string_view text) {
    constexpr std::string_view kReason = "malformed_token";
    const std::string_view prefix = prefix_of(kind);
    if (!text.starts_with(prefix)) {
        return fail(Errc::invalid_argument, "not a token of this kind: it begins with {}", prefix)
            .because(kReason);
    }
    const std::string_view digits = text.substr(prefix.size());
    if (digits.size() != kDigits || !is_lower_hex(digits)) {
        return fail(
                   Errc::invalid_argument,
                   "the token was cut or altered: {} lower-case hex digits follow {}",
                   kDigits,
                   prefix
        )
            .because(kReason);
    }
    Token token(kind);
    token.secret_ = CAIRN_TRY(hex_decode_array<kSize>(digits.substr(0, 2 * kSize)));
    if (hex_encode(checksum_of(token.digest())) != digits.substr(2 * kSize)) {
        return fail(Errc::invalid_argument, "the token has a typing error: copy it again")
            .because(kReason);
    }
    return token;
}

}  // namespace cairn::identity
