#pragma once

#include "identity/account.h"
#include "identity/token.h"

namespace cairn::identity {

inline constexpr std::chrono::hours kInvitationLasts{7 * 24};
inline constexpr std::chrono::hours kResetLasts{24};

/// Tokens by which a user sets a password: the first one (TokenKind::invitation), or another after
/// a reset (TokenKind::reset). One of a user is good at a time, and once. Within the caller's
/// transaction.
class Invitations {
public:
    Invitations(db::Database& records, const Clock& clock) : records_(records), clock_(clock) {}

    /// In place of the one before.
    Result<Token> issue(const access::UserId& user, TokenKind kind);

    /// Whom a token was issued to; nullopt when it is spent, over, replaced, of elsewhere or
    /// invented, or its user is no longer in the state it was issued in.
    Result<std::optional<Account>> find(const Token& token);
    /// As find(); afterwards the token is worth nothing.
    Result<std::optional<Account>> spend(const Token& token);

    /// Deletes those that are over. How many.
    Result<std::size_t> sweep();

private:
    db::Database& records_;
    const Clock& clock_;
};

}  // namespace cairn::identity
