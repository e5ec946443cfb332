#include "crypto/password_hash.h"

#include <array>
#include <cerrno>

#include <sodium.h>

#include "crypto/secret.h"

namespace cairn::crypto {
namespace {

Error not_computed() {
    return fail(
        Errc::unavailable,
        "a password could not be checked: memory is short, or its stored form is damaged"
    );
}

bool is_encoded(const std::string& text) {
    constexpr int kNotOne = -1;
    const auto& cost = kPasswordCost;
    return crypto_pwhash_str_needs_rehash(text.c_str(), cost.passes, cost.memory_bytes) != kNotOne;
}

}  // namespace

Result<std::string> hash_password(std::string_view password, const PasswordCost& cost) {
    std::array<std::uint8_t, 1> start{};
    random_bytes(start);  // starts libsodium
    std::array<char, crypto_pwhash_STRBYTES> encoded{};
    const int failed = crypto_pwhash_str_alg(
        encoded.data(),
        password.data(),
        password.size(),
        cost.passes,
        cost.memory_bytes,
        crypto_pwhash_ALG_ARGON2ID13
    );
    if (failed != 0) return not_computed();
    return std::string(encoded.data());
}

Result<bool> is_password(const std::string& encoded, std::string_view password) {
    if (!is_encoded(encoded)) return not_computed();
    errno = 0;
    if (crypto_pwhash_str_verify(encoded.c_str(), password.data(), password.size()) == 0) {
        return true;
    }
    if (errno == EINVAL) return false;  // libsodium's word for: computed, and another
    return not_computed();
}

bool has_other_cost(const std::string& encoded, const PasswordCost& cost) {
    return crypto_pwhash_str_needs_rehash(encoded.c_str(), cost.passes, cost.memory_bytes) != 0;
}

}  // namespace cairn::crypto
