#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/tile.h"

namespace cairn::audit {

/// One stored row of a log.
struct LogRow {
    std::uint64_t index = 0;
    Bytes entry;
    std::optional<Hash> leaf_hash;  ///< where one is stored beside it; never believed
};

/// A stored checkpoint.
struct LogCheckpoint {
    std::string note;
    bool witnessed = false;  ///< comes from a witness, or must carry a cosignature
    bool kept = false;       ///< was kept by the reader, apart from the log
};

/// A witness's word on a checkpoint.
struct Cosignature {
    std::string witness;
    UtcTime time{};
    auto operator<=>(const Cosignature&) const = default;
};

/// A log as it lies somewhere: a database, a folder of tiles, a server.
class LogSource : public TileSource {
public:
    /// How many entries the log claims to have integrated.
    virtual Result<std::uint64_t> tree_size() = 0;
    /// Rows from LogVerifierOptions::first_index on, by ascending index; nothing after the last.
    /// The entry is valid until the next call. Rows with equal index may come: they are a finding.
    virtual Result<std::optional<LogRow>> next_row() = 0;
    /// Checkpoints of size first_index and more, by ascending size; nothing after the last.
    virtual Result<std::optional<LogCheckpoint>> next_checkpoint() = 0;
};

/// What was found, each with the entries it concerns.
enum class FindingKind : std::uint8_t {
    entry_altered,         ///< the row's bytes are not those that were logged
    entry_missing,         ///< no row where one was logged
    entry_inserted,        ///< a row that was never logged here
    entries_swapped,       ///< two rows hold each other's entries
    entry_moved,           ///< the row holds the entry logged at `other`
    leaf_hash_altered,     ///< the hash stored beside a sound row
    entries_rewritten,     ///< rows and their tile agree with each other, not with the tree above
    log_truncated,         ///< entries are gone at the end
    tile_altered,          ///< a stored tile contradicts the entries and the signed root
    tile_missing,          ///< a tile that the size demands
    root_differs,          ///< the entries do not give the signed root
    checkpoint_conflict,   ///< two signed checkpoints of one size with different roots
    checkpoint_malformed,  ///< no checkpoint, or of another log
    signature_wrong,       ///< not signed by the log, or by nobody we were told to expect
    cosignature_missing,   ///< a witnessed checkpoint without a known witness's cosignature
    cosignature_ahead,     ///< dated in the future: not counted
    binding_differs,       ///< an agency's log is not what the installation's bound of it
    binding_missing,       ///< the record of what an entry bound is gone
    writer_gap,  ///< numbers of a writer are missing: an entry was removed before it was logged
    writer_repeated,   ///< a number of a writer was used twice
    time_backwards,    ///< a warning: over 5 s before an earlier entry
    entry_unreadable,  ///< a warning: logged as it is, but not an entry of a known form
    not_verified,      ///< something could not be read or was over a limit
};

std::string_view name_of(FindingKind kind);

/// What a kind of finding means for the log as a whole.
enum class Verdict : std::uint8_t { good, incomplete, tampered };
/// Warnings are `good`.
Verdict verdict_of(FindingKind kind);

struct Finding {
    FindingKind kind{};
    std::optional<std::uint64_t> first;  ///< entry, or first of several
    std::optional<std::uint64_t> last;   ///< same as `first` for one
    std::optional<std::uint64_t> other;  ///< where a swapped or moved entry was logged
    std::string text;                    ///< a sentence for people; names no content of entries
};

struct LogVerifierOptions {
    std::string origin;  ///< of the log; empty: the name of the first log key
    /// Empty: signatures are not looked at, nobody vouches for the log, and that is a finding.
    std::vector<VerifierKey> log_keys;
    std::vector<VerifierKey> witness_keys;  ///< empty: any cosigned checkpoint counts as it is
    std::uint64_t first_index = 0;          ///< rows before are pruned or verified already
    /// What the tree of the first `first_index` entries must be, known from elsewhere.
    std::optional<Hash> first_root;
    /// Signed checkpoints that were kept elsewhere: the log must contain what they signed.
    std::vector<std::string> kept_notes;
    UtcTime now = UtcTime::max();  ///< a cosignature from later is not counted
    std::chrono::microseconds backwards_max = std::chrono::seconds(5);
    std::size_t findings_max = 1000;  ///< kept in full; more are only counted
};

struct LogReport {
    Verdict verdict = Verdict::good;
    TreeHead head;                     ///< recomputed
    std::optional<Checkpoint> latest;  ///< the largest checkpoint that was signed and agrees
    std::optional<Checkpoint> latest_witnessed;  ///< the largest among them with a cosignature
    std::vector<Cosignature> cosignatures;       ///< on that one, by known witnesses
    std::uint64_t rows = 0;                      ///< read
    std::uint64_t checkpoints = 0;               ///< read, with those kept elsewhere
    std::vector<Finding> findings;               ///< in order of entries as far as they name one
    std::uint64_t findings_left_out = 0;
};

/// Recomputes a log in one pass: rows against level-0 tiles, tiles against those above, roots
/// against every checkpoint, signatures, numbers of each writer, times. Memory does not grow with
/// the log. What cannot be read makes the verdict `incomplete`, never an error: what was found
/// until then is reported.
LogReport verify_log(LogSource& source, const LogVerifierOptions& options);

}  // namespace cairn::audit
