#pragma once

#include <string>

#include "audit/signing_key_file.h"
#include "audit/tile.h"
#include "audit/witness_request.h"

namespace cairn::audit {

/// What a witness remembers of one log: a file with the last checkpoint it cosigned, as the log
/// sent it.
struct WitnessMemory {
    std::string file;
    VerifierKey log;
};

/// What was answered, and where a checkpoint that contradicts the cosigned one was kept.
struct RememberedAnswer {
    WitnessAnswer answer;
    std::string kept_file;  ///< empty: there was none
};

/// Answers one request as answer_add_checkpoint() does, with the memory in a file: the file is
/// locked meanwhile, and what is cosigned is on disk before the answer is returned, so that two
/// requests at once cannot make the witness forget. A checkpoint that the log signed and that is
/// no continuation is kept in a file beside it.
Result<RememberedAnswer> answer_from_memory(
    std::string_view request, const WitnessMemory& memory, const NamedKey& witness, UtcTime now
);

/// The log's side: the request for the last signed checkpoint, for a witness whose last one had
/// `old_size` entries. `log` must hold the tree.
Result<AddCheckpoint> make_request(
    TileSource& log, const std::string& note, std::uint64_t old_size
);

/// A cosignature on the checkpoint of a request.
struct AcceptedAnswer {
    Checkpoint checkpoint;
    NoteSignature cosignature;
    UtcTime time{};
};

/// Checks a witness's answer to `request`: its signature on that checkpoint, not dated ahead of
/// `now`. Errc::unauthenticated when it is not this witness's word on it.
Result<AcceptedAnswer> check_answer(
    std::string_view request, std::string_view answer, const VerifierKey& witness, UtcTime now
);

}  // namespace cairn::audit
