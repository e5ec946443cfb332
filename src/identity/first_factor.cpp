#include "identity/first_factor.h"

#include "identity/client_network.h"

namespace cairn::identity {

crypto::Tag256 network_subject(const keyring::KeyRing& keys, const Client& client) {
    return keys.installation_tag("identity.network", client_network(client.address));
}

crypto::Tag256 network_of_keys(const keyring::KeyRing& keys, const Client& client) {
    return keys.installation_tag("identity.network.api_key", client_network(client.address));
}

Error network_limit() {
    return fail(
               Errc::limit_exceeded,
               "too many sign-ins failed from this network: try again in {} minutes",
               kNetworkFailureEvery.count()
    )
        .because("too_many_attempts");
}

Result<Stage> next_stage(SecondFactors& factors, const access::UserId& user) {
    const bool enrolled = CAIRN_TRY(factors.enrolled(user));
    return enrolled ? Stage::code_wanted : Stage::enrolment_wanted;
}

}  // namespace cairn::identity
