#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/utc_time.h"
#include "hashlist/list_difference.h"
#include "hashlist/list_index.h"
#include "hashlist/list_statistics.h"

namespace cairn::hashlist {

/// A version of a named list.
struct ListInfo {
    std::string name;
    std::string version;  ///< the source's own version, else the day of import
    /// SHA-256 (hex) of the plain sorted entries, or of the history of updates: the same in every
    /// installation with the same history (docs/formats.md).
    std::string version_id;
    std::string source;
    std::string scheme;  ///< category table, e.g. "us-2.0"; "" for ignore lists
    ListKind kind = ListKind::illegal;
    std::string format;  ///< e.g. "vics-2.0", "csv", "digests", "nsrl-v2"
    UtcTime imported_at;
    std::uint64_t entries = 0;  ///< in force
    std::array<std::uint64_t, kDigestKinds> digests{};
    std::uint64_t pdq_codes = 0;        ///< searched; those of withdrawn entries until a merge
    std::uint64_t pdq_quarantined = 0;  ///< entries whose PDQ code is not searched: it is crowded
    std::uint64_t pdq_refused = 0;      ///< codes not taken at import and in updates
    std::uint64_t file_size_bytes = 0;
    std::uint64_t segments = 1;   ///< files: a base, and one for each update since the last merge
    std::uint64_t withdrawn = 0;  ///< entries withdrawn since the last merge
};

/// A version with the index that answers for exactly it.
struct LoadedList {
    ListInfo info;
    std::shared_ptr<const ListIndex> index;
};

struct ImportOptions {
    std::vector<std::string> files;  ///< parts of one list version, imported together
    std::string name;                ///< letters, digits, '-', '_', '.'; at most 64
    std::optional<std::string> version;
    std::optional<std::string> source;
    std::optional<ListKind> kind;          ///< default: what the format says, else illegal
    std::optional<std::string> scheme;     ///< for formats that carry none (safeguards P1a)
    std::optional<std::string> category;   ///< category of every row, for formats without one
    std::optional<std::string> hash_type;  ///< "sha256" or "pdq" for lines of 64 hex digits
    double refused_share_max = 0.01;       ///< above this share of refused rows: nothing changes
    bool confirm_refused = false;          ///< import in spite of refused_share_max
    /// Called now and then with bytes read and bytes in all.
    std::function<void(std::uint64_t, std::uint64_t)> progress;
};

struct RefusedRow {
    std::string file;
    std::uint64_t line = 0;    ///< from 1; 0 where the format has no lines
    std::uint64_t offset = 0;  ///< byte offset of the record
    std::string reason;        ///< a code such as "no_hash"; never the value
};

struct ImportReport {
    ListInfo list;
    bool unchanged = false;   ///< the same content was already current: nothing was done
    std::string file_sha256;  ///< of the (first) file, hex
    std::uint64_t rows_read = 0;
    std::uint64_t rows_accepted = 0;
    std::uint64_t rows_merged = 0;
    std::map<std::string, std::uint64_t> refused;   ///< rows by reason
    std::map<std::string, std::uint64_t> warnings;  ///< values dropped from kept rows, by reason
    std::map<std::string, std::uint64_t> unknown_members;
    std::map<std::string, std::uint64_t> categories;  ///< histogram by the list's own code
    std::vector<RefusedRow> refused_rows;             ///< the first 100
};

/// A change to a list that is there. Withdrawals come first: a row may be withdrawn and added
/// again otherwise in one update.
struct UpdateOptions {
    std::string name;
    /// Rows to add, in any format; files of one format. Rows of a format without categories need
    /// `category`; the scheme is the list's own.
    std::vector<std::string> add;
    /// Rows in any formats, or bare digests and PDQ codes: every entry that lists any of their
    /// fingerprints is withdrawn.
    std::vector<std::string> withdraw;
    std::optional<std::string> version;    ///< default: the day
    std::optional<std::string> category;   ///< of every added row, for formats without one
    std::optional<std::string> hash_type;  ///< "sha256" or "pdq" for lines of 64 hex digits
    double refused_share_max = 0.01;       ///< as in ImportOptions, for either kind of rows
    bool confirm_refused = false;
    bool merge = true;  ///< merge afterwards, when updates have become many
    std::function<void(std::uint64_t, std::uint64_t)> progress;
};

struct UpdateReport {
    /// What became of the rows to add; `list` is the list as it is now, `rows_merged` are rows
    /// that were equal among themselves, `unchanged` means that there was nothing to do.
    ImportReport added;
    std::uint64_t entries_added = 0;
    std::uint64_t entries_present = 0;   ///< rows that said nothing new
    std::uint64_t entries_replaced = 0;  ///< entries to which an added row knew more: it stands now
    std::uint64_t entries_withdrawn = 0;
    std::uint64_t withdraw_rows = 0;     ///< rows read from the files to withdraw
    std::uint64_t withdraw_refused = 0;  ///< of these, rows without a fingerprint
    std::uint64_t values_unknown = 0;    ///< fingerprints to withdraw that no entry lists
    bool merged = false;                 ///< the files have been merged afterwards
    std::string merge_problem;           ///< why that failed; the update stands all the same
};

/// A folder with the list versions and their registry (lists.db). The key lies elsewhere.
/// Safe for several processes at once, and for several threads.
class ListStore {
public:
    /// Opens or makes the folder (mode 0700).
    static Result<std::unique_ptr<ListStore>> open(
        const std::string& folder, const crypto::SecretKey& key
    );
    virtual ~ListStore() = default;

    /// All or nothing: a failed or killed import leaves the old version current.
    virtual Result<ImportReport> import(const ImportOptions& options) = 0;
    /// Adds and withdraws entries without building the list anew: the cost follows from the size
    /// of the change. All or nothing, in force for other processes when it returns.
    virtual Result<UpdateReport> update(const UpdateOptions& options) = 0;
    /// Makes one file of a list's files, the same that an import of the same entries under the
    /// same name would give. False when there was nothing to merge. Runs at low priority; the list
    /// may be asked and even updated meanwhile. Errc::conflict when the list was imported anew
    /// meanwhile: nothing was changed. One merge at a time in a store; others wait.
    virtual Result<bool> merge(const std::string& name) = 0;

    virtual Result<std::vector<ListInfo>> lists() = 0;
    virtual Result<ListInfo> info(const std::string& name
    ) = 0;  ///< Errc::not_found names the lists there are
    /// The versions of a list that are kept, the current one first: at most three.
    virtual Result<std::vector<ListInfo>> versions(const std::string& name) = 0;
    virtual Result<std::shared_ptr<const ListIndex>> load(const std::string& name) = 0;
    /// The current version, or the one with this id while it is kept: the last three versions of a
    /// list are. Errc::not_found with the cure when it is gone.
    virtual Result<LoadedList> load_version(
        const std::string& name, const std::optional<std::string>& version_id
    ) = 0;
    /// Of the current version. Reads all of it.
    virtual Result<ListStatistics> statistics(const std::string& name) = 0;
    /// What version `after` has that version `before` has not, both by their ids.
    virtual Result<ListDifference> difference(
        const std::string& name, const std::string& before, const std::string& after
    ) = 0;
    /// Full check of the current version's files against registry and checksums.
    virtual Status verify(const std::string& name) = 0;
    virtual Status remove(const std::string& name) = 0;
};

/// Where the list key lies: $CREDENTIALS_DIRECTORY/list.key when given, else `file`,
/// which is made (0600) when absent.
Result<crypto::SecretKey> open_list_key(
    const std::optional<std::string>& credentials_directory, const std::string& file
);

}  // namespace cairn::hashlist
