#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audit/signed_note.h"

namespace cairn::audit {

/// Which other organisations watch a log, and how many of them it takes.
struct WitnessPolicy {
    std::vector<VerifierKey> witnesses;
    std::size_t needed = 1;
};

/// From this age of the last cosignatures on, people are told.
inline constexpr std::chrono::hours kWitnessOverdue{2};
/// From this age on, what needs a witness stops.
inline constexpr std::chrono::hours kWitnessStopped{24};

enum class WitnessFreshness : std::uint8_t { none_enrolled, fresh, overdue, stopped };

struct WitnessState {
    WitnessFreshness freshness = WitnessFreshness::none_enrolled;
    /// The last moment at which as many witnesses as needed had cosigned; nothing before that.
    std::optional<UtcTime> since;
};

/// How long ago the witnesses last spoke. `notes` are checkpoints of the log `origin` with their
/// cosignatures, at least the last of each witness; they are verified here, and what is not of the
/// log, not by a known witness or dated in the future does not count. A witness with several keys
/// counts once. Enrolled witnesses that never spoke: stopped.
WitnessState witness_state(
    std::span<const std::string> notes,
    const std::string& origin,
    const WitnessPolicy& policy,
    UtcTime now
);

}  // namespace cairn::audit
