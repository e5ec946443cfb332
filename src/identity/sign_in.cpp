#include "identity/sign_in.h"

#include "base/text.h"
#include "identity/first_factor.h"

namespace cairn::identity {
namespace {

constexpr std::string_view kPasswordStep = "sign_in_password";
constexpr std::string_view kCodeStep = "sign_in_code";
constexpr std::string_view kEnrolmentBegin = "second_factor_begin";
constexpr std::string_view kEnrolmentFinish = "second_factor_enrol";

// Why somebody was refused; for the log alone.
constexpr std::string_view kUnknownLogin = "unknown_login";
constexpr std::string_view kLocked = "locked";
constexpr std::string_view kNoPassword = "no_password";
constexpr std::string_view kWrongPassword = "wrong_password";
constexpr std::string_view kChangedMeanwhile = "changed_meanwhile";

Error refused() {
    return fail(
               Errc::unauthenticated,
               "the sign-in was refused: agency, login or password is wrong, or the account is "
               "locked for a while or not in use"
    )
        .because("bad_credentials");
}

/// Names have no newline, so that no two of them give one subject.
crypto::Tag256 login_subject(const keyring::KeyRing& keys, const Claim& claim) {
    const std::string whole = fmt::format("{}\n{}", claim.agency, lower_ascii(claim.login));
    return keys.installation_tag("identity.login", whole);
}

}  // namespace

Result<std::unique_ptr<SignIn>> SignIn::open(const Parts& parts, const SessionLimits& limits) {
    CAIRN_TRY(check_limits(limits));
    auto hash = CAIRN_TRY(parts.hasher.nobodys_hash());
    return std::unique_ptr<SignIn>(new SignIn(parts, limits, std::move(hash)));
}

SignIn::SignIn(const Parts& parts, const SessionLimits& limits, std::string nobodys_hash)
    : parts_(parts),
      credentials_(parts.records, parts.keys),
      factors_(parts.records, parts.keys, parts.clock, parts.lock_out),
      sessions_(parts.records, parts.clock, limits),
      lock_out_(parts.records, parts.clock, parts.lock_out),
      nobodys_hash_(std::move(nobodys_hash)) {}

Status SignIn::record(const Client& client, const ActRecord& act) {
    return identity::record(parts_.log, parts_.clock.now(), client, act);
}

Result<HalfSignedIn> SignIn::with_password(
    const Claim& claim, std::string_view password, const Client& client
) {
    Attempt attempt = CAIRN_TRY(take_attempt(claim, client));
    if (attempt.refusal == kNetworkLimit) return network_limit();
    // Outside of transactions, as it takes long on purpose. Always once, whatever is known already.
    const bool matches = CAIRN_TRY(parts_.hasher.matches(attempt.hash, password));
    if (attempt.refusal.empty() && !matches) attempt.refusal = kWrongPassword;
    std::string new_hash;
    if (attempt.refusal.empty() && parts_.hasher.outdated(attempt.hash)) {
        new_hash = CAIRN_TRY(parts_.hasher.hash(password));
    }
    auto half = CAIRN_TRY(conclude(claim, attempt, new_hash, client));
    if (!half) return refused();
    return *std::move(half);
}

Result<SignIn::Attempt> SignIn::take_attempt(const Claim& claim, const Client& client) {
    Attempt attempt;
    CAIRN_TRY(parts_.records.transaction([&]() -> Status {
        attempt = Attempt{.account = std::nullopt, .hash = nobodys_hash_, .refusal = {}};
        const auto network = network_subject(parts_.keys, client);
        const bool has_budget = CAIRN_TRY(lock_out_.take_network_attempt(network));
        if (!has_budget) {
            attempt.refusal = kNetworkLimit;
            return record(client, {.operation = kPasswordStep, .refusal = attempt.refusal});
        }
        const auto user =
            CAIRN_TRY(access::find_login(parts_.records, parts_.keys, claim.agency, claim.login));
        if (user) attempt.account = CAIRN_TRY(find_account(parts_.records, *user));
        const bool free = CAIRN_TRY(lock_out_.take_attempt(login_subject(parts_.keys, claim)));
        if (!attempt.account) {
            attempt.refusal = kUnknownLogin;
        } else if (!free) {
            attempt.refusal = kLocked;
        } else if (attempt.account->state != access::UserState::active) {
            attempt.refusal = kNotActive;
        }
        if (!attempt.refusal.empty()) return ok();
        auto hash = CAIRN_TRY(credentials_.password_hash(*attempt.account));
        attempt.refusal = hash ? "" : kNoPassword;
        if (hash) attempt.hash = *std::move(hash);
        return ok();
    }));
    return attempt;
}

/// False when the account was changed while the password was being computed.
Result<bool> SignIn::still_stands(const Attempt& attempt) {
    const auto account = CAIRN_TRY(find_account(parts_.records, attempt.account->user));
    if (!account || account->state != access::UserState::active) return false;
    const auto hash = CAIRN_TRY(credentials_.password_hash(*account));
    return hash == attempt.hash;
}

Result<std::optional<HalfSignedIn>> SignIn::conclude(
    const Claim& claim, const Attempt& attempt, const std::string& new_hash, const Client& client
) {
    std::optional<HalfSignedIn> half;
    CAIRN_TRY(parts_.records.transaction([&]() -> Status {
        half.reset();
        ActRecord act{
            .operation = kPasswordStep, .account = attempt.account, .refusal = attempt.refusal};
        if (!act.refusal.empty()) return record(client, act);
        const bool stands = CAIRN_TRY(still_stands(attempt));
        if (!stands) {
            act.refusal = kChangedMeanwhile;
            return record(client, act);
        }
        const auto network = network_subject(parts_.keys, client);
        CAIRN_TRY(lock_out_.succeeded(login_subject(parts_.keys, claim)));
        CAIRN_TRY(lock_out_.return_network_attempt(network));
        if (!new_hash.empty()) {
            CAIRN_TRY(credentials_.set_password_hash(*attempt.account, new_hash));
        }
        const Stage stage = CAIRN_TRY(next_stage(factors_, attempt.account->user));
        const Token token = CAIRN_TRY(sessions_.begin(attempt.account->user, stage, network));
        act.session = session_name(token.digest());
        half = HalfSignedIn{.token = token, .stage = stage};
        return record(client, act);
    }));
    return half;
}

Result<Session> SignIn::session_at(std::string_view token_text, Stage stage) {
    const auto token = CAIRN_TRY(shown_token(token_text));
    auto session = CAIRN_TRY(sessions_.find(token));
    if (session.stage != stage) {
        return fail(Errc::unauthenticated, "this session is at another step: sign in again")
            .because("session_at_another_step");
    }
    return session;
}

Result<SignedIn> SignIn::with_code(
    std::string_view token_text, std::string_view code, const Client& client
) {
    std::optional<SignedIn> done;
    CodeVerdict verdict{};
    CAIRN_TRY(parts_.records.transaction([&]() -> Status {
        done.reset();
        const Session session = CAIRN_TRY(session_at(token_text, Stage::code_wanted));
        verdict = CAIRN_TRY(factors_.check(session.account, code));
        ActRecord act{
            .operation = kCodeStep,
            .account = session.account,
            .session = session_name(session.digest),
            .refusal = std::string(refusal_code(verdict)),
        };
        if (verdict == CodeVerdict::good) {
            const Token token = CAIRN_TRY(sessions_.complete(session));
            const auto left = CAIRN_TRY(factors_.recovery_codes_left(session.account.user));
            done = SignedIn{.token = token, .recovery_codes_left = left};
            act.session = session_name(token.digest());
        }
        return record(client, act);
    }));
    if (!done) return code_refused(verdict);
    return *std::move(done);
}

Result<TotpEnrolment> SignIn::begin_enrolment(std::string_view token_text, const Client& client) {
    TotpEnrolment enrolment;
    CAIRN_TRY(parts_.records.transaction([&]() -> Status {
        const Session session = CAIRN_TRY(session_at(token_text, Stage::enrolment_wanted));
        enrolment = CAIRN_TRY(factors_.begin_enrolment(session.account));
        return record(
            client,
            {.operation = kEnrolmentBegin,
             .account = session.account,
             .session = session_name(session.digest)}
        );
    }));
    return enrolment;
}

Result<Enrolled> SignIn::finish_enrolment(
    std::string_view token_text, std::string_view code, const Client& client
) {
    std::optional<Enrolled> done;
    CodeVerdict verdict{};
    CAIRN_TRY(parts_.records.transaction([&]() -> Status {
        done.reset();
        const Session session = CAIRN_TRY(session_at(token_text, Stage::enrolment_wanted));
        verdict = CAIRN_TRY(factors_.finish_enrolment(session.account, code));
        ActRecord act{
            .operation = kEnrolmentFinish,
            .account = session.account,
            .session = session_name(session.digest),
            .refusal = std::string(refusal_code(verdict)),
        };
        if (verdict == CodeVerdict::good) {
            auto codes = CAIRN_TRY(factors_.renew_recovery_codes(session.account));
            const Token token = CAIRN_TRY(sessions_.complete(session));
            done = Enrolled{.token = token, .recovery_codes = std::move(codes)};
            act.session = session_name(token.digest());
        }
        return record(client, act);
    }));
    if (!done) return code_refused(verdict);
    return *std::move(done);
}

}  // namespace cairn::identity
