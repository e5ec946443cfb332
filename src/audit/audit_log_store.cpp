#include <algorithm>
#include <array>

#include "audit/audit_log.h"
#include "base/hex.h"
#include "crypto/secret.h"

namespace cairn::audit {
namespace {

constexpr std::array kMigrations = {db::Migration{1, R"sql(
CREATE TABLE audit_log(
    id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    root BLOB NOT NULL
);
-- How many entries each connection that writes has put on record: part of their transaction, so
-- that one rolled back leaves no gap.
CREATE TABLE audit_writer(
    writer TEXT PRIMARY KEY,
    entries INTEGER NOT NULL
);
CREATE TABLE audit_pending(
    id INTEGER PRIMARY KEY,
    log INTEGER NOT NULL REFERENCES audit_log(id),
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
)sql"}};
constexpr db::Schema kSchema{"audit", kMigrations};

constexpr std::size_t kWriterBytes = 16;

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

Result<std::int64_t> log_with(db::Database& records, const std::string& origin) {
    auto query = CAIRN_TRY(records.prepare("SELECT id FROM audit_log WHERE origin = ?"));
    return query.bind(1, origin).run_for_integer();
}

Result<TreeHead> head_of(db::Database& records, std::int64_t log) {
    auto query = CAIRN_TRY(records.prepare("SELECT size, root FROM audit_log WHERE id = ?"));
    const bool row = CAIRN_TRY(query.bind(1, log).step());
    if (!row) return fail(Errc::not_found, "audit log: it is gone");
    TreeHead head;
    head.size = count_at(query, 0);
    head.root = CAIRN_TRY(hash_of(query.bytes(1)));
    return head;
}

class StoredTiles final : public TileSource {
public:
    StoredTiles(db::Database& records, std::int64_t log) : records_(records), log_(log) {}

    Result<std::optional<ByteVector>> read_tile(const TileId& tile) override {
        if (tile.kind == TileKind::entries) return read_bundle(tile);
        auto query = CAIRN_TRY(records_.prepare(
            "SELECT hashes FROM audit_tile WHERE log = ? AND level = ? AND place = ?"
        ));
        query.bind(1, log_).bind(2, std::int64_t{tile.level}).bind(3, stored(tile.index));
        const bool row = CAIRN_TRY(query.step());
        const std::size_t size = tile.width * kHashBytes;
        if (!row || query.bytes(0).size() < size) return std::optional<ByteVector>();
        const Bytes bytes = query.bytes(0).first(size);
        return std::optional(ByteVector(bytes.begin(), bytes.end()));
    }

private:
    Result<std::optional<ByteVector>> read_bundle(const TileId& tile) {
        auto query = CAIRN_TRY(records_.prepare(
            "SELECT entry FROM audit_entry WHERE log = ? AND place >= ? AND place < ?"
            " ORDER BY place"
        ));
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

    db::Database& records_;
    std::int64_t log_;
};

/// Rows and checkpoints in pages, so that memory does not grow with the log on any engine.
class StoredLog final : public LogSource {
public:
    StoredLog(db::Database& records, std::int64_t log)
        : records_(records), log_(log), tiles_(records, log) {}

    Result<std::uint64_t> tree_size() override {
        const TreeHead head = CAIRN_TRY(head_of(records_, log_));
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
        return std::optional(LogCheckpoint{std::string(query.text(1)), false});
    }

private:
    static constexpr std::int64_t kPage = 2000;

    struct Row {
        std::uint64_t place = 0;
        ByteVector entry;
        Hash leaf_hash{};
    };

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
    StoredTiles tiles_;
    std::vector<Row> rows_;
    std::size_t row_ = 0;
    std::int64_t next_place_ = 0;
    std::int64_t next_checkpoint_ = 0;
};

/// What waits, oldest first.
struct Pending {
    std::vector<ByteVector> entries;
    std::int64_t last_id = 0;
};

Result<Pending> read_pending(db::Database& records, std::int64_t log, std::size_t count_max) {
    Pending pending;
    auto query = CAIRN_TRY(
        records.prepare("SELECT id, entry FROM audit_pending WHERE log = ? ORDER BY id LIMIT ?")
    );
    query.bind(1, log).bind(2, stored(count_max));
    while (CAIRN_TRY(query.step())) {
        pending.last_id = query.integer(0);
        pending.entries.emplace_back(query.bytes(1).begin(), query.bytes(1).end());
    }
    return pending;
}

Status delete_pending(db::Database& records, std::int64_t log, std::int64_t last_id) {
    auto remove = CAIRN_TRY(records.prepare("DELETE FROM audit_pending WHERE log = ? AND id <= ?"));
    return remove.bind(1, log).bind(2, last_id).run();
}

/// Puts entries at the end of the tree.
Status write_entries(
    db::Database& records,
    std::int64_t log,
    std::span<const ByteVector> entries,
    TileBuilder& builder
) {
    constexpr std::array<std::string_view, 4> kColumns = {"log", "place", "leaf_hash", "entry"};
    auto bulk = CAIRN_TRY(records.bulk_insert("audit_entry", kColumns));
    for (const ByteVector& entry : entries) {
        const Hash leaf = leaf_hash(entry);
        bulk.add(log).add(stored(builder.size())).add(Bytes(leaf)).add(Bytes(entry));
        CAIRN_TRY(bulk.end_row());
        builder.append(leaf);
    }
    return bulk.finish();
}

Status write_tiles(db::Database& records, std::int64_t log, TileBuilder& builder) {
    auto write = CAIRN_TRY(
        records.prepare("INSERT INTO audit_tile(log, level, place, hashes) VALUES(?1, ?2, ?3, ?4)"
                        " ON CONFLICT(log, level, place) DO UPDATE SET hashes = excluded.hashes")
    );
    for (const Tile& tile : builder.take_changed()) {
        write.bind(1, log).bind(2, std::int64_t{tile.id.level}).bind(3, stored(tile.id.index));
        CAIRN_TRY(write.bind(4, Bytes(hash_tile_bytes(tile.hashes))).run());
    }
    return ok();
}

Status write_head(db::Database& records, std::int64_t log, const TreeHead& head) {
    auto update =
        CAIRN_TRY(records.prepare("UPDATE audit_log SET size = ?, root = ? WHERE id = ?"));
    return update.bind(1, stored(head.size)).bind(2, Bytes(head.root)).bind(3, log).run();
}

}  // namespace

Status check_recordable(const Entry& entry) {
    Entry longest = entry;
    longest.writer = std::string(2 * kWriterBytes, '0');
    longest.writer_sequence = kIntegerMax;
    CAIRN_TRY(encode_entry(longest));
    return ok();
}

AuditLog::AuditLog(db::Database& records, std::string origin, std::int64_t log)
    : records_(records),
      origin_(std::move(origin)),
      log_(log),
      writer_(hex_encode(Bytes(crypto::SecretKey::random().bytes()).first(kWriterBytes))) {}

Result<std::unique_ptr<AuditLog>> AuditLog::open(db::Database& records, std::string origin) {
    CAIRN_TRY(check_key_name(origin));
    CAIRN_TRY(records.migrate(kSchema));
    std::int64_t log = 0;
    CAIRN_TRY(records.transaction([&]() -> Status {
        auto insert = CAIRN_TRY(records.prepare(
            "INSERT INTO audit_log(origin, size, root) VALUES(?, 0, ?) ON CONFLICT DO NOTHING"
        ));
        CAIRN_TRY(insert.bind(1, origin).bind(2, Bytes(empty_root())).run());
        log = CAIRN_TRY(log_with(records, origin));
        return ok();
    }));
    return std::unique_ptr<AuditLog>(new AuditLog(records, std::move(origin), log));
}

/// Takes the next `count` numbers of this writer; the first of them.
Result<std::uint64_t> AuditLog::next_sequence(std::uint64_t count) {
    auto update = CAIRN_TRY(records_.prepare(
        "INSERT INTO audit_writer(writer, entries) VALUES(?1, ?2) ON CONFLICT(writer)"
        " DO UPDATE SET entries = audit_writer.entries + excluded.entries RETURNING entries"
    ));
    const std::int64_t after =
        CAIRN_TRY(update.bind(1, writer_).bind(2, stored(count)).run_for_integer());
    return static_cast<std::uint64_t>(after) - count;
}

Result<ByteVector> AuditLog::encoded(Entry entry, std::uint64_t sequence) const {
    entry.writer = writer_;
    entry.writer_sequence = sequence;
    return encode_entry(entry);
}

Status AuditLog::append(Entry entry) {
    const std::uint64_t sequence = CAIRN_TRY(next_sequence(1));
    const ByteVector bytes = CAIRN_TRY(encoded(std::move(entry), sequence));
    auto insert = CAIRN_TRY(records_.prepare("INSERT INTO audit_pending(log, entry) VALUES(?, ?)"));
    return insert.bind(1, log_).bind(2, Bytes(bytes)).run();
}

/// Where the tree stands, in memory: another connection may have gone on.
Result<TileBuilder> AuditLog::builder_for(const TreeHead& stored_head) {
    if (builder_.head() == stored_head) return builder_;
    StoredTiles tiles(records_, log_);
    TileBuilder resumed = CAIRN_TRY(TileBuilder::resume(tiles, stored_head.size));
    if (resumed.root() != stored_head.root) {
        return fail(Errc::corrupt_data, "audit log {}: tiles and root differ", origin_);
    }
    return resumed;
}

Result<std::size_t> AuditLog::integrate(std::span<const Entry> entries) {
    std::size_t count = 0;
    TileBuilder builder;
    CAIRN_TRY(records_.transaction([&]() -> Status {
        const TreeHead before = CAIRN_TRY(head_of(records_, log_));
        builder = CAIRN_TRY(builder_for(before));
        const std::size_t room = kBatchMax - std::min(kBatchMax, entries.size());
        Pending pending = CAIRN_TRY(read_pending(records_, log_, room));
        if (!pending.entries.empty()) {
            CAIRN_TRY(delete_pending(records_, log_, pending.last_id));
        }
        if (!entries.empty()) {
            std::uint64_t sequence = CAIRN_TRY(next_sequence(entries.size()));
            for (const Entry& entry : entries) {
                ByteVector bytes = CAIRN_TRY(encoded(entry, sequence++));
                pending.entries.push_back(std::move(bytes));
            }
        }
        count = pending.entries.size();
        if (count == 0) return ok();
        CAIRN_TRY(write_entries(records_, log_, pending.entries, builder));
        CAIRN_TRY(write_tiles(records_, log_, builder));
        return write_head(records_, log_, builder.head());
    }));
    builder_ = std::move(builder);
    return count;
}

Result<TreeHead> AuditLog::head() {
    return head_of(records_, log_);
}

Result<std::optional<std::string>> AuditLog::checkpoint() {
    auto query = CAIRN_TRY(records_.prepare(
        "SELECT note FROM audit_checkpoint WHERE log = ? ORDER BY size DESC LIMIT 1"
    ));
    const bool row = CAIRN_TRY(query.bind(1, log_).step());
    if (!row) return std::optional<std::string>();
    return std::optional(std::string(query.text(0)));
}

/// The tree must be a continuation of the one that was signed last.
Status AuditLog::check_last_checkpoint(const TreeHead& head) {
    const auto last = CAIRN_TRY(checkpoint());
    if (!last) return ok();
    const SignedNote note = CAIRN_TRY(parse_note(*last));
    const Checkpoint signed_before = CAIRN_TRY(parse_checkpoint(note.text));
    if (signed_before.head.size > head.size) {
        return fail(
            Errc::corrupt_data,
            "audit log {}: {} entries were signed, {} are there: it was cut or restored from an "
            "older copy",
            origin_,
            signed_before.head.size,
            head.size
        );
    }
    StoredTiles tiles(records_, log_);
    TileHashReader reader(tiles, head.size);
    const auto proof = CAIRN_TRY(consistency_proof(reader, signed_before.head.size, head.size));
    auto consistent = verify_consistency(signed_before.head, head, proof);
    if (!consistent) return std::move(consistent).error().with_context("audit log " + origin_);
    return ok();
}

Result<std::string> AuditLog::sign(const crypto::SigningKey& key) {
    std::string text;
    CAIRN_TRY(records_.transaction([&]() -> Status {
        const TreeHead now = CAIRN_TRY(head());
        CAIRN_TRY(check_last_checkpoint(now));
        text = format_note(sign_checkpoint({origin_, now}, key));
        auto insert = CAIRN_TRY(records_.prepare(
            "INSERT INTO audit_checkpoint(log, size, note) VALUES(?, ?, ?) ON CONFLICT DO NOTHING"
        ));
        CAIRN_TRY(insert.bind(1, log_).bind(2, stored(now.size)).bind(3, text).run());
        if (records_.changed_rows() > 0) return ok();
        const auto last = CAIRN_TRY(checkpoint());
        text = last.value_or(text);
        return ok();
    }));
    return text;
}

Status AuditLog::add_cosignature(std::uint64_t size, const NoteSignature& cosignature) {
    return records_.transaction([&]() -> Status {
        auto query = CAIRN_TRY(
            records_.prepare("SELECT note FROM audit_checkpoint WHERE log = ? AND size = ?")
        );
        const bool row = CAIRN_TRY(query.bind(1, log_).bind(2, stored(size)).step());
        if (!row) {
            return fail(Errc::not_found, "audit log {}: no checkpoint of size {}", origin_, size);
        }
        SignedNote note = CAIRN_TRY(parse_note(query.text(0)));
        query.reset();
        // A witness's newer signature takes the place of its older one.
        std::erase_if(note.signatures, [&](const NoteSignature& signature) {
            return signature.name == cosignature.name && signature.id == cosignature.id;
        });
        note.signatures.push_back(cosignature);
        auto update = CAIRN_TRY(
            records_.prepare("UPDATE audit_checkpoint SET note = ? WHERE log = ? AND size = ?")
        );
        return update.bind(1, format_note(note)).bind(2, log_).bind(3, stored(size)).run();
    });
}

Result<ProofFile> AuditLog::prove(std::uint64_t index) {
    const auto last = CAIRN_TRY(checkpoint());
    if (!last) return fail(Errc::not_found, "audit log {}: nothing is signed yet", origin_);
    const SignedNote note = CAIRN_TRY(parse_note(*last));
    const Checkpoint signed_last = CAIRN_TRY(parse_checkpoint(note.text));
    if (index >= signed_last.head.size) {
        return fail(
            Errc::not_found,
            "audit log {}: entry {} is not among the {} signed",
            origin_,
            index,
            signed_last.head.size
        );
    }
    ProofFile proof;
    proof.index = index;
    proof.note = *last;
    auto query =
        CAIRN_TRY(records_.prepare("SELECT entry FROM audit_entry WHERE log = ? AND place = ?"));
    const bool row = CAIRN_TRY(query.bind(1, log_).bind(2, stored(index)).step());
    if (!row) return fail(Errc::corrupt_data, "audit log {}: entry {} is gone", origin_, index);
    proof.entry.assign(query.bytes(0).begin(), query.bytes(0).end());
    StoredTiles tiles(records_, log_);
    TileHashReader reader(tiles, signed_last.head.size);
    proof.proof = CAIRN_TRY(inclusion_proof(reader, index, signed_last.head.size));
    return proof;
}

Result<std::unique_ptr<LogSource>> open_stored_log(
    db::Database& records, const std::string& origin
) {
    const auto log = log_with(records, origin);
    if (!log && log.error().code == Errc::not_found) {
        return fail(Errc::not_found, "there is no audit log {}", origin);
    }
    if (!log) return log.error();
    return std::unique_ptr<LogSource>(std::make_unique<StoredLog>(records, *log));
}

Result<std::vector<std::string>> stored_logs(db::Database& records) {
    auto query = CAIRN_TRY(records.prepare("SELECT origin FROM audit_log ORDER BY origin"));
    std::vector<std::string> origins;
    while (CAIRN_TRY(query.step())) origins.emplace_back(query.text(0));
    return origins;
}

}  // namespace cairn::audit
