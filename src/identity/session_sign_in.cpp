#include "identity/session_sign_in.h"

#include "access/break_glass.h"
#include "identity/first_factor.h"

namespace cairn::identity {

Result<access::Actor> SessionSignIn::actor(std::string_view token_text, const Client& client) {
    const Token token = CAIRN_TRY(shown_token(token_text));
    const Session session = CAIRN_TRY(sessions_.find(token));
    if (session.stage != Stage::complete) return session_over();
    const auto network = network_subject(parts_.keys, client);
    const bool is_known = CAIRN_TRY(sessions_.knows_network(session, network));
    if (!is_known || sessions_.is_seen_due(session)) {
        CAIRN_TRY(parts_.records.transaction([&] { return follow(token, network, client); }));
    }
    return access::Actor{
        .user = session.account.user,
        .agency = session.account.agency,
        .profile = session.account.profile,
        .roles = session.account.roles,
        .session = session_name(session.digest),
        .client = client.address,
        .request = client.id,
        .second_factor_at = session.second_factor,
    };
}

Status SessionSignIn::follow(
    const Token& token, const crypto::Tag256& network, const Client& client
) {
    // Once more: it may have ended just now.
    const Session session = CAIRN_TRY(sessions_.find(token));
    CAIRN_TRY(sessions_.mark_seen(session));
    const bool is_new = CAIRN_TRY(sessions_.remember_network(session, network));
    if (!is_new) return ok();
    const UtcTime now = parts_.clock.now();
    const std::string name = session_name(session.digest);
    for (const access::Role role : {access::Role::administrator, access::Role::auditor}) {
        const access::Alert alert = {
            .role = role, .kind = "session_moved", .object = "session:" + name, .raised = now};
        CAIRN_TRY(access::raise_alert(parts_.records, session.account.agency, alert));
    }
    return record(
        parts_.log,
        now,
        client,
        {.operation = "session_moved", .account = session.account, .session = name}
    );
}

}  // namespace cairn::identity
