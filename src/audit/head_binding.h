#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audit/checkpoint.h"
#include "crypto/secret.h"

namespace cairn::audit {

/// The operation of the entry that binds the heads of agencies' logs, and of its only object.
inline constexpr std::string_view kBindOperation = "audit.bind";
/// "heads:" and 64 hex digits.
std::string bind_object(const Hash& root);
/// The inverse; nothing for any other text.
std::optional<Hash> parse_bind_object(std::string_view object);

/// Shows that one log's head is under a bound root, and nothing of the others.
struct HeadProof {
    crypto::SecretKey salt;
    std::uint64_t index = 0;
    std::uint64_t leaves = 0;
    std::vector<Hash> path;
};

/// The heads of all agencies' logs at one moment, under one root. Each leaf is salted with a key of
/// its own that follows from `secret` and the origin, leaves lie in the order of their hashes, and
/// their number is filled up to a power of two, 16 at least: whoever has the root and the proof of
/// one head learns nothing of another, not even whether it changed.
class HeadBinding {
public:
    HeadBinding(std::vector<Checkpoint> heads, const crypto::SecretKey& secret);

    const Hash& root() const { return root_; }
    /// Errc::not_found when no head has this origin.
    Result<HeadProof> prove(const std::string& origin) const;

private:
    std::vector<Checkpoint> heads_;
    crypto::SecretKey secret_;
    std::vector<Hash> leaves_;
    Hash root_{};
};

/// Errc::corrupt_data when the proof does not lead from this head to the root.
Status verify_bound_head(const Checkpoint& head, const HeadProof& proof, const Hash& root);

}  // namespace cairn::audit
