#include "api/rate_limit.h"

#include <algorithm>

namespace cairn::api {

bool UserRates::take(const access::UserId& user, Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    forget_full(now);
    Bucket& bucket = buckets_.try_emplace(user, Bucket{rate_.burst, now}).first->second;
    const std::chrono::duration<double> passed = now - bucket.since;
    bucket.tokens = std::min(rate_.burst, bucket.tokens + passed.count() * rate_.per_second);
    bucket.since = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
}

void UserRates::forget_full(Clock::time_point now) {
    // After this long every bucket that was not used is full.
    const std::chrono::duration<double> filled(rate_.burst / rate_.per_second);
    if (now - swept_ < filled) return;
    swept_ = now;
    std::erase_if(buckets_, [&](const auto& one) { return now - one.second.since >= filled; });
}

}  // namespace cairn::api
