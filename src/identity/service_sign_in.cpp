#include "identity/service_sign_in.h"

namespace cairn::identity {

Result<access::Actor> ServiceSignIn::actor(
    const crypto::Certificate& certificate, const Client& client
) {
    const auto account = CAIRN_TRY(keys_.find(certificate.key_digest()));
    const auto refusal = CAIRN_TRY(refusal_of(account, certificate));
    if (refusal.empty()) {
        return access::Actor{
            .user = account->user,
            .agency = account->agency,
            .profile = account->profile,
            .roles = account->roles,
            .session = {},
            .client = client.address,
            .request = client.id,
            .second_factor_at = std::nullopt,
        };
    }
    CAIRN_TRY(parts_.records.transaction([&] {
        return record(
            parts_.log,
            parts_.clock.now(),
            client,
            {.operation = "sign_in_certificate", .account = account, .refusal = refusal}
        );
    }));
    return fail(Errc::unauthenticated, "this certificate opens nothing here")
        .because("bad_certificate");
}

/// A code for the log; empty: none.
Result<std::string> ServiceSignIn::refusal_of(
    const std::optional<Account>& account, const crypto::Certificate& certificate
) {
    if (!account) return std::string("unknown_key");
    const auto authorities = CAIRN_TRY(keys_.authorities(account->agency));
    const auto verdict =
        crypto::check_client_certificate(certificate, authorities, parts_.clock.now());
    if (verdict != crypto::CertificateVerdict::good) return std::string(name_of(verdict));
    if (account->state != access::UserState::active) return std::string("not_active");
    if (account->roles != kServiceOnly) return std::string("not_a_service");
    return std::string();
}

}  // namespace cairn::identity
