#pragma once

#include <chrono>
#include <optional>

#include "identity/account.h"
#include "identity/token.h"

namespace cairn::identity {

/// How far somebody is in.
enum class Stage : std::uint8_t {
    enrolment_wanted,  ///< the password was right; there is no second factor yet
    code_wanted,       ///< the password was right
    complete,          ///< both were: the only stage that may do anything
};

/// Safeguards A7. What the agency sets stays within the ceilings.
struct SessionLimits {
    static constexpr std::chrono::minutes kIdleMax{30};
    static constexpr std::chrono::minutes kWholeMax{12 * 60};

    std::chrono::minutes idle{15};
    std::chrono::minutes whole{12 * 60};
};

/// An incomplete session lasts no longer.
inline constexpr std::chrono::minutes kIncompleteMax{10};
/// An act that needs a fresh second factor: shown so long ago at most.
inline constexpr std::chrono::minutes kFreshMax{10};
/// Being seen is written down so often at most: a session ends up to so much early when idle.
inline constexpr std::chrono::seconds kSeenGrain{60};

/// Refuses limits of zero or less and above the ceilings.
Status check_limits(const SessionLimits& limits);

struct Session {
    crypto::Sha256 digest;  ///< of its token
    Account account;
    Stage stage{};
    UtcTime begun{};
    UtcTime seen{};
    std::optional<UtcTime> second_factor;  ///< when it was last shown
};

bool is_fresh(const std::optional<UtcTime>& second_factor, UtcTime now);

/// How the log names a session; nobody gets in by it.
std::string session_name(const crypto::Sha256& digest);

/// The token of a session as somebody shows it; Errc::unauthenticated when it has not the form.
Result<Token> shown_token(std::string_view text);

/// Who is in. Within the caller's transaction, but for actor().
class Sessions {
public:
    /// `limits` have passed check_limits().
    Sessions(db::Database& records, const Clock& clock, const SessionLimits& limits)
        : records_(records), clock_(clock), limits_(limits) {}

    /// A new session that is not complete.
    Result<Token> begin(const access::UserId& user, Stage stage);
    /// A complete session in place of the one found: its token is a new one, so that a token known
    /// from before the second factor was shown is worth nothing.
    Result<Token> complete(const Session& session);
    /// The second factor was shown again.
    Status second_factor_shown(const Session& session);

    /// The session of a token; one that is over, or whose user is no longer active, is not there:
    /// Errc::unauthenticated, in the same words whatever the reason.
    Result<Session> find(const Token& token);

    /// The user of a complete session, with the roles of this moment; marks it as seen. Outside of
    /// transactions. Errc::unauthenticated as with find().
    Result<access::Actor> actor(
        std::string_view token_text, std::string_view client, std::string_view request
    );

    /// Ends one session; all of a user's, and how many.
    Status end(const crypto::Sha256& digest);
    Result<std::size_t> end_all(const access::UserId& user);

    /// Deletes sessions that are over. How many.
    Result<std::size_t> sweep();

private:
    bool is_over(const Session& session) const;
    Result<Token> insert(
        const access::UserId& user, Stage stage, const std::optional<UtcTime>& second_factor
    );

    db::Database& records_;
    const Clock& clock_;
    SessionLimits limits_;
};

}  // namespace cairn::identity
