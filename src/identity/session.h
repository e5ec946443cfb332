#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "identity/account.h"
#include "identity/token.h"

namespace cairn::identity {

/// How far somebody is in.
enum class Stage : std::uint8_t {
    enrolment_wanted,  ///< the password was right; there is no second factor yet
    code_wanted,       ///< the password was right
    complete,          ///< both were: the only stage that may do anything
};

/// "code_wanted"
std::string_view name_of(Stage stage);

/// Safeguards A7. What the agency sets stays within the ceilings.
struct SessionLimits {
    static constexpr std::chrono::minutes kIdleMax{30};
    static constexpr std::chrono::minutes kWholeMax{12 * 60};

    std::chrono::seconds idle{15 * 60};
    std::chrono::seconds whole{12 * 60 * 60};
    /// An act that needs a fresh second factor: shown so long ago at most.
    std::chrono::seconds fresh_second_factor{10 * 60};
};

/// An incomplete session lasts no longer.
inline constexpr std::chrono::minutes kIncompleteMax{10};
/// Being seen is written down so often at most, and ten times within the idle limit: a session ends
/// up to so much early when idle.
inline constexpr std::chrono::seconds kSeenGrain{60};

/// A session tells of so many other networks at most that it is used from.
inline constexpr std::int64_t kNetworksToldMax = 16;

/// Refuses limits of zero or less and above the ceilings.
Status check_limits(const SessionLimits& limits);

struct Session {
    crypto::Sha256 digest;  ///< of its token
    Account account;
    Stage stage{};
    UtcTime begun{};
    UtcTime seen{};
    std::optional<UtcTime> second_factor;  ///< when it was last shown
    /// The network it began at; none for sessions from before networks were kept.
    std::optional<crypto::Tag256> network;
};

bool is_fresh(
    const std::optional<UtcTime>& second_factor, const SessionLimits& limits, UtcTime now
);
/// What whoever shows an old second factor is told.
Error second_factor_not_fresh(const SessionLimits& limits);
/// What whoever has no session is told, whatever the reason.
Error session_over();

/// How the log names a session; nobody gets in by it.
std::string session_name(const crypto::Sha256& digest);

/// The token of a session as somebody shows it; Errc::unauthenticated when it has not the form.
Result<Token> shown_token(std::string_view text);

/// Who is in. Within the caller's transaction.
class Sessions {
public:
    /// `limits` have passed check_limits().
    Sessions(db::Database& records, const Clock& clock, const SessionLimits& limits)
        : records_(records), clock_(clock), limits_(limits) {}

    /// A new session that is not complete.
    Result<Token> begin(const access::UserId& user, Stage stage, const crypto::Tag256& network);
    /// A complete session in place of the one found, of the same network: its token is a new one,
    /// so that a token known from before the second factor was shown is worth nothing.
    Result<Token> complete(const Session& session);
    /// The second factor was shown again.
    Status second_factor_shown(const Session& session);

    /// The session of a token; one that is over, or whose user was disabled since it began, is not
    /// there: session_over().
    Result<Session> find(const Token& token);
    /// The complete sessions of a user that are not over, as they began.
    Result<std::vector<Session>> of_user(const access::UserId& user);

    /// Whether it is time to write down that the session was seen; doing so.
    bool is_seen_due(const Session& session) const;
    Status mark_seen(const Session& session);
    /// Remembers that the session was used from another network than it began at. False when that
    /// was known, or kNetworksToldMax are.
    Result<bool> remember_network(const Session& session, const crypto::Tag256& network);
    Result<bool> knows_network(const Session& session, const crypto::Tag256& network);

    /// When the session ends unless it is seen again; and at the latest.
    UtcTime idle_end(const Session& session) const;
    UtcTime latest_end(const Session& session) const;

    /// Ends one session; all of a user's, and how many.
    Status end(const crypto::Sha256& digest);
    Result<std::size_t> end_all(const access::UserId& user);

    /// Deletes sessions that are over. How many.
    Result<std::size_t> sweep();

private:
    bool is_over(const Session& session) const;
    Result<Token> insert(
        const access::UserId& user,
        Stage stage,
        const std::optional<UtcTime>& second_factor,
        const std::optional<crypto::Tag256>& network
    );

    db::Database& records_;
    const Clock& clock_;
    SessionLimits limits_;
};

}  // namespace cairn::identity
