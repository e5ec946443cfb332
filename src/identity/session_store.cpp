#include <array>

#include "base/hex.h"
#include "identity/session.h"

namespace cairn::identity {
namespace {

Error no_session() {
    return fail(Errc::unauthenticated, "there is no such session, or it is over: sign in again")
        .because("session_over");
}

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

Result<Stage> parse_stage(std::string_view name) {
    for (const Stage stage : {Stage::enrolment_wanted, Stage::code_wanted, Stage::complete}) {
        if (name_of(stage) == name) return stage;
    }
    return fail(Errc::corrupt_data, "session: no stage '{}'", name);
}

}  // namespace

Status check_limits(const SessionLimits& limits) {
    const auto is_within = [](std::chrono::minutes limit, std::chrono::minutes ceiling) {
        return limit.count() >= 1 && limit <= ceiling;
    };
    if (!is_within(limits.idle, SessionLimits::kIdleMax)) {
        return fail(
            Errc::invalid_argument,
            "a session may be idle for 1 to {} minutes, not {}",
            SessionLimits::kIdleMax.count(),
            limits.idle.count()
        );
    }
    if (!is_within(limits.whole, SessionLimits::kWholeMax)) {
        return fail(
            Errc::invalid_argument,
            "a session may last for 1 to {} minutes, not {}",
            SessionLimits::kWholeMax.count(),
            limits.whole.count()
        );
    }
    return ok();
}

bool is_fresh(const std::optional<UtcTime>& second_factor, UtcTime now) {
    return second_factor && now < *second_factor + kFreshMax;
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

Result<Token> Sessions::begin(const access::UserId& user, Stage stage) {
    if (stage == Stage::complete) {
        return fail(Errc::internal, "a session is complete only once its second factor was shown");
    }
    return insert(user, stage, std::nullopt);
}

Result<Token> Sessions::complete(const Session& session) {
    CAIRN_TRY(end(session.digest));
    return insert(session.account.user, Stage::complete, clock_.now());
}

Result<Token> Sessions::insert(
    const access::UserId& user, Stage stage, const std::optional<UtcTime>& second_factor
) {
    const Token token = Token::random(TokenKind::session);
    const crypto::Sha256 digest = token.digest();
    const std::int64_t now = microseconds_of(clock_.now());
    auto put = CAIRN_TRY(
        records_.prepare("INSERT INTO session (digest, user_id, stage, begun, seen, second_factor) "
                         "VALUES (?1, ?2, ?3, ?4, ?4, ?5)")
    );
    put.bind(1, Bytes(digest)).bind(2, user.bytes()).bind(3, name_of(stage)).bind(4, now);
    std::optional<std::int64_t> shown;
    if (second_factor) shown = microseconds_of(*second_factor);
    CAIRN_TRY(put.bind_optional(5, shown).run());
    return token;
}

Status Sessions::second_factor_shown(const Session& session) {
    auto set =
        CAIRN_TRY(records_.prepare("UPDATE session SET second_factor = ?1 WHERE digest = ?2"));
    set.bind(1, microseconds_of(clock_.now())).bind(2, Bytes(session.digest));
    return set.run();
}

bool Sessions::is_over(const Session& session) const {
    const UtcTime now = clock_.now();
    if (session.account.state == access::UserState::disabled) return true;
    if (session.stage != Stage::complete) return now >= session.begun + kIncompleteMax;
    return now >= session.begun + limits_.whole || now >= session.seen + limits_.idle;
}

Result<Session> Sessions::find(const Token& token) {
    const crypto::Sha256 digest = token.digest();
    auto find = CAIRN_TRY(records_.prepare(
        "SELECT user_id, stage, begun, seen, second_factor FROM session WHERE digest = ?"
    ));
    const bool found = CAIRN_TRY(find.bind(1, Bytes(digest)).step());
    if (!found) return no_session();
    const auto user = CAIRN_TRY(stored_id<access::UserId>(find.bytes(0)));
    const auto stage = CAIRN_TRY(parse_stage(find.text(1)));
    const UtcTime begun = utc_from_microseconds(find.integer(2));
    const UtcTime seen = utc_from_microseconds(find.integer(3));
    std::optional<UtcTime> second_factor;
    if (!find.is_null(4)) second_factor = utc_from_microseconds(find.integer(4));
    find.reset();
    auto account = CAIRN_TRY(find_account(records_, user));
    if (!account) return no_session();
    Session session{
        .digest = digest,
        .account = *account,
        .stage = stage,
        .begun = begun,
        .seen = seen,
        .second_factor = second_factor,
    };
    if (is_over(session)) return no_session();
    return session;
}

Result<access::Actor> Sessions::actor(
    std::string_view token_text, std::string_view client, std::string_view request
) {
    const auto token = CAIRN_TRY(shown_token(token_text));
    const auto session = CAIRN_TRY(find(token));
    if (session.stage != Stage::complete) return no_session();
    const UtcTime now = clock_.now();
    if (now >= session.seen + kSeenGrain) {
        CAIRN_TRY(records_.transaction([&]() -> Status {
            auto mark = CAIRN_TRY(
                records_.prepare("UPDATE session SET seen = ?1 WHERE digest = ?2 AND seen < ?1")
            );
            return mark.bind(1, microseconds_of(now)).bind(2, Bytes(session.digest)).run();
        }));
    }
    return access::Actor{
        .user = session.account.user,
        .agency = session.account.agency,
        .profile = session.account.profile,
        .roles = session.account.roles,
        .session = session_name(session.digest),
        .client = std::string(client),
        .request = std::string(request),
        .second_factor_at = session.second_factor,
    };
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
        "OR user_id IN (SELECT id FROM user_account WHERE state = 'disabled')"
    ));
    remove.bind(1, microseconds_of(now - limits_.whole));
    remove.bind(2, microseconds_of(now - limits_.idle));
    remove.bind(3, microseconds_of(now - kIncompleteMax));
    CAIRN_TRY(remove.run());
    return static_cast<std::size_t>(records_.changed_rows());
}

}  // namespace cairn::identity
