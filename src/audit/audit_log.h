#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "audit/checkpoint.h"
#include "audit/entry.h"
#include "audit/proof_file.h"
#include "audit/tile_builder.h"
#include "db/database.h"

namespace cairn::audit {

/// At most so many entries get their places in one transaction.
inline constexpr std::size_t kBatchMax = 1000;

/// Refuses what could not be put on record whatever its place: see encode_entry().
Status check_recordable(const Entry& entry);

/// One log in the records: what waits, the entries with their places, tiles, checkpoints. One
/// thread at a time; several connections may append and integrate at once.
class AuditLog {
public:
    /// Makes the tables, and the log with this origin, where they are not there yet. `records`
    /// must outlive it.
    static Result<std::unique_ptr<AuditLog>> open(db::Database& records, std::string origin);

    const std::string& origin() const { return origin_; }

    /// Puts an entry on record within the transaction that the caller has open, so that an act and
    /// its entry stand together or not at all. `writer` and `writer_sequence` are given here.
    Status append(Entry entry);

    /// Gives entries that wait their places in the tree, and then `entries`, in one durable
    /// transaction of its own: kBatchMax at most, `entries` among them always. How many.
    Result<std::size_t> integrate(std::span<const Entry> entries = {});

    /// The tree as it stands.
    Result<TreeHead> head();

    /// A signed checkpoint of the tree as it stands; the last one when the tree did not grow since.
    /// Errc::corrupt_data, and nothing is signed, when the tree is not a continuation of what was
    /// signed before.
    Result<std::string> sign(const crypto::SigningKey& key);
    /// The last signed checkpoint, with the cosignatures that came since.
    Result<std::optional<std::string>> checkpoint();

    /// See prove_entry().
    Result<ProofFile> prove(std::uint64_t index);

private:
    AuditLog(db::Database& records, std::string origin, std::int64_t log);

    Result<std::uint64_t> next_sequence(std::uint64_t count);
    Result<ByteVector> encoded(Entry entry, std::uint64_t sequence) const;
    Result<TileBuilder> builder_for(const TreeHead& stored);
    Status check_last_checkpoint(const TreeHead& head);

    db::Database& records_;
    std::string origin_;
    std::int64_t log_;
    std::string writer_;
    TileBuilder builder_;  ///< the tree as this object last left it
};

/// Puts a witness's signature line, verified already, beside the stored checkpoint that it is on.
/// Errc::not_found when this one was never stored.
Status add_cosignature(
    db::Database& records, const Checkpoint& checkpoint, const NoteSignature& cosignature
);

}  // namespace cairn::audit
