#include "oversight/witness_watch.h"

#include "audit/log_records.h"

namespace cairn::oversight {
namespace {

constexpr std::chrono::minutes kLookInterval{1};

}  // namespace

Status WitnessWatch::look(UtcTime now) {
    // A clock that was set back must not keep what was found for longer.
    if (looked_ && now >= *looked_ && now - *looked_ < kLookInterval) return ok();
    looked_.reset();
    notes_.clear();
    const auto log = CAIRN_TRY(audit::open_stored_log(records_, origin_));
    for (const audit::VerifierKey& witness : policy_.witnesses) {
        auto note = CAIRN_TRY(log->cosigned_by(witness));
        if (note) notes_.push_back(*std::move(note));
    }
    looked_ = now;
    return ok();
}

Result<audit::WitnessState> WitnessWatch::state() {
    const UtcTime now = clock_.now();
    if (!policy_.witnesses.empty()) CAIRN_TRY(look(now));
    return audit::witness_state(notes_, origin_, policy_, now);
}

bool WitnessWatch::witnessed() {
    const auto now = state();
    return now && now->freshness != audit::WitnessFreshness::stopped;
}

}  // namespace cairn::oversight
