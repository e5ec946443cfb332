#include "identity/account.h"

namespace cairn::identity {
namespace {

Result<access::UserState> parse_state(std::string_view name) {
    using access::UserState;
    for (const auto state : {UserState::invited, UserState::active, UserState::disabled}) {
        if (access::name_of(state) == name) return state;
    }
    return fail(Errc::corrupt_data, "user_account: no state '{}'", name);
}

}  // namespace

Result<std::optional<Account>> find_account(db::Database& records, const access::UserId& user) {
    auto find = CAIRN_TRY(records.prepare(
        "SELECT u.agency, a.profile, a.key_id, u.state, u.times_disabled FROM user_account u "
        "JOIN agency a ON a.id = u.agency WHERE u.id = ?"
    ));
    const bool found = CAIRN_TRY(find.bind(1, user.bytes()).step());
    if (!found) return std::optional<Account>();
    const auto agency = CAIRN_TRY(stored_id<access::AgencyId>(find.bytes(0)));
    const auto profile = CAIRN_TRY(access::parse_profile(find.text(1)));
    const auto key = CAIRN_TRY(stored_id<keyring::KeyId>(find.bytes(2)));
    const auto state = CAIRN_TRY(parse_state(find.text(3)));
    const std::int64_t times_disabled = find.integer(4);
    const auto roles = CAIRN_TRY(access::stored_roles(records, user));
    return std::optional<Account>(Account{
        .user = user,
        .agency = agency,
        .profile = profile,
        .key = key,
        .state = state,
        .roles = roles,
        .times_disabled = times_disabled,
    });
}

}  // namespace cairn::identity
