#include "audit/witness_state.h"

#include <algorithm>
#include <functional>
#include <map>

#include "audit/checkpoint.h"

namespace cairn::audit {
namespace {

/// When each witness last cosigned, by name.
using LastTimes = std::map<std::string, UtcTime>;

void take_note(
    const std::string& text,
    const std::string& origin,
    const WitnessPolicy& policy,
    UtcTime now,
    LastTimes& last
) {
    const auto note = parse_note(text);
    if (!note) return;
    const auto checkpoint = parse_checkpoint(note->text);
    if (!checkpoint || checkpoint->origin != origin) return;
    const auto verified = verify_note(*note, policy.witnesses);
    if (!verified) return;
    for (const VerifiedSignature& signature : *verified) {
        const VerifierKey& key = policy.witnesses[signature.key];
        if (key.type() != SignatureType::cosignature_v1) continue;
        if (is_dated_ahead(signature.time_s, now)) continue;
        const UtcTime time{std::chrono::seconds(signature.time_s)};
        UtcTime& known = last.try_emplace(key.name(), time).first->second;
        known = std::max(known, time);
    }
}

}  // namespace

WitnessState witness_state(
    std::span<const std::string> notes,
    const std::string& origin,
    const WitnessPolicy& policy,
    UtcTime now
) {
    if (policy.witnesses.empty()) return {};
    LastTimes last;
    for (const std::string& note : notes) take_note(note, origin, policy, now, last);
    std::vector<UtcTime> times;
    for (const auto& [name, time] : last) times.push_back(time);
    std::ranges::sort(times, std::greater());
    const std::size_t needed = std::max<std::size_t>(policy.needed, 1);
    if (times.size() < needed) return {WitnessFreshness::stopped, std::nullopt};
    const UtcTime since = times[needed - 1];
    const auto age = now - since;
    WitnessFreshness freshness = WitnessFreshness::fresh;
    if (age >= kWitnessOverdue) freshness = WitnessFreshness::overdue;
    if (age >= kWitnessStopped) freshness = WitnessFreshness::stopped;
    return {freshness, since};
}

}  // namespace cairn::audit
