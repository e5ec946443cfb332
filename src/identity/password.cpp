#include "identity/password.h"

#include <algorithm>
#include <array>

#include "base/hex.h"
#include "base/text.h"
#include "crypto/secret.h"

namespace cairn::identity {
namespace {

/// Of a password that contains the login, what is left must be worth something.
constexpr std::size_t kBesidesLoginMin = 8;
/// "abcabcabcabc": a password that repeats a unit this short is as good as the unit.
constexpr std::size_t kRepeatedUnitMax = 4;

/// Those of at least 12 characters that head published lists of leaked passwords.
constexpr std::array<std::string_view, 30> kCommonest = {
    "1q2w3e4r5t6y",     "1q2w3e4r5t6y7u",
    "1qaz2wsx3edc",     "1qaz2wsx3edc4rfv",
    "adminadminadmin",  "administrator",
    "administrator1",   "changeme1234",
    "changemechangeme", "correcthorsebatterystaple",
    "football1234",     "iloveyou1234",
    "iloveyouiloveyou", "letmeinletmein",
    "letmein12345",     "passw0rd1234",
    "password1234",     "password12345",
    "password123456",   "password1234567",
    "passwordpassword", "qazwsxedcrfv",
    "qwerty123456",     "qwerty12345678",
    "qwertyqwerty",     "qwertyuiop12",
    "qwertyuiop123",    "qwertyuiopasdfghjkl",
    "welcome12345",     "zaq12wsxcde3",
};

/// Lower case, wiped at the end of its life.
class Lowered {
public:
    explicit Lowered(std::string_view text) : text_(lower_ascii(text)) {}
    Lowered(const Lowered&) = delete;
    Lowered& operator=(const Lowered&) = delete;
    ~Lowered() { crypto::wipe(text_); }

    std::string_view text() const { return text_; }

private:
    std::string text_;
};

bool repeats_a_short_unit(std::string_view text) {
    for (std::size_t unit = 1; unit <= kRepeatedUnitMax; ++unit) {
        if (text.substr(unit) == text.substr(0, text.size() - unit)) return true;
    }
    return false;
}

/// "abcdefghijkl", "987654321098": each character next to the one before; 9 and 0 are neighbours.
bool runs_in_one_direction(std::string_view text) {
    const auto rises = [](std::string_view run) {
        return std::adjacent_find(run.begin(), run.end(), [](char a, char b) {
                   return b != a + 1 && !(a == '9' && b == '0');
               }) == run.end();
    };
    std::string backwards(text.rbegin(), text.rend());
    const bool runs = rises(text) || rises(backwards);
    crypto::wipe(backwards);
    return runs;
}

bool is_login_or_little_more(std::string_view password, std::string_view login) {
    return !login.empty() && password.size() < login.size() + kBesidesLoginMin &&
           password.find(login) != std::string_view::npos;
}

}  // namespace

Status check_new_password(std::string_view password, std::string_view login) {
    if (password.size() < kPasswordBytesMin) {
        return fail(
                   Errc::invalid_argument,
                   "the password is too short: at least {} characters are wanted, several words do "
                   "well",
                   kPasswordBytesMin
        )
            .because("password_too_short");
    }
    if (password.size() > kPasswordBytesMax) {
        return fail(
                   Errc::invalid_argument,
                   "the password is too long: {} bytes at most",
                   kPasswordBytesMax
        )
            .because("password_too_long");
    }
    if (!is_utf8(password)) {
        return fail(Errc::invalid_argument, "the password is not UTF-8")
            .because("password_not_utf8");
    }
    const Lowered lowered(password);
    const std::string_view text = lowered.text();
    if (is_login_or_little_more(text, lower_ascii(login))) {
        return fail(
                   Errc::invalid_argument,
                   "the password is the login or little more: choose another"
        )
            .because("password_is_login");
    }
    if (std::find(kCommonest.begin(), kCommonest.end(), text) != kCommonest.end() ||
        repeats_a_short_unit(text) || runs_in_one_direction(text)) {
        return fail(
                   Errc::invalid_argument,
                   "the password is among the first that are tried: choose another, several words "
                   "do well"
        )
            .because("password_too_common");
    }
    return ok();
}

Result<std::string> PasswordHasher::nobodys_hash() {
    const std::lock_guard lock(mutex_);
    if (nobodys_hash_.empty()) {
        std::array<std::uint8_t, 32> nobodys_password{};
        crypto::random_bytes(nobodys_password);
        nobodys_hash_ = CAIRN_TRY(hash(hex_encode(nobodys_password)));
    }
    return nobodys_hash_;
}

Result<std::string> Argon2idHasher::hash(std::string_view password) {
    return crypto::hash_password(password, cost_);
}

Result<bool> Argon2idHasher::matches(const std::string& encoded, std::string_view password) {
    return crypto::is_password(encoded, password);
}

bool Argon2idHasher::outdated(const std::string& encoded) const {
    return crypto::has_other_cost(encoded, cost_);
}

}  // namespace cairn::identity
