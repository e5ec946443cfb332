#include "identity/own_account.h"

#include <algorithm>

namespace cairn::identity {
namespace {

// Codes for the log.
constexpr std::string_view kNotFresh = "second_factor_not_fresh";
constexpr std::string_view kWrongPassword = "wrong_password";
constexpr std::string_view kLocked = "locked";
constexpr std::string_view kChangedMeanwhile = "changed_meanwhile";

Error wrong_password() {
    return fail(
               Errc::unauthenticated, "the current password is wrong, or too many were tried: wait"
    )
        .because("bad_credentials");
}

crypto::Tag256 change_subject(const keyring::KeyRing& keys, const Account& account) {
    return keys.installation_tag("identity.password_change", account.user.text());
}

}  // namespace

Result<Session> OwnAccount::complete_session(std::string_view token_text) {
    const auto token = CAIRN_TRY(shown_token(token_text));
    auto session = CAIRN_TRY(sessions_.find(token));
    if (session.stage != Stage::complete) {
        return fail(Errc::unauthenticated, "finish signing in first").because("sign_in_incomplete");
    }
    return session;
}

/// Does `work` and puts it on record, in one transaction. The code of a refusal that `work`
/// answers with is recorded and returned; empty: it was done.
Result<std::string> OwnAccount::act(
    std::string_view operation,
    std::string_view token_text,
    Wants wants,
    const Client& client,
    const Work& work
) {
    std::string refusal;
    CAIRN_TRY(parts_.records.transaction([&]() -> Status {
        const Session session = CAIRN_TRY(complete_session(token_text));
        const UtcTime now = parts_.clock.now();
        if (wants == Wants::fresh_second_factor && !is_fresh(session.second_factor, limits_, now)) {
            refusal = kNotFresh;
        } else {
            refusal = CAIRN_TRY(work(session));
        }
        return record(
            parts_.log,
            now,
            client,
            {.operation = operation,
             .account = session.account,
             .session = session_name(session.digest),
             .refusal = refusal}
        );
    }));
    if (refusal == kNotFresh) return second_factor_not_fresh(limits_);
    return refusal;
}

Status OwnAccount::sign_out(std::string_view token_text, const Client& client) {
    const Work work = [&](const Session& session) -> Result<std::string> {
        CAIRN_TRY(sessions_.end(session.digest));
        return std::string();
    };
    CAIRN_TRY(act("sign_out", token_text, Wants::session, client, work));
    return ok();
}

Status OwnAccount::sign_out_everywhere(std::string_view token_text, const Client& client) {
    const Work work = [&](const Session& session) -> Result<std::string> {
        CAIRN_TRY(sessions_.end_all(session.account.user));
        return std::string();
    };
    CAIRN_TRY(act("sign_out_everywhere", token_text, Wants::session, client, work));
    return ok();
}

Result<std::vector<OwnSession>> OwnAccount::sessions(std::string_view token_text) {
    const Session current = CAIRN_TRY(complete_session(token_text));
    const auto all = CAIRN_TRY(sessions_.of_user(current.account.user));
    std::vector<OwnSession> own;
    for (const Session& one : all) {
        own.push_back({
            .name = session_name(one.digest),
            .begun = one.begun,
            .seen = one.seen,
            .second_factor = one.second_factor,
            .is_current = one.digest == current.digest,
        });
    }
    return own;
}

Status OwnAccount::end_session(
    std::string_view token_text, std::string_view name, const Client& client
) {
    bool is_there = false;
    const Work work = [&](const Session& session) -> Result<std::string> {
        const auto all = CAIRN_TRY(sessions_.of_user(session.account.user));
        const auto found = std::find_if(all.begin(), all.end(), [&](const Session& one) {
            return session_name(one.digest) == name;
        });
        is_there = found != all.end();
        if (!is_there) return std::string("no_such_session");
        CAIRN_TRY(sessions_.end(found->digest));
        return std::string();
    };
    CAIRN_TRY(act("session_end", token_text, Wants::session, client, work));
    if (is_there) return ok();
    return fail(Errc::not_found, "you have no such session, or it is over");
}

Result<Who> OwnAccount::who(std::string_view token_text) {
    const Token token = CAIRN_TRY(shown_token(token_text));
    const Session session = CAIRN_TRY(sessions_.find(token));
    auto user = CAIRN_TRY(access::stored_user(parts_.records, parts_.keys, session.account.user));
    auto agency = CAIRN_TRY(access::stored_agency(parts_.records, session.account.agency));
    const std::size_t codes = CAIRN_TRY(factors_.recovery_codes_left(session.account.user));
    return Who{
        .user = std::move(user),
        .agency = std::move(agency),
        .session = session_name(session.digest),
        .stage = session.stage,
        .idle_end = sessions_.idle_end(session),
        .latest_end = sessions_.latest_end(session),
        .second_factor = session.second_factor,
        .recovery_codes_left = codes,
    };
}

Status OwnAccount::show_second_factor(
    std::string_view token_text, std::string_view code, const Client& client
) {
    CodeVerdict verdict{};
    const Work work = [&](const Session& session) -> Result<std::string> {
        verdict = CAIRN_TRY(factors_.check(session.account, code));
        if (verdict == CodeVerdict::good) CAIRN_TRY(sessions_.second_factor_shown(session));
        return std::string(refusal_code(verdict));
    };
    CAIRN_TRY(act("second_factor_show", token_text, Wants::session, client, work));
    if (verdict != CodeVerdict::good) return code_refused(verdict);
    return ok();
}

Status OwnAccount::change_password(
    std::string_view token_text,
    std::string_view current,
    std::string_view wanted,
    const Client& client
) {
    const Session before = CAIRN_TRY(complete_session(token_text));
    const auto user =
        CAIRN_TRY(access::stored_user(parts_.records, parts_.keys, before.account.user));
    CAIRN_TRY(check_new_password(wanted, user.login));
    std::string stored;
    const Work take = [&](const Session& session) -> Result<std::string> {
        const auto hash = CAIRN_TRY(credentials_.password_hash(session.account));
        const bool free =
            CAIRN_TRY(lock_out_.take_attempt(change_subject(parts_.keys, session.account)));
        if (!free || !hash) return std::string(kLocked);
        stored = *hash;
        return std::string();
    };
    const auto locked =
        CAIRN_TRY(act("password_change_begin", token_text, Wants::fresh_second_factor, client, take)
        );
    if (!locked.empty()) return wrong_password();
    // Outside of transactions, as it takes long on purpose.
    const bool matches = CAIRN_TRY(parts_.hasher.matches(stored, current));
    std::string fresh;
    if (matches) fresh = CAIRN_TRY(parts_.hasher.hash(wanted));
    const Work put = [&](const Session& session) -> Result<std::string> {
        if (!matches) return std::string(kWrongPassword);
        const auto hash = CAIRN_TRY(credentials_.password_hash(session.account));
        if (hash != stored) return std::string(kChangedMeanwhile);
        CAIRN_TRY(credentials_.set_password_hash(session.account, fresh));
        CAIRN_TRY(lock_out_.succeeded(change_subject(parts_.keys, session.account)));
        CAIRN_TRY(sessions_.end_all(session.account.user));
        return std::string();
    };
    const auto refusal =
        CAIRN_TRY(act("password_change", token_text, Wants::fresh_second_factor, client, put));
    if (!refusal.empty()) return wrong_password();
    return ok();
}

Result<TotpEnrolment> OwnAccount::begin_authenticator(
    std::string_view token_text, const Client& client
) {
    TotpEnrolment enrolment;
    const Work work = [&](const Session& session) -> Result<std::string> {
        enrolment = CAIRN_TRY(factors_.begin_enrolment(session.account));
        return std::string();
    };
    CAIRN_TRY(act("second_factor_begin", token_text, Wants::fresh_second_factor, client, work));
    return enrolment;
}

Result<std::vector<std::string>> OwnAccount::finish_authenticator(
    std::string_view token_text, std::string_view code, const Client& client
) {
    std::vector<std::string> codes;
    CodeVerdict verdict{};
    const Work work = [&](const Session& session) -> Result<std::string> {
        verdict = CAIRN_TRY(factors_.finish_enrolment(session.account, code));
        if (verdict == CodeVerdict::good) {
            codes = CAIRN_TRY(factors_.renew_recovery_codes(session.account));
        }
        return std::string(refusal_code(verdict));
    };
    CAIRN_TRY(act("second_factor_enrol", token_text, Wants::fresh_second_factor, client, work));
    if (verdict != CodeVerdict::good) return code_refused(verdict);
    return codes;
}

Result<std::vector<std::string>> OwnAccount::renew_recovery_codes(
    std::string_view token_text, const Client& client
) {
    std::vector<std::string> codes;
    const Work work = [&](const Session& session) -> Result<std::string> {
        codes = CAIRN_TRY(factors_.renew_recovery_codes(session.account));
        return std::string();
    };
    CAIRN_TRY(act("recovery_codes_renew", token_text, Wants::fresh_second_factor, client, work));
    return codes;
}

Result<std::size_t> OwnAccount::recovery_codes_left(std::string_view token_text) {
    const Session session = CAIRN_TRY(complete_session(token_text));
    return factors_.recovery_codes_left(session.account.user);
}

}  // namespace cairn::identity
