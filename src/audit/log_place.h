#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audit/log_verifier.h"
#include "audit/proof_file.h"
#include "crypto/secret.h"

namespace cairn::audit {

/// What vouches for a log as it lies there.
struct LatestNotes {
    std::optional<std::string> last;      ///< the last signed checkpoint
    std::optional<std::string> cosigned;  ///< the last one with a cosignature, by whomsoever
};

/// What an entry of an installation's log bound of the agencies' logs.
struct Binding {
    std::uint64_t place = 0;  ///< of the entry
    crypto::SecretKey secret;
    std::vector<Checkpoint> changed;  ///< heads that are not as they were bound before
};

/// A log that lies somewhere, with what it takes to hand parts of it on.
class StoredLog : public LogSource {
public:
    virtual Result<LatestNotes> latest_notes() = 0;
    /// The last checkpoint that this witness cosigned, as far as that was noted here.
    virtual Result<std::optional<std::string>> cosigned_by(const VerifierKey& witness) = 0;
    /// The first from this place on; nothing after the last, nor in logs that bind none.
    virtual Result<std::optional<Binding>> next_binding(std::uint64_t from) = 0;
};

/// Where logs lie: records or a folder that export_log() wrote. Records are seen as they stood
/// when the place was opened, whatever is written meanwhile. One thread at a time.
class LogPlace {
public:
    /// `location` is a folder, the path of an SQLite file or "postgresql://...". Errc::not_found
    /// when there are no logs.
    static Result<std::unique_ptr<LogPlace>> open(const std::string& location);
    virtual ~LogPlace() = default;

    virtual Result<std::vector<std::string>> origins() = 0;
    /// Must not outlive the place. Errc::not_found.
    virtual Result<std::unique_ptr<StoredLog>> log(const std::string& origin) = 0;
};

/// The log with this origin; of an empty one, the only log there is.
Result<std::unique_ptr<StoredLog>> find_log(LogPlace& place, const std::string& origin);

/// Entry `index` with all that shows it to be in the log: under the last cosigned checkpoint that
/// covers it, else under the last signed one.
Result<ProofFile> prove_entry(StoredLog& log, std::uint64_t index);

}  // namespace cairn::audit
