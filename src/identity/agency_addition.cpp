#include "identity/agency_addition.h"

#include <nlohmann/json.hpp>

#include "identity/account_administration.h"
#include "identity/invitation.h"

namespace cairn::identity {
namespace {

using access::Actor;
using access::Ground;
using access::OperationId;
using access::Permit;

constexpr std::string_view kAgencyObject = "agency:";
constexpr std::string_view kUserObject = "user:";

/// The id in "agency:5f0c..." among what was made.
template <typename IdType>
Result<IdType> made_id(const std::vector<std::string>& made, std::string_view kind) {
    for (const std::string& object : made) {
        if (object.starts_with(kind)) return parse_id<IdType>(object.substr(kind.size()));
    }
    return fail(Errc::internal, "agency_add: made no {}", kind);
}

}  // namespace

std::string AgencyAddition::parameters(const NewAgency& agency) {
    const nlohmann::json json = {
        {"name", agency.name},
        {"profile", access::name_of(agency.profile)},
        {"administrator_login", agency.administrator_login},
        {"administrator_name", agency.administrator_name}};
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<FirstAdministrator> AgencyAddition::add(
    const Actor& actor, const Ground& ground, const NewAgency& agency
) {
    const access::Act act = {
        .operation = OperationId::agency_add,
        .ground = ground,
        .parameters = parameters(agency),
    };
    std::optional<FirstAdministrator> added;
    const Status done = gate_.change(actor, act, [&](Permit& permit) -> Status {
        CAIRN_TRY(check_fresh(permit, limits_));
        added = CAIRN_TRY(begin_agency(gate_.records(), gate_.keys(), gate_.clock(), agency));
        permit.more_objects = {
            fmt::format("{}{}", kUserObject, added->user.text()),
            fmt::format("{}{}", kAgencyObject, added->agency.text())};
        return ok();
    });
    if (done) return *std::move(added);
    if (done.error().reason == "already_done") return invite_again(actor, ground);
    return Error(done.error());
}

Result<FirstAdministrator> AgencyAddition::invite_again(const Actor& actor, const Ground& ground) {
    const auto made = CAIRN_TRY(gate_.done_before(actor, *ground.once));
    const auto agency = CAIRN_TRY(made_id<access::AgencyId>(made, kAgencyObject));
    const auto user = CAIRN_TRY(made_id<access::UserId>(made, kUserObject));
    const access::Act act = {
        .operation = OperationId::user_invite,
        .ground = {.purpose = ground.purpose},
        .objects = made,
    };
    std::optional<Token> invitation;
    CAIRN_TRY(gate_.change(actor, act, [&](Permit& permit) -> Status {
        CAIRN_TRY(check_fresh(permit, limits_));
        const auto account = CAIRN_TRY(find_account(gate_.records(), user));
        if (!account || account->state != access::UserState::invited) {
            return fail(Errc::conflict, "the agency was added, and its administrator came in")
                .because("wrong_state");
        }
        invitation =
            CAIRN_TRY(Invitations(gate_.records(), gate_.clock()).issue(user, TokenKind::invitation)
            );
        return ok();
    }));
    return FirstAdministrator{.agency = agency, .user = user, .invitation = *invitation};
}

}  // namespace cairn::identity
