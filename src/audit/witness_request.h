#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/checkpoint.h"

namespace cairn::audit {

/// 63 proof lines, the size line and a note.
inline constexpr std::size_t kWitnessRequestBytesMax = kNoteBytesMax + 4096;

/// The body of `POST add-checkpoint` (C2SP tlog-witness).
struct AddCheckpoint {
    std::uint64_t old_size = 0;
    std::vector<Hash> proof;
    std::string note;  ///< the new checkpoint, verbatim
};

/// What a log sends.
std::string format_add_checkpoint(const AddCheckpoint& request);
/// The inverse of format_add_checkpoint, and nothing else; the note itself is not looked at.
Result<AddCheckpoint> parse_add_checkpoint(std::string_view body);

/// A log that a witness follows, and the last checkpoint it cosigned.
struct WitnessedLog {
    std::string origin;
    std::vector<VerifierKey> keys;
    TreeHead latest;  ///< size 0 before the first
};

/// Who cosigns.
struct Cosigner {
    std::string name;
    crypto::SigningKey key;
};

/// A checkpoint to remember, whose origin tells the log.
struct WitnessedCheckpoint {
    Checkpoint checkpoint;
    std::string note;  ///< as the log sent it
};

/// The answer to a request and what to do before it is given.
struct WitnessAnswer {
    int status = 0;            ///< HTTP
    std::string content_type;  ///< "text/x.tlog.size" or "text/plain; charset=utf-8"
    std::string body;
    /// With 200: store it first, and only while the stored head still is the `latest` that was
    /// given (compare and set); when it is not, drop this answer and ask again with the new one.
    std::optional<WitnessedCheckpoint> advance;
    /// Validly signed by the log, but not a continuation of what was cosigned: keep it beside the
    /// stored note. With 409 (same size, another root) the two prove that the log has two
    /// histories; with 422 the proof may merely have been wrong.
    std::optional<WitnessedCheckpoint> suspicious;
};

/// Decides over a request. 400 malformed or old size over the new one, 403 no valid signature of a
/// trusted key, 404 unknown origin, 409 another old size than stored (the body says which) or
/// another root at the same size, 422 wrong proof, 200 with the cosignature made at `time_s`.
WitnessAnswer answer_add_checkpoint(
    std::string_view body,
    std::span<const WitnessedLog> logs,
    const Cosigner& cosigner,
    std::uint64_t time_s
);

}  // namespace cairn::audit
