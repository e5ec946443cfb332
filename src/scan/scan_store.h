#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audit/audit_log.h"
#include "audit/signing_key_file.h"
#include "db/database.h"
#include "hashlist/list_store.h"
#include "keyring/key_ring.h"
#include "scan/content_seal.h"
#include "scan/records.h"

namespace cairn::scan {

/// State of a scan. Stored: never renumber.
enum class ScanState : std::uint8_t {
    running = 0,      ///< being written now, or its program was killed
    interrupted = 1,  ///< stopped cleanly; resume continues it
    finished = 2,
};
std::string_view name_of(ScanState state);

/// A list version as a scan used it.
struct ScanList {
    std::string name;
    std::string version;
    std::string version_id;
    std::string source;
    std::string scheme;
    hashlist::ListKind kind = hashlist::ListKind::illegal;
    std::uint64_t entries = 0;
};

struct ScanInfo {
    std::int64_t id = 0;  ///< 1, 2, ... within its case folder
    ScanState state = ScanState::running;
    UtcTime started;
    std::optional<UtcTime> finished;
    std::string host;
    std::string actor;          ///< operating-system account
    std::string version;        ///< of Cairn
    std::string configuration;  ///< canonical JSON of the options that shape the result
    /// For a rematch: the scan whose catalogue was asked. Items are that scan's.
    std::optional<std::int64_t> catalogue_of;
    std::vector<std::string> sources;  ///< absolute paths, bytes
    std::vector<ScanList> lists;

    std::int64_t catalogue() const { return catalogue_of.value_or(id); }
};

struct CountAndBytes {
    std::uint64_t items = 0;
    std::uint64_t bytes = 0;
};

/// The figures of a coverage statement, all counted from the records.
struct CoverageCounts {
    std::array<CountAndBytes, kCoverageCount> by_state{};
    std::uint64_t members = 0;  ///< items inside containers, also counted above
    std::uint64_t known_good = 0;
    std::uint64_t pictures = 0;
    std::uint64_t pictures_low_quality = 0;  ///< below the PDQ quality floor: digests only
    std::uint64_t pictures_partial = 0;
    std::map<std::string, std::uint64_t> types;     ///< covered items by recognised type
    std::map<std::string, std::uint64_t> problems;  ///< findings that are no matches, by code
    std::uint64_t gaps = 0;                         ///< findings that leave something uncovered
    std::uint64_t matches = 0;                      ///< findings that count
    std::uint64_t indicative = 0;
    std::uint64_t vetoed = 0;         ///< picture matches that a list of known good files explains
    std::uint64_t items_matched = 0;  ///< items with a match that counts
    std::uint64_t items_exact = 0;    ///< ... of them those with the same content as a listed file
    std::uint64_t items_with_gaps = 0;  ///< items that were not covered whole
};

/// A finding with its item, as reports read them.
struct FoundItem {
    ItemRecord item;  ///< `findings` and `picture` empty
    Finding finding;
};

/// Which findings are wanted; all conditions that are given hold.
struct FindingFilter {
    std::optional<Finding::Kind> kind{};
    std::optional<std::uint32_t> list{};  ///< position in the scan's lists
    std::optional<std::int64_t> category{};
    std::optional<hashlist::Verdict> verdict{};
};

/// Where a page of findings goes on: after this one.
struct FindingCursor {
    Finding::Kind kind{};
    evidence::ItemId item{};
    std::uint32_t given = 0;  ///< findings of this kind on this item that pages had already
};

struct FindingPage {
    std::vector<FoundItem> findings;
    std::optional<FindingCursor> next;  ///< none at the end
};
inline constexpr std::size_t kFindingsPageMax = 1000;

/// Within a transaction of the caller, who puts it on record.
Status store_scan_state(
    db::Database& records, std::int64_t id, ScanState state, std::optional<UtcTime> finished
);

/// An act on the case that must be traceable.
struct Act {
    UtcTime time;
    std::string actor;
    std::string operation;  ///< e.g. "item_extract"
    std::string object;     ///< what it was done to, for people
    std::string reason;
    std::vector<std::string> ids{};  ///< the same as typed ids, for the audit log alone
};

/// Typed id of a scan.
std::string object_of_scan(std::int64_t id);

/// One case in records that many share. All text that is personal content is sealed there, so that
/// it is gone with the case's key; the names and versions of lists are not.
struct SharedRecords {
    /// Up to date, with the tables of cases; outlives the store.
    db::Database& database;
    /// Used by the thread that uses the store.
    keyring::KeyRing& keys;
    keyring::KeyId case_key;
    std::int64_t case_number = 0;
    /// A further connection to the same records.
    std::function<Result<std::unique_ptr<db::Database>>()> connect{};
    /// Asked in each transaction that adds items or findings: whether the scan is still ours.
    std::function<Status(db::Database&)> may_write{};
};

/// Which items a scan has already, for a thread of its own.
class ScanLookup {
public:
    explicit ScanLookup(std::unique_ptr<db::Database> database) : database_(std::move(database)) {}
    Result<bool> contains(std::int64_t scan, const evidence::ItemId& item);

private:
    std::unique_ptr<db::Database> database_;
};

/// The scans of a case: of a case folder, whose whole state is one SQLite file, or of a case in
/// records that many share. One thread at a time, several processes.
class ScanStore {
public:
    /// Opens the case folder; makes it (mode 0700) when `create` is set.
    enum class Mode : std::uint8_t { create, existing };
    static Result<std::unique_ptr<ScanStore>> open(const std::string& folder, Mode mode);

