#pragma once

#include <semaphore>

#include "identity/password.h"

namespace cairn::api {

/// Argon2id for all workers, a few at a time: each takes 64 MiB and a core for a while, so that
/// many sign-ins at once must not take all there is.
class BoundedHasher final : public identity::PasswordHasher {
public:
    Result<std::string> hash(std::string_view password) override;
    Result<bool> matches(const std::string& encoded, std::string_view password) override;
    bool outdated(const std::string& encoded) const override;

private:
    static constexpr std::ptrdiff_t kAtOnce = 2;

    identity::Argon2idHasher hasher_;
    std::counting_semaphore<kAtOnce> free_{kAtOnce};
};

}  // namespace cairn::api
