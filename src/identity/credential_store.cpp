#include "identity/credential.h"

namespace cairn::identity {
namespace {

keyring::Place hash_place(const access::UserId& user) {
    return {.column = "password.hash", .row = user.bytes()};
}

}  // namespace

Result<std::optional<std::string>> Credentials::password_hash(const Account& account) {
    auto find = CAIRN_TRY(records_.prepare("SELECT hash FROM password WHERE user_id = ?"));
    const bool found = CAIRN_TRY(find.bind(1, account.user.bytes()).step());
    if (!found) return std::optional<std::string>();
    const ByteVector box(find.bytes(0).begin(), find.bytes(0).end());
    find.reset();
    auto hash = CAIRN_TRY(keys_.unseal(account.key, box, hash_place(account.user)));
    return std::optional(std::move(hash));
}

Status Credentials::set_password_hash(const Account& account, const std::string& hash) {
    const ByteVector box =
        CAIRN_TRY(keys_.seal(account.key, as_bytes(hash), hash_place(account.user)));
    auto set =
        CAIRN_TRY(records_.prepare("INSERT INTO password (user_id, hash) VALUES (?, ?) "
                                   "ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash"));
    return set.bind(1, account.user.bytes()).bind(2, Bytes(box)).run();
}

Status Credentials::remove_password(const access::UserId& user) {
    auto remove = CAIRN_TRY(records_.prepare("DELETE FROM password WHERE user_id = ?"));
    return remove.bind(1, user.bytes()).run();
}

}  // namespace cairn::identity
