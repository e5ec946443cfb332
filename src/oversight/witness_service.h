#pragma once

#include <string_view>
#include <vector>

#include "audit/witness_request.h"
#include "base/utc_time.h"
#include "db/database.h"

namespace cairn::oversight {

/// Checkpoints kept as evidence against one log; a log that signs more has said enough.
inline constexpr std::int64_t kContradictionsMax = 100;

/// This installation as a witness of logs of others. What it cosigned stands in the records before
/// the answer is given, so that no two answers contradict each other, whatever servers give them.
/// One thread at a time.
class WitnessService {
public:
    /// The logs with these keys, each the name of its origin. `records` and `clock` must outlive
    /// it.
    WitnessService(
        db::Database& records,
        const std::vector<audit::VerifierKey>& followed,
        audit::Cosigner cosigner,
        const Clock& clock
    );

    /// The answer to `POST add-checkpoint` with this body: a status of HTTP, which may be a
    /// refusal. An Error means that nothing was stored and nothing must be answered.
    Result<audit::WitnessAnswer> add_checkpoint(std::string_view body);

    /// Of a log: checkpoints that it signed and that do not continue the one cosigned.
    Result<std::vector<std::string>> contradictions(const std::string& origin);

private:
    Status recall(audit::WitnessedLog& log);
    Status remember(const audit::WitnessedCheckpoint& cosigned);
    Status keep(const audit::WitnessedCheckpoint& suspicious, int status);

    db::Database& records_;
    std::vector<audit::WitnessedLog> followed_;
    audit::Cosigner cosigner_;
    const Clock& clock_;
};

}  // namespace cairn::oversight
