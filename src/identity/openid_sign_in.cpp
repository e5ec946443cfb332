#include "identity/openid_sign_in.h"

#include <algorithm>

#include "identity/first_factor.h"

namespace cairn::identity {
namespace {

constexpr std::string_view kSignIn = "sign_in_openid";
constexpr std::string_view kAcceptance = "invitation_accept";

// Why somebody was refused; for the log alone.
constexpr std::string_view kUnknownState = "unknown_state";
constexpr std::string_view kOtherBrowser = "other_browser";
constexpr std::string_view kOtherProvider = "other_provider";
constexpr std::string_view kProviderFailed = "provider_failed";
constexpr std::string_view kTokenRefused = "id_token_refused";
constexpr std::string_view kUnknownIdentity = "unknown_identity";
constexpr std::string_view kAlreadyBound = "identity_already_bound";
constexpr std::string_view kBadInvitation = "invitation_not_good";

Error refused() {
    return fail(
               Errc::unauthenticated,
               "the sign-in was refused: begin again, and if that does not help ask an "
               "administrator of your agency for an invitation"
    )
        .because("sign_in_refused");
}

}  // namespace

OpenidSignIn::OpenidSignIn(
    const SignIn::Parts& parts, fetch::WebClient& web, std::vector<OpenidClientSettings> providers
)
    : parts_(parts),
      attempts_(parts.records, parts.clock),
      identities_(parts.records, parts.keys),
      invitations_(parts.records, parts.clock),
      factors_(parts.records, parts.keys, parts.clock, parts.lock_out),
      sessions_(parts.records, parts.clock, {}),
      lock_out_(parts.records, parts.clock, parts.lock_out) {
    for (OpenidClientSettings& settings : providers) {
        providers_.emplace_back(web, parts.clock, std::move(settings));
    }
}

OpenidClient* OpenidSignIn::provider(std::string_view issuer) {
    const auto found =
        std::find_if(providers_.begin(), providers_.end(), [&](const OpenidClient& client) {
            return client.issuer() == issuer;
        });
    return found == providers_.end() ? nullptr : &*found;
}

Status OpenidSignIn::record(const Client& client, const ActRecord& act) {
    return identity::record(parts_.log, parts_.clock.now(), client, act);
}

Result<OpenidBegun> OpenidSignIn::begin(std::string_view issuer, const Client& client) {
    OpenidClient* chosen = provider(issuer);
    if (chosen == nullptr) {
        return fail(Errc::not_found, "there is no such identity provider: choose one of the list")
            .because("unknown_provider");
    }
    OpenidSecrets secrets = OpenidSecrets::random();
    bool begun = false;
    CAIRN_TRY(parts_.records.transaction([&]() -> Status {
        const auto network = network_subject(parts_.keys, client);
        begun = CAIRN_TRY(attempts_.begin(chosen->issuer(), secrets, network));
        return ok();
    }));
    if (!begun) {
        return fail(
                   Errc::limit_exceeded,
                   "too many sign-ins are under way from this network: try again in {} minutes",
                   kOpenidAttemptLasts.count()
        )
            .because("too_many_attempts");
    }
    std::string address = CAIRN_TRY(chosen->authorization(secrets));
    return OpenidBegun{.address = std::move(address), .verifier = std::move(secrets.verifier)};
}

Result<HalfSignedIn> OpenidSignIn::finish(const OpenidReturn& returned, const Client& client) {
    Attempt attempt = CAIRN_TRY(take_attempt(returned, client));
    if (attempt.refusal == kNetworkLimit) return network_limit();
    std::string subject;
    if (attempt.refusal.empty()) {
        // Outside of transactions, as it takes as long as the provider likes.
        const auto claims = attempt.provider->redeem(returned.code, returned.verifier);
        if (!claims && claims.error().code != Errc::unauthenticated) {
            CAIRN_TRY(provider_failed(client));
            return claims.error();
        }
        if (claims) subject = claims->subject;
        if (!claims) attempt.refusal = kTokenRefused;
    }
    auto half = CAIRN_TRY(conclude(returned, attempt, subject, client));
    if (!half) return refused();
    return *std::move(half);
}

Result<OpenidSignIn::Attempt> OpenidSignIn::take_attempt(
    const OpenidReturn& returned, const Client& client
) {
    Attempt attempt;
    CAIRN_TRY(parts_.records.transaction([&]() -> Status {
        attempt = Attempt{};
        const auto network = network_subject(parts_.keys, client);
        const bool has_budget = CAIRN_TRY(lock_out_.take_network_attempt(network));
        if (!has_budget) {
            attempt.refusal = kNetworkLimit;
            return record(client, {.operation = kSignIn, .refusal = attempt.refusal});
        }
        const auto begun = CAIRN_TRY(attempts_.spend(returned.state));
        if (begun) attempt.provider = provider(begun->issuer);
        if (attempt.provider == nullptr) {
            attempt.refusal = kUnknownState;
        } else if (crypto::sha256(as_bytes(returned.verifier)) != begun->verifier) {
            attempt.refusal = kOtherBrowser;
        } else if (!returned.issuer.empty() && returned.issuer != begun->issuer) {
            attempt.refusal = kOtherProvider;
        }
        return ok();
    }));
    return attempt;
}

/// Not the fault of whoever signs in: their network's budget stays.
Status OpenidSignIn::provider_failed(const Client& client) {
    return parts_.records.transaction([&]() -> Status {
        CAIRN_TRY(lock_out_.return_network_attempt(network_subject(parts_.keys, client)));
        return record(client, {.operation = kSignIn, .refusal = std::string(kProviderFailed)});
    });
}

Result<std::optional<HalfSignedIn>> OpenidSignIn::conclude(
    const OpenidReturn& returned,
    const Attempt& attempt,
    const std::string& subject,
    const Client& client
) {
    std::optional<HalfSignedIn> half;
    CAIRN_TRY(parts_.records.transaction([&]() -> Status {
        half.reset();
        ActRecord act{.operation = kSignIn, .refusal = attempt.refusal};
        if (!act.refusal.empty()) return record(client, act);
        const std::string& issuer = attempt.provider->issuer();
        const auto bound = CAIRN_TRY(identities_.find(issuer, subject));
        if (!returned.invitation.empty()) {
            if (bound) act.refusal = kAlreadyBound;
            if (!bound) CAIRN_TRY(accept_invitation(returned, issuer, subject, act));
        } else {
            if (!bound) act.refusal = kUnknownIdentity;
            if (bound) CAIRN_TRY(find_bound(*bound, act));
        }
        if (!act.refusal.empty()) return record(client, act);
        if (!returned.invitation.empty()) {
            CAIRN_TRY(record(client, {.operation = kAcceptance, .account = act.account}));
        }
        const auto network = network_subject(parts_.keys, client);
        CAIRN_TRY(lock_out_.return_network_attempt(network));
        const Stage stage = CAIRN_TRY(next_stage(factors_, act.account->user));
        const Token token = CAIRN_TRY(sessions_.begin(act.account->user, stage, network));
        act.session = session_name(token.digest());
        half = HalfSignedIn{.token = token, .stage = stage};
        return record(client, act);
    }));
    return half;
}

Status OpenidSignIn::find_bound(const access::UserId& user, ActRecord& act) {
    act.account = CAIRN_TRY(find_account(parts_.records, user));
    const bool is_active = act.account && act.account->state == access::UserState::active;
    if (!is_active) act.refusal = kNotActive;
    return ok();
}

Status OpenidSignIn::accept_invitation(
    const OpenidReturn& returned,
    const std::string& issuer,
    const std::string& subject,
    ActRecord& act
) {
    const auto token = Token::parse(TokenKind::invitation, returned.invitation);
    if (token) act.account = CAIRN_TRY(invitations_.spend(*token));
    if (!act.account) {
        act.refusal = kBadInvitation;
        return ok();
    }
    const access::UserId user = act.account->user;
    CAIRN_TRY(identities_.bind(issuer, subject, user));
    CAIRN_TRY(access::store_user_state(parts_.records, user, access::UserState::active));
    CAIRN_TRY(sessions_.end_all(user));
    return ok();
}

}  // namespace cairn::identity
