#include <algorithm>

#include "identity/lock_out.h"

namespace cairn::identity {
namespace {

using std::chrono::microseconds;

constexpr microseconds kLongest = kLongestDelay;
constexpr microseconds kOneFailure = kNetworkFailureEvery;

}  // namespace

microseconds delay_after(std::int64_t failures, const LockOutLimits& limits) {
    if (failures < limits.failures_max) return microseconds::zero();
    microseconds delay = limits.first_delay;
    for (std::int64_t more = failures - limits.failures_max; more > 0 && delay < kLongest; --more) {
        delay *= 2;
    }
    return std::min(delay, kLongest);
}

Result<bool> LockOut::take_attempt(const crypto::Tag256& subject) {
    const UtcTime now = clock_.now();
    auto find =
        CAIRN_TRY(records_.prepare("SELECT failures, last_failure FROM lock_out WHERE subject = ?")
        );
    std::int64_t failures = 0;
    if (CAIRN_TRY(find.bind(1, Bytes(subject)).step())) {
        failures = find.integer(0);
        const UtcTime free_again =
            utc_from_microseconds(find.integer(1)) + delay_after(failures, limits_);
        if (failures >= limits_.failures_max && now < free_again) return false;
        if (now >= free_again + kFailuresRemembered) failures = 0;
    }
    find.reset();
    auto count = CAIRN_TRY(
        records_.prepare("INSERT INTO lock_out (subject, failures, last_failure) VALUES (?, ?, ?) "
                         "ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, "
                         "last_failure = excluded.last_failure")
    );
    CAIRN_TRY(
        count.bind(1, Bytes(subject)).bind(2, failures + 1).bind(3, microseconds_of(now)).run()
    );
    return true;
}

Status LockOut::succeeded(const crypto::Tag256& subject) {
    auto forget = CAIRN_TRY(records_.prepare("DELETE FROM lock_out WHERE subject = ?"));
    return forget.bind(1, Bytes(subject)).run();
}

Result<bool> LockOut::take_network_attempt(const crypto::Tag256& network) {
    const UtcTime now = clock_.now();
    auto find =
        CAIRN_TRY(records_.prepare("SELECT spent_until FROM network_budget WHERE network = ?"));
    UtcTime spent_until = now;
    if (CAIRN_TRY(find.bind(1, Bytes(network)).step())) {
        spent_until = std::max(now, utc_from_microseconds(find.integer(0)));
    }
    find.reset();
    spent_until += kOneFailure;
    if (spent_until - now > kOneFailure * kNetworkFailuresMax) return false;
    auto spend = CAIRN_TRY(
        records_.prepare("INSERT INTO network_budget (network, spent_until) VALUES (?, ?) "
                         "ON CONFLICT (network) DO UPDATE SET spent_until = excluded.spent_until")
    );
    CAIRN_TRY(spend.bind(1, Bytes(network)).bind(2, microseconds_of(spent_until)).run());
    return true;
}

Status LockOut::return_network_attempt(const crypto::Tag256& network) {
    auto give_back = CAIRN_TRY(records_.prepare(
        "UPDATE network_budget SET spent_until = spent_until - ? WHERE network = ?"
    ));
    return give_back.bind(1, std::int64_t{kOneFailure.count()}).bind(2, Bytes(network)).run();
}

Result<std::size_t> LockOut::sweep() {
    const UtcTime now = clock_.now();
    auto subjects = CAIRN_TRY(records_.prepare("DELETE FROM lock_out WHERE last_failure < ?"));
    CAIRN_TRY(subjects.bind(1, microseconds_of(now - kLongestDelay - kFailuresRemembered)).run());
    auto swept = static_cast<std::size_t>(records_.changed_rows());
    auto networks = CAIRN_TRY(records_.prepare("DELETE FROM network_budget WHERE spent_until < ?"));
    CAIRN_TRY(networks.bind(1, microseconds_of(now)).run());
    swept += static_cast<std::size_t>(records_.changed_rows());
    return swept;
}

}  // namespace cairn::identity
