#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/entry.h"
#include "audit/proof_file.h"
#include "audit/tile_builder.h"
#include "crypto/secret.h"
#include "db/database.h"

namespace cairn::audit {

/// At most so many entries get their places in one transaction.
inline constexpr std::size_t kBatchMax = 1000;

/// What is to be put on record, encoded as far as it can be before it has a writer's number.
/// Refuses what could not be put on record whatever its place: see encode_entry() and
/// check_agency().
Result<EncodedAct> encode_act(const Entry& entry);

/// The logs of an installation in the records: one for acts that belong to no agency, under the
/// installation's name, and one for each agency. Entry::agency tells which. What waits, the entries
/// with their places, tiles, checkpoints. One thread at a time; several connections may append and
/// integrate at once.
class AuditLog {
public:
    /// Makes the tables, and the installation's log, where they are not there yet. `records` must
    /// outlive it.
    static Result<std::unique_ptr<AuditLog>> open(db::Database& records, std::string installation);

    const std::string& installation() const { return installation_; }

    /// Puts an entry on record within the transaction that the caller has open, so that an act and
    /// its entry stand together or not at all. `writer` and `writer_sequence` are given here.
    Status append(const Entry& entry);

    /// Gives entries that wait their places in their trees, and then `acts`, in one durable
    /// transaction of its own: kBatchMax at most, `acts` among them always. How many.
    Result<std::size_t> integrate(std::span<const EncodedAct> acts = {});

    /// Puts an entry on record that binds the agencies' logs as they stand, in one durable
    /// transaction of its own: from the next checkpoint of the installation's log on, whoever signs
    /// that vouches for them all. False, and nothing was done, when no agency has a log.
    Result<bool> bind_agencies(UtcTime now);

    /// Signs the logs that grew, the installation's last; its checkpoint. The first time, each log
    /// is compared with what was signed of it. Errc::corrupt_data, and nothing is signed, when a
    /// tree is not a continuation of what was signed before.
    Result<std::string> sign(const crypto::SigningKey& key);

    // Of an agency's log; of the installation's without one.
    /// The tree as it stands; without entries where there is no log yet.
    Result<TreeHead> head(std::string_view agency = {});
    /// The last signed checkpoint, with the cosignatures that came since.
    Result<std::optional<std::string>> checkpoint(std::string_view agency = {});
    /// See prove_entry().
    Result<ProofFile> prove(std::uint64_t index, std::string_view agency = {});

    /// The last checkpoints of the installation's log that each witness cosigned, for
    /// witness_state().
    Result<std::vector<std::string>> cosigned_checkpoints();

    /// Forgets connections that wrote nothing since `before`; one that is still there goes on
    /// under another name.
    Status forget_writers(UtcTime before);

private:
    /// A log and its tree as this object last left it.
    struct Tree {
        std::int64_t log = 0;
        std::string origin;
        TileBuilder builder;
    };
    /// What a transaction adds to a tree.
    struct Growth {
        Tree tree;
        std::vector<ByteVector> entries;
    };
    using Growths = std::map<std::string, Growth>;  ///< by agency
    /// Numbers taken for entries.
    struct WriterRun {
        std::string writer;
        std::uint64_t next = 0;
    };
    struct StoredHead;

    AuditLog(db::Database& records, std::string installation);

    Result<WriterRun> take_numbers(const std::string& agency, std::uint64_t count, UtcTime time);
    Result<Growth*> growth_of(Growths& growths, const std::string& agency);
    Status take_pending(Growths& growths, std::size_t count_max);
    Status take_acts(Growths& growths, std::span<const EncodedAct> acts);
    Status grow(Growths& growths, std::span<const EncodedAct> acts);
    Status write_binding(
        std::span<const StoredHead> agencies, std::uint64_t place, const crypto::SecretKey& secret
    );
    void keep(Growths& growths);
    Result<std::vector<StoredHead>> stored_heads();
    Result<std::string> sign_one(const StoredHead& log, const crypto::SigningKey& key);

    db::Database& records_;
    std::string installation_;
    std::int64_t log_ = 0;  ///< of the installation
    std::string writer_;
    std::set<std::string> numbered_;  ///< agencies of which this writer has taken numbers
    std::map<std::string, Tree> trees_;
    bool all_checked_ = false;
};

/// Puts a witness's signature line, verified already, beside the stored checkpoint that it is on.
/// Errc::not_found when this one was never stored.
Status add_cosignature(
    db::Database& records, const Checkpoint& checkpoint, const NoteSignature& cosignature
);

}  // namespace cairn::audit
