#include <algorithm>
#include <array>

#include "audit/log_records.h"

namespace cairn::audit {
namespace {

constexpr std::array kMigrations = {db::Migration{1, R"sql(
CREATE TABLE audit_log(
    id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    signed_size INTEGER NOT NULL,  -- -1 before the first checkpoint
    bound_size INTEGER NOT NULL    -- -1 before it was bound, or where it is not to be
);
-- How many entries of each agency a connection has put on record: part of their transaction, so
-- that one rolled back leaves no gap. A writer without a row begins anew under another name, so
-- rows that were not used for long can go.
CREATE TABLE audit_writer(
    writer TEXT NOT NULL,
    agency TEXT NOT NULL,
    entries INTEGER NOT NULL,
    used INTEGER NOT NULL,  -- time of the last entry, microseconds since 1970
    PRIMARY KEY(writer, agency)
) WITHOUT ROWID;
CREATE TABLE audit_pending(
    id INTEGER PRIMARY KEY,
    log INTEGER NOT NULL REFERENCES audit_log(id),  -- of the installation
    agency TEXT NOT NULL,
    entry BLOB NOT NULL
);
CREATE TABLE audit_entry(
    log INTEGER NOT NULL REFERENCES audit_log(id),
    place INTEGER NOT NULL,
    leaf_hash BLOB NOT NULL,
    entry BLOB NOT NULL,
    PRIMARY KEY(log, place)
) WITHOUT ROWID;
-- Hash tiles; the width follows from the bytes.
CREATE TABLE audit_tile(
    log INTEGER NOT NULL REFERENCES audit_log(id),
    level INTEGER NOT NULL,
    place INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY(log, level, place)
) WITHOUT ROWID;
CREATE TABLE audit_checkpoint(
    log INTEGER NOT NULL REFERENCES audit_log(id),
    size INTEGER NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY(log, size)
) WITHOUT ROWID;
-- The last checkpoint that each witness cosigned.
CREATE TABLE audit_witness(
    log INTEGER NOT NULL REFERENCES audit_log(id),
    name TEXT NOT NULL,
    key_id BLOB NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY(log, name, key_id)
) WITHOUT ROWID;
-- Entries of the installation's log that bind the heads of agencies' logs, and the heads that were
-- not as bound before.
CREATE TABLE audit_binding(
    log INTEGER NOT NULL REFERENCES audit_log(id),
    place INTEGER NOT NULL,
    secret BLOB NOT NULL,
    PRIMARY KEY(log, place)
) WITHOUT ROWID;
CREATE TABLE audit_bound_head(
    log INTEGER NOT NULL REFERENCES audit_log(id),
    place INTEGER NOT NULL,
    bound INTEGER NOT NULL REFERENCES audit_log(id),
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    PRIMARY KEY(log, place, bound)
) WITHOUT ROWID;
)sql"}};
constexpr db::Schema kSchema{"audit", kMigrations};

std::int64_t stored(std::uint64_t count) {
    return static_cast<std::int64_t>(count);
}

std::uint64_t count_at(const db::Statement& row, int column) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(row.integer(column), 0));
}

Result<Hash> hash_of(Bytes bytes) {
    Hash hash{};
    if (bytes.size() != hash.size()) {
        return fail(Errc::corrupt_data, "audit log: a hash of {} bytes", bytes.size());
    }
    std::copy(bytes.begin(), bytes.end(), hash.begin());
    return hash;
}

/// Rows and checkpoints in pages, so that memory does not grow with the log on any engine.
class RecordedLog final : public StoredLog {
public:
    RecordedLog(db::Database& records, std::int64_t log)
        : records_(records), log_(log), tiles_(records, log) {}

    Result<std::uint64_t> tree_size() override {
        const TreeHead head = CAIRN_TRY(stored_head(records_, log_));
        return head.size;
    }

    Result<std::optional<ByteVector>> read_tile(const TileId& tile) override {
        return tiles_.read_tile(tile);
    }

    Result<std::optional<LogRow>> next_row() override {
        if (row_ == rows_.size()) CAIRN_TRY(read_rows());
        if (row_ == rows_.size()) return std::optional<LogRow>();
        const Row& row = rows_[row_++];
        return std::optional(LogRow{row.place, row.entry, row.leaf_hash});
    }

