#include "identity/totp.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <liboath/oath.h>

#include "crypto/secret.h"
#include "identity/percent_encoding.h"

namespace cairn::identity {
namespace {

Error oath_error(int code) {
    return fail(Errc::internal, "liboath: {}", oath_strerror(code));
}

Status start_oath() {
    static const int kStarted = oath_init();
    if (kStarted != OATH_OK) return oath_error(kStarted);
    return ok();
}

}  // namespace

std::int64_t totp_step(UtcTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch() / kTotpStep;
}

Result<std::string> totp_code(Bytes secret, std::int64_t step) {
    CAIRN_TRY(start_oath());
    std::array<char, kTotpDigits + 1> code{};
    std::string key(as_text(secret));
    const int done = oath_totp_generate(
        key.data(),
        key.size(),
        std::chrono::seconds(step * kTotpStep).count(),
        static_cast<unsigned>(kTotpStep.count()),
        OATH_TOTP_DEFAULT_START_TIME,
        kTotpDigits,
        code.data()
    );
    crypto::wipe(key);
    if (done != OATH_OK) return oath_error(done);
    return std::string(code.data());
}

Result<std::optional<std::int64_t>> step_of_code(Bytes secret, std::string_view code, UtcTime now) {
    std::string digits(code);
    std::erase(digits, ' ');
    std::optional<std::int64_t> found;
    const std::int64_t present = totp_step(now);
    // All steps, whichever fits: the time taken does not tell.
    for (std::int64_t apart = -kTotpStepsApart; apart <= kTotpStepsApart; ++apart) {
        const std::string expected = CAIRN_TRY(totp_code(secret, present + apart));
        if (crypto::equal_in_constant_time(as_bytes(expected), as_bytes(digits))) {
            found = present + apart;
        }
    }
    return found;
}

Result<std::string> base32_text(Bytes secret) {
    CAIRN_TRY(start_oath());
    char* text = nullptr;
    std::size_t length = 0;
    std::string key(as_text(secret));
    const int done = oath_base32_encode(key.data(), key.size(), &text, &length);
    crypto::wipe(key);
    if (done != OATH_OK) return oath_error(done);
    std::string copy(text, length);
    std::fill_n(text, length, '\0');
    std::free(text);
    while (copy.ends_with('=')) copy.pop_back();
    return copy;
}

Result<std::string> totp_uri(std::string_view issuer, std::string_view account, Bytes secret) {
    const std::string key = CAIRN_TRY(base32_text(secret));
    return fmt::format(
        "otpauth://totp/{0}:{1}?secret={2}&issuer={0}&algorithm=SHA1&digits={3}&period={4}",
        percent_encoded(issuer),
        percent_encoded(account),
        key,
        kTotpDigits,
        kTotpStep.count()
    );
}

}  // namespace cairn::identity
