#include <algorithm>
#include <array>

#include "identity/second_factor.h"

namespace cairn::identity {
namespace {

/// No code belongs to a step before 1970.
constexpr std::int64_t kNoStep = -1;

std::string sealed_column(std::string_view column) {
    return fmt::format("totp.{}", column);
}

/// A recovery code as it may have been typed: the alphabet has neither 0, 1 nor 8.
std::string normalised(std::string_view code) {
    std::string text;
    for (char c : code) {
        if (c == '-' || c == ' ') continue;
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        if (c == '0') c = 'O';
        if (c == '1') c = 'I';
        if (c == '8') c = 'B';
        text += c;
    }
    return text;
}

std::string grouped_by_four(std::string_view letters) {
    std::string text;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        if (i > 0 && i % 4 == 0) text += '-';
        text += letters[i];
    }
    return text;
}

/// A code of an authenticator is digits alone, in one or two groups.
bool is_totp_code(std::string_view code) {
    return code.find_first_not_of("0123456789 ") == std::string_view::npos &&
           std::count(code.begin(), code.end(), ' ') + kTotpDigits ==
               static_cast<std::ptrdiff_t>(code.size());
}

}  // namespace

std::string_view refusal_code(CodeVerdict verdict) {
    switch (verdict) {
        case CodeVerdict::good:
            return "";
        case CodeVerdict::wrong:
            return "wrong_code";
        case CodeVerdict::used_before:
            return "code_used_before";
        case CodeVerdict::locked:
            return "locked";
    }
    return "";
}

Error code_refused(CodeVerdict verdict) {
    if (verdict == CodeVerdict::used_before) {
        return fail(
                   Errc::unauthenticated,
                   "this code was used already: wait for the next one and enter it"
        )
            .because("code_used_before");
    }
    return fail(
               Errc::unauthenticated,
               "the code was refused: it is wrong, or too many were tried; check that the clock of "
               "the "
               "authenticator is right, or wait"
    )
        .because("code_wrong");
}

Result<bool> SecondFactors::enrolled(const access::UserId& user) {
    auto find =
        CAIRN_TRY(records_.prepare("SELECT 1 FROM totp WHERE user_id = ? AND secret IS NOT NULL"));
    return find.bind(1, user.bytes()).step();
}

Result<TotpEnrolment> SecondFactors::begin_enrolment(const Account& account) {
    const auto user = CAIRN_TRY(access::stored_user(records_, keys_, account.user));
    const auto installation = CAIRN_TRY(access::stored_installation(records_));
    std::array<std::uint8_t, kTotpSecretBytes> secret{};
    crypto::random_bytes(secret);
    const std::string column = sealed_column("candidate");
    const keyring::Place place{.column = column, .row = account.user.bytes()};
    const ByteVector box = CAIRN_TRY(keys_.seal(account.key, secret, place));
    auto put = CAIRN_TRY(
        records_.prepare("INSERT INTO totp (user_id, candidate, last_step) VALUES (?, ?, ?) "
                         "ON CONFLICT (user_id) DO UPDATE SET candidate = excluded.candidate")
    );
    CAIRN_TRY(put.bind(1, account.user.bytes()).bind(2, Bytes(box)).bind(3, kNoStep).run());
    TotpEnrolment enrolment;
    enrolment.uri = CAIRN_TRY(totp_uri(installation.name, user.login, secret));
    enrolment.secret = CAIRN_TRY(base32_text(secret));
    crypto::wipe(MutableBytes(secret));
    return enrolment;
}

Result<CodeVerdict> SecondFactors::finish_enrolment(const Account& account, std::string_view code) {
    auto secret = CAIRN_TRY(secret_of(account, "candidate"));
    if (!secret) {
        return fail(Errc::not_found, "no authenticator waits for its first code: begin again");
    }
    const auto step = CAIRN_TRY(step_of_code(as_bytes(*secret), code, clock_.now()));
    if (!step) return CodeVerdict::wrong;
    const std::string column = sealed_column("secret");
    const keyring::Place place{.column = column, .row = account.user.bytes()};
    const ByteVector box = CAIRN_TRY(keys_.seal(account.key, as_bytes(*secret), place));
    crypto::wipe(*secret);
    auto put = CAIRN_TRY(records_.prepare(
        "UPDATE totp SET secret = ?, candidate = NULL, last_step = ? WHERE user_id = ?"
    ));
    CAIRN_TRY(put.bind(1, Bytes(box)).bind(2, *step).bind(3, account.user.bytes()).run());
    return CodeVerdict::good;
}