    Result<std::optional<LogCheckpoint>> next_checkpoint() override {
        auto query = CAIRN_TRY(
            records_.prepare("SELECT size, note FROM audit_checkpoint WHERE log = ? AND size >= ?"
                             " ORDER BY size LIMIT 1")
        );
        const bool row = CAIRN_TRY(query.bind(1, log_).bind(2, next_checkpoint_).step());
        if (!row) return std::optional<LogCheckpoint>();
        next_checkpoint_ = query.integer(0) + 1;
        return std::optional(LogCheckpoint{std::string(query.text(1))});
    }

    Result<LatestNotes> latest_notes() override {
        LatestNotes notes;
        notes.last = CAIRN_TRY(last_note(records_, log_));
        notes.cosigned =
            CAIRN_TRY(note_of("SELECT note FROM audit_checkpoint WHERE log = ?1 AND size ="
                              " (SELECT max(size) FROM audit_witness WHERE log = ?1)"));
        return notes;
    }

    Result<std::optional<std::string>> cosigned_by(const VerifierKey& witness) override {
        auto query = CAIRN_TRY(records_.prepare(
            "SELECT note FROM audit_checkpoint AS c JOIN audit_witness AS w ON w.log = c.log"
            " AND w.size = c.size WHERE w.log = ? AND w.name = ? AND w.key_id = ?"
        ));
        query.bind(1, log_).bind(2, witness.name()).bind(3, Bytes(witness.id()));
        const bool row = CAIRN_TRY(query.step());
        if (!row) return std::optional<std::string>();
        return std::optional(std::string(query.text(0)));
    }

    Result<std::optional<Binding>> next_binding(std::uint64_t from) override {
        auto query = CAIRN_TRY(records_.prepare(
            "SELECT place, secret FROM audit_binding WHERE log = ? AND place >= ? ORDER BY place"
            " LIMIT 1"
        ));
        const bool row = CAIRN_TRY(query.bind(1, log_).bind(2, stored(from)).step());
        if (!row) return std::optional<Binding>();
        const Hash secret = CAIRN_TRY(hash_of(query.bytes(1)));
        Binding binding{count_at(query, 0), crypto::SecretKey::from_bytes(secret), {}};
        auto heads = CAIRN_TRY(records_.prepare(
            "SELECT l.origin, h.bound, h.size, h.root FROM audit_bound_head AS h"
            " LEFT JOIN audit_log AS l ON l.id = h.bound WHERE h.log = ? AND h.place = ?"
            " ORDER BY h.bound"
        ));
        heads.bind(1, log_).bind(2, stored(binding.place));
        while (CAIRN_TRY(heads.step())) {
            Checkpoint head;
            head.origin = heads.is_null(0) ? fmt::format("number {}", heads.integer(1))
                                           : std::string(heads.text(0));
            head.head.size = count_at(heads, 2);
            head.head.root = CAIRN_TRY(hash_of(heads.bytes(3)));
            binding.changed.push_back(std::move(head));
        }
        return std::optional(std::move(binding));
    }

private:
    static constexpr std::int64_t kPage = 2000;

    struct Row {
        std::uint64_t place = 0;
        ByteVector entry;
        Hash leaf_hash{};
    };

    Result<std::optional<std::string>> note_of(std::string_view sql) {
        auto query = CAIRN_TRY(records_.prepare(sql));
        const bool row = CAIRN_TRY(query.bind(1, log_).step());
        if (!row) return std::optional<std::string>();
        return std::optional(std::string(query.text(0)));
    }

    Status read_rows() {
        rows_.clear();
        row_ = 0;
        auto query = CAIRN_TRY(records_.prepare(
            "SELECT place, entry, leaf_hash FROM audit_entry WHERE log = ? AND place >= ?"
            " ORDER BY place LIMIT ?"
        ));
        query.bind(1, log_).bind(2, next_place_).bind(3, kPage);
        while (CAIRN_TRY(query.step())) {
            Row row;
            row.place = count_at(query, 0);
            row.entry.assign(query.bytes(1).begin(), query.bytes(1).end());
            // What is no hash is none of the row's: the verifier names the row.
            if (const auto hash = hash_of(query.bytes(2))) row.leaf_hash = *hash;
            next_place_ = query.integer(0) + 1;
            rows_.push_back(std::move(row));
        }
        return ok();
    }

    db::Database& records_;
    std::int64_t log_;
    RecordedTiles tiles_;
    std::vector<Row> rows_;
    std::size_t row_ = 0;
    std::int64_t next_place_ = 0;
    std::int64_t next_checkpoint_ = 0;
};

/// The records as they stand at one moment.
class RecordsPlace final : public LogPlace {
public:
    explicit RecordsPlace(std::unique_ptr<db::Database> records) : records_(std::move(records)) {}

