#pragma once

#include <chrono>
#include <map>
#include <mutex>

#include "access/ids.h"

namespace cairn::api {

/// How fast one user may ask. A page of the application asks some dozen things at once; a program
/// that needs more than this for long has an operation made for many.
struct UserRate {
    double burst = 200;
    double per_second = 50;
};

/// Token buckets, one for each user. Those that are full again are forgotten. Thread-safe.
class UserRates {
public:
    using Clock = std::chrono::steady_clock;

    explicit UserRates(const UserRate& rate) : rate_(rate) {}

    /// Takes one; false when none is left.
    bool take(const access::UserId& user, Clock::time_point now = Clock::now());

private:
    struct Bucket {
        double tokens;
        Clock::time_point since;
    };

    void forget_full(Clock::time_point now);

    UserRate rate_;
    std::mutex mutex_;
    std::map<access::UserId, Bucket> buckets_;
    Clock::time_point swept_{};
};

}  // namespace cairn::api
