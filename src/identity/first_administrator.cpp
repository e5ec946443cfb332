#include "identity/first_administrator.h"

#include "identity/invitation.h"

namespace cairn::identity {
namespace {

Status check_none(db::Database& records) {
    const auto found = access::stored_installation(records);
    if (!found && found.error().code == Errc::not_found) return ok();
    if (!found) return found.error();
    return fail(
               Errc::conflict,
               "these records belong to an installation already; have one of its administrators "
               "invite you, or name other records"
    )
        .because("installation_exists");
}

audit::Entry entry_of(const FirstAdministrator& made, UtcTime now) {
    audit::Entry entry;
    entry.time = now;
    entry.actor = "installation";
    entry.operation = "installation_begin";
    entry.objects =
        std::vector<std::string>{"agency:" + made.agency.text(), "user:" + made.user.text()};
    return entry;
}

}  // namespace

Result<FirstAdministrator> begin_agency(
    db::Database& records, keyring::KeyRing& keys, const Clock& clock, const NewAgency& agency
) {
    const UtcTime now = clock.now();
    const auto id =
        CAIRN_TRY(access::insert_agency(records, keys, agency.name, agency.profile, now));
    const access::NewUser administrator{
        .login = agency.administrator_login,
        .name = agency.administrator_name,
        .roles = {access::Role::administrator},
    };
    const auto user = CAIRN_TRY(access::insert_user(records, keys, id, administrator, now));
    const Token token = CAIRN_TRY(Invitations(records, clock).issue(user, TokenKind::invitation));
    return FirstAdministrator{.agency = id, .user = user, .invitation = token};
}

Result<FirstAdministrator> begin_installation(
    db::Database& records,
    keyring::KeyRing& keys,
    audit::AuditLog& log,
    const Clock& clock,
    const Beginning& beginning
) {
    std::optional<FirstAdministrator> made;
    CAIRN_TRY(records.transaction([&]() -> Status {
        const UtcTime now = clock.now();
        CAIRN_TRY(check_none(records));
        const access::Installation installation{
            .name = beginning.installation, .profile = beginning.profile};
        CAIRN_TRY(access::insert_installation(records, installation, now));
        made = CAIRN_TRY(begin_agency(records, keys, clock, beginning.agency));
        return log.append(entry_of(*made, now));
    }));
    return *std::move(made);
}

}  // namespace cairn::identity
