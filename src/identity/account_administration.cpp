#include "identity/account_administration.h"

#include <fmt/format.h>

#include "access/break_glass.h"
#include "access/people.h"
#include "identity/credential.h"
#include "identity/invitation.h"
#include "identity/openid_identity.h"
#include "identity/second_factor.h"
#include "identity/service_key.h"

namespace cairn::identity {
namespace {

using access::Actor;
using access::Ground;
using access::OperationId;
using access::Permit;
using access::UserId;
using access::UserState;

std::string object_of(const UserId& user) {
    return "user:" + user.text();
}

Status check_state(const access::User& user, UserState wanted) {
    if (user.state == wanted) return ok();
    return fail(
               Errc::conflict,
               "user {} is {}, not {}",
               user.id.text(),
               access::name_of(user.state),
               access::name_of(wanted)
    )
        .because("wrong_state");
}

}  // namespace

Status check_fresh(Permit& permit, const SessionLimits& limits) {
    if (is_fresh(permit.actor.second_factor_at, limits, permit.now)) return ok();
    permit.refusal = "second_factor_not_fresh";
    return second_factor_not_fresh(limits);
}

std::string AccountAdministration::parameters(const UserId& user) {
    return fmt::format(R"({{"user":"{}"}})", user.text());
}

Status AccountAdministration::change_user(
    OperationId operation,
    const Actor& actor,
    const Ground& ground,
    const UserId& user,
    const Work& work
) {
    const access::Act act = {
        .operation = operation,
        .ground = ground,
        .objects = {object_of(user)},
        .parameters = parameters(user),
    };
    return gate_.change(actor, act, [&](Permit& permit) -> Status {
        CAIRN_TRY(check_fresh(permit, limits_));
        const auto found = CAIRN_TRY(access::colleague(gate_, actor, user));
        if (user == actor.user) {
            permit.refusal = "own_account";
            return fail(Errc::permission_denied, "another administrator must do that");
        }
        return work(found, permit.now);
    });
}

Status AccountAdministration::change_agency(
    OperationId operation,
    const Actor& actor,
    const Ground& ground,
    const std::function<Status()>& work
) {
    const access::Act act = {
        .operation = operation,
        .ground = ground,
        .objects = {"agency:" + actor.agency.text()},
    };
    return gate_.change(actor, act, [&](Permit& permit) -> Status {
        CAIRN_TRY(check_fresh(permit, limits_));
        return work();
    });
}

Result<Token> AccountAdministration::issue(const UserId& user, TokenKind kind) {
    return Invitations(gate_.records(), gate_.clock()).issue(user, kind);
}

Status AccountAdministration::check_has_password(const UserId& user) {
    const bool is_bound =
        CAIRN_TRY(OpenidIdentities(gate_.records(), gate_.keys()).has_identity(user));
    if (!is_bound) return ok();
    return fail(
               Errc::conflict,
               "user {} signs in at an identity provider and has no password",
               user.text()
    )
        .because("no_password");
}

Status AccountAdministration::end_all_sessions(const UserId& user) {
    CAIRN_TRY(Sessions(gate_.records(), gate_.clock(), {}).end_all(user));
    return ok();
}

Result<Token> AccountAdministration::invite(
    const Actor& actor, const Ground& ground, const UserId& user
) {
    std::optional<Token> token;
    const Work work = [&](const access::User& found, UtcTime) -> Status {
        CAIRN_TRY(check_state(found, UserState::invited));
        if (found.roles == kServiceOnly) {
            return fail(Errc::conflict, "a service account has a key and no password")
                .because("no_password");
        }
        token = CAIRN_TRY(issue(user, TokenKind::invitation));
        return ok();
    };
    CAIRN_TRY(change_user(OperationId::user_invite, actor, ground, user, work));
    return *token;
}

Result<Token> AccountAdministration::reset_password(
    const Actor& actor, const Ground& ground, const UserId& user
) {
    std::optional<Token> token;
    const Work work = [&](const access::User& found, UtcTime) -> Status {
        CAIRN_TRY(check_state(found, UserState::active));
        CAIRN_TRY(check_has_password(user));
        CAIRN_TRY(Credentials(gate_.records(), gate_.keys()).remove_password(user));
        CAIRN_TRY(end_all_sessions(user));
        token = CAIRN_TRY(issue(user, TokenKind::reset));
        return ok();
    };
    CAIRN_TRY(change_user(OperationId::user_reset_password, actor, ground, user, work));
    return *token;
}

Status AccountAdministration::reset_second_factor(
    const Actor& actor, const Ground& ground, const UserId& user
) {
    const Work work = [&](const access::User&, UtcTime now) -> Status {
        SecondFactors factors(gate_.records(), gate_.keys(), gate_.clock(), {});
        CAIRN_TRY(factors.remove(user));
        CAIRN_TRY(end_all_sessions(user));
        for (const access::Role role : {access::Role::supervisor, access::Role::auditor}) {
            const access::Alert alert = {
                .role = role,
                .kind = "second_factor_reset",
                .object = object_of(user),
                .raised = now,
            };
            CAIRN_TRY(access::raise_alert(gate_.records(), actor.agency, alert));
        }
        return ok();
    };
    return change_user(OperationId::user_reset_second_factor, actor, ground, user, work);
}

Status AccountAdministration::end_sessions(
    const Actor& actor, const Ground& ground, const UserId& user
) {
    const Work work = [&](const access::User&, UtcTime) { return end_all_sessions(user); };
    return change_user(OperationId::user_end_sessions, actor, ground, user, work);
}

Status AccountAdministration::bind_key(
    const Actor& actor,
    const Ground& ground,
    const UserId& user,
    const crypto::Certificate& certificate
) {
    const Work work = [&](const access::User& found, UtcTime now) -> Status {
        if (found.roles != kServiceOnly || found.state == UserState::disabled) {
            return fail(Errc::conflict, "user {} is no service account in use", user.text())
                .because("no_service_account");
        }
        ServiceKeys keys(gate_.records(), gate_.keys());
        const auto authorities = CAIRN_TRY(keys.authorities(actor.agency));
        const auto verdict = crypto::check_client_certificate(certificate, authorities, now);
        if (verdict != crypto::CertificateVerdict::good) {
            return fail(
                       Errc::invalid_argument,
                       "the certificate is not accepted: {}",
                       name_of(verdict)
            )
                .because("certificate_not_accepted");
        }
        CAIRN_TRY(keys.bind(user, certificate.key_digest()));
        return access::store_user_state(gate_.records(), user, UserState::active);
    };
    return change_user(OperationId::user_bind_key, actor, ground, user, work);
}

Status AccountAdministration::unbind_key(
    const Actor& actor, const Ground& ground, const UserId& user, const crypto::Sha256& key_digest
) {
    const Work work = [&](const access::User&, UtcTime) {
        return ServiceKeys(gate_.records(), gate_.keys()).unbind(user, key_digest);
    };
    return change_user(OperationId::user_unbind_key, actor, ground, user, work);
}

Status AccountAdministration::add_authority(
    const Actor& actor, const Ground& ground, const crypto::Certificate& certificate
) {
    return change_agency(OperationId::agency_certificate_add, actor, ground, [&]() -> Status {
        if (!certificate.is_authority()) {
            return fail(
                Errc::invalid_argument,
                "this certificate may not sign others: give that of the authority"
            );
        }
        return ServiceKeys(gate_.records(), gate_.keys()).add_authority(actor.agency, certificate);
    });
}

Status AccountAdministration::remove_authority(
    const Actor& actor, const Ground& ground, const crypto::Sha256& fingerprint
) {
    return change_agency(OperationId::agency_certificate_remove, actor, ground, [&] {
        return ServiceKeys(gate_.records(), gate_.keys())
            .remove_authority(actor.agency, fingerprint);
    });
}

}  // namespace cairn::identity
