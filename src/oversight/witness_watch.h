#pragma once

#include <optional>
#include <string>

#include "audit/witness_state.h"
#include "base/utc_time.h"
#include "db/database.h"

namespace cairn::oversight {

/// Whether other organisations vouch for the installation's log. The records are looked into once a
/// minute at most. One thread at a time.
class WitnessWatch {
public:
    /// `origin` is that of the installation's log. `records` and `clock` must outlive it.
    WitnessWatch(
        db::Database& records, std::string origin, audit::WitnessPolicy policy, const Clock& clock
    )
        : records_(records),
          origin_(std::move(origin)),
          policy_(std::move(policy)),
          clock_(clock) {}

    /// As of now, by what was found at the last look.
    Result<audit::WitnessState> state();
    /// For access::Gate: false from audit::kWitnessStopped after the last cosignatures on, and
    /// when the records cannot tell; true where no witness is enrolled.
    bool witnessed();

private:
    Status look(UtcTime now);

    db::Database& records_;
    const std::string origin_;
    const audit::WitnessPolicy policy_;
    const Clock& clock_;
    std::optional<UtcTime> looked_;
    std::vector<std::string> notes_;
};

}  // namespace cairn::oversight