    Result<std::vector<std::string>> origins() override { return stored_logs(*records_); }
    Result<std::unique_ptr<StoredLog>> log(const std::string& origin) override {
        return open_stored_log(*records_, origin);
    }

private:
    std::unique_ptr<db::Database> records_;
};

}  // namespace

const db::Schema& log_schema() {
    return kSchema;
}

Result<std::int64_t> number_of_log(db::Database& records, const std::string& origin) {
    auto query = CAIRN_TRY(records.prepare("SELECT id FROM audit_log WHERE origin = ?"));
    return query.bind(1, origin).run_for_integer();
}

Result<TreeHead> stored_head(db::Database& records, std::int64_t log) {
    auto query = CAIRN_TRY(records.prepare("SELECT size, root FROM audit_log WHERE id = ?"));
    const bool row = CAIRN_TRY(query.bind(1, log).step());
    if (!row) return fail(Errc::not_found, "audit log: it is gone");
    TreeHead head;
    head.size = count_at(query, 0);
    head.root = CAIRN_TRY(hash_of(query.bytes(1)));
    return head;
}

Result<std::optional<std::string>> last_note(db::Database& records, std::int64_t log) {
    auto query = CAIRN_TRY(records.prepare(
        "SELECT note FROM audit_checkpoint WHERE log = ? ORDER BY size DESC LIMIT 1"
    ));
    const bool row = CAIRN_TRY(query.bind(1, log).step());
    if (!row) return std::optional<std::string>();
    return std::optional(std::string(query.text(0)));
}

Result<std::optional<ByteVector>> RecordedTiles::read_tile(const TileId& tile) {
    if (tile.kind == TileKind::entries) return read_bundle(tile);
    auto query = CAIRN_TRY(
        records_.prepare("SELECT hashes FROM audit_tile WHERE log = ? AND level = ? AND place = ?")
    );
    query.bind(1, log_).bind(2, std::int64_t{tile.level}).bind(3, stored(tile.index));
    const bool row = CAIRN_TRY(query.step());
    const std::size_t size = tile.width * kHashBytes;
    if (!row || query.bytes(0).size() < size) return std::optional<ByteVector>();
    const Bytes bytes = query.bytes(0).first(size);
    return std::optional(ByteVector(bytes.begin(), bytes.end()));
}

Result<std::optional<ByteVector>> RecordedTiles::read_bundle(const TileId& tile) {
    auto query = CAIRN_TRY(
        records_.prepare("SELECT entry FROM audit_entry WHERE log = ? AND place >= ? AND place < ?"
                         " ORDER BY place")
    );
    const std::uint64_t first = tile.index * kTileWidth;
    query.bind(1, log_).bind(2, stored(first)).bind(3, stored(first + tile.width));
    ByteVector bundle;
    unsigned entries = 0;
    while (CAIRN_TRY(query.step())) {
        CAIRN_TRY(append_to_bundle(bundle, query.bytes(0)));
        ++entries;
    }
    if (entries != tile.width) return std::optional<ByteVector>();
    return std::optional(std::move(bundle));
}

Result<std::unique_ptr<StoredLog>> open_stored_log(
    db::Database& records, const std::string& origin
) {
    const auto log = number_of_log(records, origin);
    if (!log && log.error().code == Errc::not_found) {
        return fail(Errc::not_found, "there is no audit log {}", origin);
    }
    if (!log) return log.error();
    return std::unique_ptr<StoredLog>(std::make_unique<RecordedLog>(records, *log));
}

Result<std::vector<std::string>> stored_logs(db::Database& records) {
    auto query = CAIRN_TRY(records.prepare("SELECT origin FROM audit_log ORDER BY origin"));
    std::vector<std::string> origins;
    while (CAIRN_TRY(query.step())) origins.emplace_back(query.text(0));
    return origins;
}

Result<std::unique_ptr<LogPlace>> open_records_place(const std::string& location) {
    db::Database::Options options;
    options.read_only = true;
    auto records = CAIRN_TRY(db::Database::open(location, options));
    const int version = CAIRN_TRY(records->schema_version(log_schema()));
    if (version == 0) return fail(Errc::not_found, "no audit log lies there");
    // Never committed: it ends with the connection.
    const bool sqlite = records->engine() == db::Engine::sqlite;
    CAIRN_TRY(records->execute(
        sqlite ? "BEGIN" : "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
    ));
    CAIRN_TRY(stored_logs(*records));  // the moment is that of the first query
    return std::unique_ptr<LogPlace>(std::make_unique<RecordsPlace>(std::move(records)));
}

}  // namespace cairn::audit
