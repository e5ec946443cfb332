#include "identity/invitation.h"

namespace cairn::identity {

Result<Token> Invitations::issue(const access::UserId& user, TokenKind kind) {
    if (kind != TokenKind::invitation && kind != TokenKind::reset) {
        return fail(Errc::internal, "a session or an API key is no invitation");
    }
    const Token token = Token::random(kind);
    const crypto::Sha256 digest = token.digest();
    const UtcTime expires =
        clock_.now() + (kind == TokenKind::invitation ? kInvitationLasts : kResetLasts);
    auto put = CAIRN_TRY(records_.prepare(
        "INSERT INTO invitation (user_id, digest, expires) VALUES (?, ?, ?) "
        "ON CONFLICT (user_id) DO UPDATE SET digest = excluded.digest, expires = excluded.expires"
    ));
    put.bind(1, user.bytes()).bind(2, Bytes(digest)).bind(3, microseconds_of(expires));
    CAIRN_TRY(put.run());
    return token;
}

Result<std::optional<Account>> Invitations::find(const Token& token) {
    const crypto::Sha256 digest = token.digest();
    auto find =
        CAIRN_TRY(records_.prepare("SELECT user_id FROM invitation WHERE digest = ? AND expires > ?"
        ));
    find.bind(1, Bytes(digest)).bind(2, microseconds_of(clock_.now()));
    const bool found = CAIRN_TRY(find.step());
    if (!found) return std::optional<Account>();
    const auto user = CAIRN_TRY(stored_id<access::UserId>(find.bytes(0)));
    find.reset();
    auto account = CAIRN_TRY(find_account(records_, user));
    const auto wanted = token.kind() == TokenKind::invitation ? access::UserState::invited
                                                              : access::UserState::active;
    if (!account || account->state != wanted) return std::optional<Account>();
    return account;
}

Result<std::optional<Account>> Invitations::spend(const Token& token) {
    auto account = CAIRN_TRY(find(token));
    if (!account) return account;
    const crypto::Sha256 digest = token.digest();
    auto remove = CAIRN_TRY(records_.prepare("DELETE FROM invitation WHERE digest = ?"));
    CAIRN_TRY(remove.bind(1, Bytes(digest)).run());
    return account;
}

Result<std::size_t> Invitations::sweep() {
    auto remove = CAIRN_TRY(records_.prepare("DELETE FROM invitation WHERE expires <= ?"));
    CAIRN_TRY(remove.bind(1, microseconds_of(clock_.now())).run());
    return static_cast<std::size_t>(records_.changed_rows());
}

}  // namespace cairn::identity
