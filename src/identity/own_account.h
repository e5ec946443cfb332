#pragma once

#include <functional>

#include "identity/sign_in.h"

namespace cairn::identity {

/// A session of one's own, by the name that the log gives it.
struct OwnSession {
    std::string name;
    UtcTime begun{};
    UtcTime seen{};  ///< to kSeenGrain
    std::optional<UtcTime> second_factor{};
    bool is_current = false;
};

/// Who a session belongs to and how far it has come.
struct Who {
    access::User user;
    access::Agency agency;
    std::string session;  ///< its name
    Stage stage{};
    UtcTime idle_end{};  ///< unless it is seen again; up to kSeenGrain early
    UtcTime latest_end{};
    std::optional<UtcTime> second_factor{};  ///< when it was last shown
    std::size_t recovery_codes_left = 0;
};

/// What everybody may do with their own account, by the token of a complete session. Each act is
/// put on record. Errc::unauthenticated when the session is over or what was shown is wrong;
/// Errc::permission_denied where the second factor must be shown again first. One
/// thread at a time.
class OwnAccount {
public:
    /// `limits` have passed check_limits().
    OwnAccount(const SignIn::Parts& parts, const SessionLimits& limits)
        : parts_(parts),
          limits_(limits),
          credentials_(parts.records, parts.keys),
          factors_(parts.records, parts.keys, parts.clock, parts.lock_out),
          sessions_(parts.records, parts.clock, limits),
          lock_out_(parts.records, parts.clock, parts.lock_out) {}

    /// Ends this session; all of the user's.
    Status sign_out(std::string_view token_text, const Client& client);
    Status sign_out_everywhere(std::string_view token_text, const Client& client);

    /// Those that are complete and not over, as they began.
    Result<std::vector<OwnSession>> sessions(std::string_view token_text);
    /// Ends one of them, this one or another. Errc::not_found.
    Status end_session(std::string_view token_text, std::string_view name, const Client& client);
    /// Of a session at whatever stage.
    Result<Who> who(std::string_view token_text);

    /// Shows the second factor again.
    Status show_second_factor(
        std::string_view token_text, std::string_view code, const Client& client
    );

    /// Ends all sessions: the user signs in with the new password. Wants a fresh second factor.
    Status change_password(
        std::string_view token_text,
        std::string_view current,
        std::string_view wanted,
        const Client& client
    );

    /// Another authenticator in place of the one there is. Wants a fresh second factor.
    Result<TotpEnrolment> begin_authenticator(std::string_view token_text, const Client& client);
    /// Its first code; new recovery codes.
    Result<std::vector<std::string>> finish_authenticator(
        std::string_view token_text, std::string_view code, const Client& client
    );
    /// Wants a fresh second factor.
    Result<std::vector<std::string>> renew_recovery_codes(
        std::string_view token_text, const Client& client
    );
    Result<std::size_t> recovery_codes_left(std::string_view token_text);

private:
    enum class Wants : std::uint8_t { session, fresh_second_factor };
    using Work = std::function<Result<std::string>(const Session&)>;

    Result<Session> complete_session(std::string_view token_text);
    Result<std::string> act(
        std::string_view operation,
        std::string_view token_text,
        Wants wants,
        const Client& client,
        const Work& work
    );

    SignIn::Parts parts_;
    SessionLimits limits_;
    Credentials credentials_;
    SecondFactors factors_;
    Sessions sessions_;
    LockOut lock_out_;
};

}  // namespace cairn::identity
