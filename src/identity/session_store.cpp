#include <algorithm>
#include <array>

#include "base/hex.h"
#include "identity/session.h"

namespace cairn::identity {
namespace {

// Without a join: the account is found by itself, with its roles.
constexpr std::string_view kColumns =
    "SELECT digest, stage, begun, seen, second_factor, network, times_disabled FROM session ";

Result<Stage> parse_stage(std::string_view name) {
    for (const Stage stage : {Stage::enrolment_wanted, Stage::code_wanted, Stage::complete}) {
        if (name_of(stage) == name) return stage;
    }
    return fail(Errc::corrupt_data, "session: no stage '{}'", name);
}

Result<std::array<std::uint8_t, 32>> digest_from(Bytes bytes) {
    std::array<std::uint8_t, 32> digest{};
    if (bytes.size() != digest.size()) {
        return fail(Errc::corrupt_data, "session: a digest has {} bytes", bytes.size());
    }
    std::copy(bytes.begin(), bytes.end(), digest.begin());
    return digest;
}

/// nullopt when the account was disabled since the session began.
Result<std::optional<Session>> session_from(const db::Statement& row, const Account& account) {
    const bool was_disabled = row.integer(6) != account.times_disabled;
    if (was_disabled || account.state == access::UserState::disabled) {
        return std::optional<Session>();
    }
    const crypto::Sha256 digest = CAIRN_TRY(digest_from(row.bytes(0)));
    const Stage stage = CAIRN_TRY(parse_stage(row.text(1)));
    Session session{
        .digest = digest,
        .account = account,
        .stage = stage,
        .begun = utc_from_microseconds(row.integer(2)),
        .seen = utc_from_microseconds(row.integer(3)),
        .second_factor = std::nullopt,
        .network = std::nullopt,
    };
    if (!row.is_null(4)) session.second_factor = utc_from_microseconds(row.integer(4));
    if (!row.is_null(5)) session.network = CAIRN_TRY(digest_from(row.bytes(5)));
    return std::optional(session);
}

}  // namespace

std::string_view name_of(Stage stage) {
    switch (stage) {
        case Stage::enrolment_wanted:
            return "enrolment_wanted";
        case Stage::code_wanted:
            return "code_wanted";
        case Stage::complete:
            return "complete";
    }
    return "";
}

Status check_limits(const SessionLimits& limits) {
    using std::chrono::seconds;
    const auto is_within = [](seconds limit, seconds ceiling) {
        return limit >= seconds(1) && limit <= ceiling;
    };
    if (!is_within(limits.idle, SessionLimits::kIdleMax)) {
        return fail(
            Errc::invalid_argument,
            "a session may be idle for 1 second to {} minutes, not {} seconds",
            SessionLimits::kIdleMax.count(),
            limits.idle.count()
        );
    }
    if (!is_within(limits.whole, SessionLimits::kWholeMax)) {
        return fail(
            Errc::invalid_argument,
            "a session may last for 1 second to {} minutes, not {} seconds",
            SessionLimits::kWholeMax.count(),
            limits.whole.count()
        );
    }
    return ok();
}

bool is_fresh(
    const std::optional<UtcTime>& second_factor, const SessionLimits& limits, UtcTime now
) {
    return second_factor && now < *second_factor + limits.fresh_second_factor;
}

Error second_factor_not_fresh(const SessionLimits& limits) {
    return fail(
               Errc::permission_denied,
               "show your second factor again first: it was shown over {} ago",
               human_duration(limits.fresh_second_factor)
    )
        .because("second_factor_not_fresh");
}

Error session_over() {
    return fail(Errc::unauthenticated, "there is no such session, or it is over: sign in again")
        .because("session_over");
}

std::string session_name(const crypto::Sha256& digest) {
    return hex_encode(crypto::sha256(digest));
}

Result<Token> shown_token(std::string_view text) {
    auto token = Token::parse(TokenKind::session, text);
    if (token) return token;
    Error error = std::move(token).error();
    error.code = Errc::unauthenticated;
    return error;
}

Result<Token> Sessions::begin(
    const access::UserId& user, Stage stage, const crypto::Tag256& network
) {
    if (stage == Stage::complete) {
        return fail(Errc::internal, "a session is complete only once its second factor was shown");
    }
    return insert(user, stage, std::nullopt, network);
}

Result<Token> Sessions::complete(const Session& session) {
    CAIRN_TRY(end(session.digest));
    return insert(session.account.user, Stage::complete, clock_.now(), session.network);
}

Result<Token> Sessions::insert(
    const access::UserId& user,
    Stage stage,
    const std::optional<UtcTime>& second_factor,
    const std::optional<crypto::Tag256>& network
) {
    const Token token = Token::random(TokenKind::session);
    const crypto::Sha256 digest = token.digest();
    const std::int64_t now = microseconds_of(clock_.now());
    auto put = CAIRN_TRY(records_.prepare(
        "INSERT INTO session (digest, user_id, stage, begun, seen, second_factor, network, "
        "times_disabled) SELECT ?1, id, ?3, ?4, ?4, ?5, ?6, times_disabled FROM user_account "
        "WHERE id = ?2"
    ));
    put.bind(1, Bytes(digest)).bind(2, user.bytes()).bind(3, name_of(stage)).bind(4, now);
    std::optional<std::int64_t> shown;
    if (second_factor) shown = microseconds_of(*second_factor);
    std::optional<Bytes> tag;
    if (network) tag = Bytes(*network);
    CAIRN_TRY(put.bind_optional(5, shown).bind_optional(6, tag).run());
    return token;
}

Status Sessions::second_factor_shown(const Session& session) {
    auto set =
        CAIRN_TRY(records_.prepare("UPDATE session SET second_factor = ?1 WHERE digest = ?2"));
    set.bind(1, microseconds_of(clock_.now())).bind(2, Bytes(session.digest));
    return set.run();
}

UtcTime Sessions::idle_end(const Session& session) const {
    if (session.stage != Stage::complete) return session.begun + kIncompleteMax;
    return std::min(session.seen + limits_.idle, latest_end(session));
}

UtcTime Sessions::latest_end(const Session& session) const {
    return session.begun + (session.stage == Stage::complete ? limits_.whole : kIncompleteMax);
}

bool Sessions::is_over(const Session& session) const {
    return clock_.now() >= idle_end(session);
}

Result<Session> Sessions::find(const Token& token) {
    const crypto::Sha256 digest = token.digest();
    auto owner = CAIRN_TRY(records_.prepare("SELECT user_id FROM session WHERE digest = ?"));
    const bool is_there = CAIRN_TRY(owner.bind(1, Bytes(digest)).step());
    if (!is_there) return session_over();
    const auto user = CAIRN_TRY(stored_id<access::UserId>(owner.bytes(0)));
    owner.reset();
    const auto account = CAIRN_TRY(find_account(records_, user));
    if (!account) return session_over();
    auto find = CAIRN_TRY(records_.prepare(std::string(kColumns) + "WHERE digest = ?"));
    const bool found = CAIRN_TRY(find.bind(1, Bytes(digest)).step());
    if (!found) return session_over();
    auto session = CAIRN_TRY(session_from(find, *account));
    if (!session || is_over(*session)) return session_over();
    return *session;
}

Result<std::vector<Session>> Sessions::of_user(const access::UserId& user) {
    std::vector<Session> all;
    const auto account = CAIRN_TRY(find_account(records_, user));
    if (!account) return all;
    auto find = CAIRN_TRY(records_.prepare(
        std::string(kColumns) + "WHERE user_id = ? AND stage = 'complete' ORDER BY begun, digest"
    ));
    find.bind(1, user.bytes());
    while (CAIRN_TRY(find.step())) {
        auto session = CAIRN_TRY(session_from(find, *account));
        if (session && !is_over(*session)) all.push_back(*session);
    }
    return all;
}

bool Sessions::is_seen_due(const Session& session) const {
    return clock_.now() >= session.seen + std::min(kSeenGrain, limits_.idle / 10);
}

Status Sessions::mark_seen(const Session& session) {
    auto mark =
        CAIRN_TRY(records_.prepare("UPDATE session SET seen = ?1 WHERE digest = ?2 AND seen < ?1"));
    return mark.bind(1, microseconds_of(clock_.now())).bind(2, Bytes(session.digest)).run();
}

Result<bool> Sessions::knows_network(const Session& session, const crypto::Tag256& network) {
    if (!session.network || *session.network == network) return true;
    auto find = CAIRN_TRY(
        records_.prepare("SELECT count(*) FROM session_network WHERE session = ?1 AND network = ?2")
    );
    find.bind(1, Bytes(session.digest)).bind(2, Bytes(network));
    const std::int64_t known = CAIRN_TRY(find.run_for_integer());
    if (known > 0) return true;
    auto count =
        CAIRN_TRY(records_.prepare("SELECT count(*) FROM session_network WHERE session = ?"));
    const std::int64_t others = CAIRN_TRY(count.bind(1, Bytes(session.digest)).run_for_integer());
    return others >= kNetworksToldMax;
}

Result<bool> Sessions::remember_network(const Session& session, const crypto::Tag256& network) {
    const bool known = CAIRN_TRY(knows_network(session, network));
    if (known) return false;
    auto put =
        CAIRN_TRY(records_.prepare("INSERT INTO session_network (session, network) VALUES (?, ?)"));
    CAIRN_TRY(put.bind(1, Bytes(session.digest)).bind(2, Bytes(network)).run());
    return true;
}

Status Sessions::end(const crypto::Sha256& digest) {
    auto remove = CAIRN_TRY(records_.prepare("DELETE FROM session WHERE digest = ?"));
    return remove.bind(1, Bytes(digest)).run();
}

Result<std::size_t> Sessions::end_all(const access::UserId& user) {
    auto remove = CAIRN_TRY(records_.prepare("DELETE FROM session WHERE user_id = ?"));
    CAIRN_TRY(remove.bind(1, user.bytes()).run());
    return static_cast<std::size_t>(records_.changed_rows());
}

Result<std::size_t> Sessions::sweep() {
    const UtcTime now = clock_.now();
    auto remove = CAIRN_TRY(records_.prepare(
        "DELETE FROM session WHERE begun <= ?1 OR (stage = 'complete' AND seen <= ?2) "
        "OR (stage <> 'complete' AND begun <= ?3) "
        "OR times_disabled < (SELECT u.times_disabled FROM user_account u WHERE u.id = user_id)"
    ));
    remove.bind(1, microseconds_of(now - limits_.whole));
    remove.bind(2, microseconds_of(now - limits_.idle));
    remove.bind(3, microseconds_of(now - kIncompleteMax));
    CAIRN_TRY(remove.run());
    return static_cast<std::size_t>(records_.changed_rows());
}

}  // namespace cairn::identity
