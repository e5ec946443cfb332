#pragma once

#include <string>
#include <vector>

#include "identity/invitation.h"
#include "identity/openid_attempt.h"
#include "identity/openid_client.h"
#include "identity/openid_identity.h"
#include "identity/sign_in.h"

namespace cairn::identity {

/// A sign-in at a provider, begun.
struct OpenidBegun {
    std::string address;   ///< where the browser goes now
    std::string verifier;  ///< for a cookie of that browser alone: whoever comes back shows it
};

/// How the browser came back.
struct OpenidReturn {
    std::string_view state;
    std::string_view code;        ///< empty: the provider refused
    std::string_view issuer;      ///< RFC 9207; empty: the provider does not say
    std::string_view verifier;    ///< of the cookie
    std::string_view invitation;  ///< empty: none is shown
};

/// The way in by an identity provider in place of a password; the second factor is asked here all
/// the same. Somebody the provider names is a user only once they showed an invitation with it.
/// Whoever is refused learns nothing about why. Each return is put on record. One thread at a time.
class OpenidSignIn {
public:
    /// `providers`: each issuer once. All must outlive this.
    OpenidSignIn(
        const SignIn::Parts& parts,
        fetch::WebClient& web,
        std::vector<OpenidClientSettings> providers
    );

    /// Errc::not_found when there is no such provider; Errc::limit_exceeded when too many were
    /// begun from this network; else what is wrong with the provider.
    Result<OpenidBegun> begin(std::string_view issuer, const Client& client);

    /// Errc::unauthenticated when refused; Errc::limit_exceeded, whoever it is, when the network
    /// failed too often; anything else is trouble with the provider. Whatever comes of it, what was
    /// begun is spent. With an invitation the user is active from now on and has no password.
    Result<HalfSignedIn> finish(const OpenidReturn& returned, const Client& client);

private:
    struct Attempt {
        OpenidClient* provider = nullptr;
        std::string refusal;  ///< code; empty: the provider's answer decides
    };

    OpenidClient* provider(std::string_view issuer);
    Result<Attempt> take_attempt(const OpenidReturn& returned, const Client& client);
    Status provider_failed(const Client& client);
    Result<std::optional<HalfSignedIn>> conclude(
        const OpenidReturn& returned,
        const Attempt& attempt,
        const std::string& subject,
        const Client& client
    );
    Status find_bound(const access::UserId& user, ActRecord& act);
    Status accept_invitation(
        const OpenidReturn& returned,
        const std::string& issuer,
        const std::string& subject,
        ActRecord& act
    );
    Status record(const Client& client, const ActRecord& act);

    SignIn::Parts parts_;
    std::vector<OpenidClient> providers_;
    OpenidAttempts attempts_;
    OpenidIdentities identities_;
    Invitations invitations_;
    SecondFactors factors_;
    Sessions sessions_;
    LockOut lock_out_;
};

}  // namespace cairn::identity
