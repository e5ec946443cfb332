#pragma once

#include "identity/invitation.h"
#include "identity/sign_in.h"

namespace cairn::identity {

/// Whoever holds an invitation or a reset sets a password with it, and then signs in. One thread at
/// a time.
class Acceptance {
public:
    explicit Acceptance(const SignIn::Parts& parts)
        : parts_(parts),
          invitations_(parts.records, parts.clock),
          credentials_(parts.records, parts.keys),
          sessions_(parts.records, parts.clock, {}) {}

    /// Sets the password and ends all sessions of the user; the second factor stays as it is.
    /// Errc::unauthenticated, in one and the same words for spent, over, foreign and forged tokens;
    /// Errc::invalid_argument for a password that will not do, and the token stays good.
    Status accept(
        TokenKind kind, std::string_view token_text, std::string_view password, const Client& client
    );

private:
    Result<std::string> login_of(const Token& token);
    Status spend(const Token& token, const std::string& hash, const Client& client);

    SignIn::Parts parts_;
    Invitations invitations_;
    Credentials credentials_;
    Sessions sessions_;
};

}  // namespace cairn::identity
