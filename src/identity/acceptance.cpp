#include "identity/acceptance.h"

namespace cairn::identity {
namespace {

Error not_good() {
    return fail(
               Errc::unauthenticated,
               "this token is not good, or no longer: ask an administrator of your agency for a "
               "new one"
    )
        .because("token_spent");
}

}  // namespace

Status Acceptance::accept(
    TokenKind kind, std::string_view token_text, std::string_view password, const Client& client
) {
    const Token token = CAIRN_TRY(Token::parse(kind, token_text));
    const std::string login = CAIRN_TRY(login_of(token));
    CAIRN_TRY(check_new_password(password, login));
    const std::string hash = CAIRN_TRY(parts_.hasher.hash(password));
    return spend(token, hash, client);
}

Result<std::string> Acceptance::login_of(const Token& token) {
    const auto account = CAIRN_TRY(invitations_.find(token));
    if (!account) return not_good();
    auto user = CAIRN_TRY(access::stored_user(parts_.records, parts_.keys, account->user));
    return std::move(user.login);
}

Status Acceptance::spend(const Token& token, const std::string& hash, const Client& client) {
    const bool is_first = token.kind() == TokenKind::invitation;
    bool is_good = false;
    CAIRN_TRY(parts_.records.transaction([&]() -> Status {
        const auto account = CAIRN_TRY(invitations_.spend(token));
        is_good = account.has_value();
        if (!is_good) return ok();
        CAIRN_TRY(credentials_.set_password_hash(*account, hash));
        if (is_first) {
            CAIRN_TRY(
                access::store_user_state(parts_.records, account->user, access::UserState::active)
            );
        }
        CAIRN_TRY(sessions_.end_all(account->user));
        return record(
            parts_.log,
            parts_.clock.now(),
            client,
            {.operation = is_first ? "invitation_accept" : "password_reset_accept",
             .account = account}
        );
    }));
    if (!is_good) return not_good();
    return ok();
}

}  // namespace cairn::identity