    /// The scans of one case in records that many share, which are up to date.
    static std::unique_ptr<ScanStore> over(SharedRecords records);

    /// Its tables.
    static db::Schema schema();
    /// What is added to them in records that many share: a scan goes with its case.
    static db::Schema sharing_schema();

    /// From now on all that happens to scans is put on record in an audit log of these records,
    /// with it or not at all, and signed. For a case folder, whose user is `account`; records that
    /// many share have an access::Gate for that.
    Status keep_log(const audit::NamedKey& key, std::string account);

    const std::string& folder() const { return folder_; }

    /// Records a new scan and gives its id. `info.id` and `state` are ignored.
    Result<std::int64_t> begin(const ScanInfo& info);
    /// The same within a transaction of the caller, who puts it on record.
    Result<std::int64_t> insert(const ScanInfo& info);
    Result<ScanInfo> scan(std::int64_t id);
    Result<std::vector<ScanInfo>> scans();
    Status set_state(std::int64_t id, ScanState state, std::optional<UtcTime> finished);
    Status remove(std::int64_t id, const Act& act);

    /// Removes what an interrupted run left of files it had not finished.
    Status drop_unfinished(std::int64_t id);
    /// On a connection of its own.
    Result<ScanLookup> lookup() const;
    /// Another store of the same scans, on a connection of its own but for the same thread.
    Result<std::unique_ptr<ScanStore>> another() const;

    /// Appends records in one durable transaction.
    Status append(std::int64_t scan, const std::vector<ItemRecord>& records);
    /// Gives every further name of a matching item the item's match findings.
    Status spread_to_links(std::int64_t scan);

    /// Adds findings to a rematch, on items of the scan it asks.
    Status append_findings(
        std::int64_t scan, const std::vector<std::pair<std::int64_t, Finding>>& findings_by_row
    );
    /// Calls `visit` with each digested item of a catalogue and its row.
    Status for_each_fingerprint(
        std::int64_t scan, const std::function<Status(std::int64_t row, const ItemRecord&)>& visit
    );

    Result<CoverageCounts> coverage(const ScanInfo& scan);
    /// Findings by kind, then evidence path, in shared records item id: the same order in every
    /// run.
    Status for_each_finding(
        const ScanInfo& scan, const std::function<Status(const FoundItem&)>& visit
    );
    /// The next findings by kind, then in the order in which items were recorded: of a scan that
    /// asks no other's catalogue. At most kFindingsPageMax.
    Result<FindingPage> findings(
        std::int64_t scan,
        const FindingFilter& filter,
        const std::optional<FindingCursor>& after,
        std::size_t limit
    );
    /// The item whose id (hex) begins with `prefix`; Errc::conflict when several do.
    Result<ItemRecord> item(std::int64_t scan, const std::string& prefix);

    Status record(const Act& act);
    /// That somebody looks: before anything is shown. Needs keep_log() before.
    Status record_look(const std::string& operation, const std::vector<std::string>& ids);
    Result<std::vector<Act>> acts();

private:
    /// Where acts are put on record.
    struct Log {
        std::unique_ptr<audit::AuditLog> log;
        audit::NamedKey key;
        std::string account;
    };

    using RowFinding = std::pair<std::int64_t, const Finding*>;

    ScanStore(std::string folder, std::unique_ptr<db::Database> database);
    explicit ScanStore(SharedRecords records);

    Result<std::unique_ptr<db::Database>> connect() const;
    /// `work` in a transaction, if the scans are still ours to write.
    Status written(const std::function<Status()>& work);
    Status insert_shared(std::int64_t id, const ScanInfo& info);
    Status insert_items(std::int64_t scan, const std::vector<ItemRecord>& records);
    Status insert_findings(std::int64_t scan, std::span<const RowFinding> findings);
    Result<std::int64_t> row_of(std::int64_t scan, const evidence::ItemId& item);
    /// False when there were none left.
    Result<bool> spread_to_some_links(std::int64_t scan);

    /// `work` and the entry in one transaction; then the log is signed.
    Status recorded(
        const std::string& operation,
        const std::function<std::vector<std::string>()>& ids,
        const std::function<Status()>& work
    );

    std::string folder_;
    std::unique_ptr<db::Database> own_;  ///< none when another's is used
    db::Database& database_;
    ContentSeal seal_;
    std::optional<SharedRecords> shared_;
    std::optional<Log> log_;
};

}  // namespace cairn::scan
