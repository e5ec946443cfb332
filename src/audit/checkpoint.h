#pragma once

#include <string>
#include <string_view>

#include "audit/merkle_tree.h"
#include "audit/signed_note.h"

namespace cairn::audit {

/// What a log says of itself (C2SP tlog-checkpoint, without extension lines).
struct Checkpoint {
    std::string origin;  ///< which log
    TreeHead head;
    auto operator<=>(const Checkpoint&) const = default;
};

/// Three lines: origin, size, base64 of the root.
std::string format_checkpoint(const Checkpoint& checkpoint);
/// The inverse of format_checkpoint, and nothing else.
Result<Checkpoint> parse_checkpoint(std::string_view text);

/// A signed checkpoint, as a note. The key's name is the origin.
SignedNote sign_checkpoint(const Checkpoint& checkpoint, const crypto::SigningKey& key);

}  // namespace cairn::audit
