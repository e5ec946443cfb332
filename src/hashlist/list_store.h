#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/utc_time.h"
#include "hashlist/list_index.h"

namespace cairn::hashlist {

/// The current version of a named list.
struct ListInfo {
    std::string name;
    std::string version;     ///< the source's own version, else the day of import
    std::string version_id;  ///< SHA-256 (hex) of the plain sorted entries
    std::string source;
    std::string scheme;  ///< category table, e.g. "us-2.0"; "" for ignore lists
    ListKind kind = ListKind::illegal;
    std::string format;  ///< e.g. "vics-2.0", "csv", "digests", "nsrl-v2"
    UtcTime imported_at;
    std::uint64_t entries = 0;
    std::array<std::uint64_t, kDigestKinds> digests{};
    std::uint64_t pdq_codes = 0;
    std::uint64_t file_size_bytes = 0;
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

/// A folder with the list versions and their registry (lists.db). The key lies elsewhere.
/// Safe for several processes at once.
class ListStore {
public:
    /// Opens or makes the folder (mode 0700).
    static Result<std::unique_ptr<ListStore>> open(
        const std::string& folder, const crypto::SecretKey& key
    );
    virtual ~ListStore() = default;

    /// All or nothing: a failed or killed import leaves the old version current.
    virtual Result<ImportReport> import(const ImportOptions& options) = 0;
    virtual Result<std::vector<ListInfo>> lists() = 0;
    virtual Result<ListInfo> info(const std::string& name
    ) = 0;  ///< Errc::not_found names the lists there are
    virtual Result<std::shared_ptr<const ListIndex>> load(const std::string& name) = 0;
    /// Full check of the current version's file against registry and checksums.
    virtual Status verify(const std::string& name) = 0;
    virtual Status remove(const std::string& name) = 0;
};

/// Where the list key lies: $CREDENTIALS_DIRECTORY/cairn-list-key when given, else `file`,
/// which is made (0600) when absent.
Result<crypto::SecretKey> open_list_key(
    const std::optional<std::string>& credentials_directory, const std::string& file
);

}  // namespace cairn::hashlist