Result<CodeVerdict> SecondFactors::check(const Account& account, std::string_view code) {
    const auto subject = keys_.installation_tag("identity.second_factor", account.user.text());
    const bool free = CAIRN_TRY(lock_out_.take_attempt(subject));
    if (!free) return CodeVerdict::locked;
    const auto verdict = CAIRN_TRY(
        is_totp_code(code) ? check_totp(account, code) : spend_recovery_code(account, code)
    );
    if (verdict == CodeVerdict::good) CAIRN_TRY(lock_out_.succeeded(subject));
    return verdict;
}

Result<CodeVerdict> SecondFactors::check_totp(const Account& account, std::string_view code) {
    auto secret = CAIRN_TRY(secret_of(account, "secret"));
    if (!secret) return CodeVerdict::wrong;
    const auto step = CAIRN_TRY(step_of_code(as_bytes(*secret), code, clock_.now()));
    crypto::wipe(*secret);
    if (!step) return CodeVerdict::wrong;
    // Steps only go up, so that no code before the last good one opens either.
    auto spend = CAIRN_TRY(
        records_.prepare("UPDATE totp SET last_step = ?1 WHERE user_id = ?2 AND last_step < ?1")
    );
    CAIRN_TRY(spend.bind(1, *step).bind(2, account.user.bytes()).run());
    return records_.changed_rows() == 1 ? CodeVerdict::good : CodeVerdict::used_before;
}

Result<CodeVerdict> SecondFactors::spend_recovery_code(
    const Account& account, std::string_view code
) {
    const auto digest = CAIRN_TRY(recovery_digest(account, code));
    auto spend =
        CAIRN_TRY(records_.prepare("DELETE FROM recovery_code WHERE user_id = ? AND digest = ?"));
    CAIRN_TRY(spend.bind(1, account.user.bytes()).bind(2, Bytes(digest)).run());
    return records_.changed_rows() == 1 ? CodeVerdict::good : CodeVerdict::wrong;
}

Result<std::vector<std::string>> SecondFactors::renew_recovery_codes(const Account& account) {
    auto remove = CAIRN_TRY(records_.prepare("DELETE FROM recovery_code WHERE user_id = ?"));
    CAIRN_TRY(remove.bind(1, account.user.bytes()).run());
    auto put =
        CAIRN_TRY(records_.prepare("INSERT INTO recovery_code (user_id, digest) VALUES (?, ?)"));
    std::vector<std::string> codes;
    while (codes.size() < kRecoveryCodes) {
        std::array<std::uint8_t, kRecoveryCodeBytes> bytes{};
        crypto::random_bytes(bytes);
        const std::string letters = CAIRN_TRY(base32_text(bytes));
        codes.push_back(grouped_by_four(letters));
        const auto digest = CAIRN_TRY(recovery_digest(account, codes.back()));
        CAIRN_TRY(put.bind(1, account.user.bytes()).bind(2, Bytes(digest)).run());
    }
    return codes;
}

Result<std::size_t> SecondFactors::recovery_codes_left(const access::UserId& user) {
    auto count =
        CAIRN_TRY(records_.prepare("SELECT count(*) FROM recovery_code WHERE user_id = ?"));
    const auto left = CAIRN_TRY(count.bind(1, user.bytes()).run_for_integer());
    return static_cast<std::size_t>(left);
}

Status SecondFactors::remove(const access::UserId& user) {
    auto totp = CAIRN_TRY(records_.prepare("DELETE FROM totp WHERE user_id = ?"));
    CAIRN_TRY(totp.bind(1, user.bytes()).run());
    auto codes = CAIRN_TRY(records_.prepare("DELETE FROM recovery_code WHERE user_id = ?"));
    return codes.bind(1, user.bytes()).run();
}

Result<std::optional<std::string>> SecondFactors::secret_of(
    const Account& account, std::string_view column
) {
    auto find =
        CAIRN_TRY(records_.prepare(fmt::format("SELECT {} FROM totp WHERE user_id = ?", column)));
    const bool found = CAIRN_TRY(find.bind(1, account.user.bytes()).step());
    if (!found || find.is_null(0)) return std::optional<std::string>();
    const ByteVector box(find.bytes(0).begin(), find.bytes(0).end());
    find.reset();
    const std::string full_column = sealed_column(column);
    const keyring::Place place{.column = full_column, .row = account.user.bytes()};
    auto secret = CAIRN_TRY(keys_.unseal(account.key, box, place));
    return std::optional(std::move(secret));
}

Result<crypto::Tag256> SecondFactors::recovery_digest(
    const Account& account, std::string_view code
) {
    std::string bound = account.user.text() + normalised(code);
    auto digest = keys_.tag(account.key, "recovery_code", bound);
    crypto::wipe(bound);
    return digest;
}

}  // namespace cairn::identity
