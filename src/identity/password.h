#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/password_hash.h"

namespace cairn::identity {

/// NIST SP 800-63B: long ones, no rules of composition.
inline constexpr std::size_t kPasswordBytesMin = 12;
inline constexpr std::size_t kPasswordBytesMax = 1024;

/// Refuses, with the reason and the cure, what may not become a password: too short or too long,
/// not UTF-8, the login or little more, one of the commonest, a repetition or a run of characters.
Status check_new_password(std::string_view password, std::string_view login);

/// Turns passwords into what is stored of them. Tests put a counting one in.
class PasswordHasher {
public:
    virtual ~PasswordHasher() = default;
    virtual Result<std::string> hash(std::string_view password) = 0;
    virtual Result<bool> matches(const std::string& encoded, std::string_view password) = 0;
    /// True when `encoded` should be made again, now that its password is at hand.
    virtual bool outdated(const std::string& encoded) const = 0;

    /// Of a random password that nobody has: stands in where there is none to match, so that the
    /// answer takes as long. Computed once, for it takes long. Thread-safe.
    Result<std::string> nobodys_hash();

private:
    std::mutex mutex_;
    std::string nobodys_hash_;
};

class Argon2idHasher final : public PasswordHasher {
public:
    explicit Argon2idHasher(const crypto::PasswordCost& cost = crypto::kPasswordCost)
        : cost_(cost) {}

    Result<std::string> hash(std::string_view password) override;
    Result<bool> matches(const std::string& encoded, std::string_view password) override;
    bool outdated(const std::string& encoded) const override;

private:
    crypto::PasswordCost cost_;
};

}  // namespace cairn::identity
