#include <algorithm>
#include <array>

#include "audit/audit_log.h"
#include "audit/log_records.h"
#include "base/hex.h"
#include "crypto/secret.h"

namespace cairn::audit {
namespace {

constexpr std::size_t kWriterBytes = 16;

std::int64_t stored(std::uint64_t count) {
    return static_cast<std::int64_t>(count);
}

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
    CAIRN_TRY(records.migrate(log_schema()));
    std::int64_t log = 0;
    CAIRN_TRY(records.transaction([&]() -> Status {
        auto insert = CAIRN_TRY(records.prepare(
            "INSERT INTO audit_log(origin, size, root) VALUES(?, 0, ?) ON CONFLICT DO NOTHING"
        ));
        CAIRN_TRY(insert.bind(1, origin).bind(2, Bytes(empty_root())).run());
        log = CAIRN_TRY(number_of_log(records, origin));
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
    RecordedTiles tiles(records_, log_);
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
        const TreeHead before = CAIRN_TRY(stored_head(records_, log_));
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
    return stored_head(records_, log_);
}

Result<std::optional<std::string>> AuditLog::checkpoint() {
    return last_note(records_, log_);
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
    RecordedTiles tiles(records_, log_);
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

Result<ProofFile> AuditLog::prove(std::uint64_t index) {
    const auto log = CAIRN_TRY(open_stored_log(records_, origin_));
    return prove_entry(*log, index);
}

Status add_cosignature(
    db::Database& records, const Checkpoint& checkpoint, const NoteSignature& cosignature
) {
    const std::int64_t size = stored(checkpoint.head.size);
    return records.transaction([&]() -> Status {
        const std::int64_t log = CAIRN_TRY(number_of_log(records, checkpoint.origin));
        auto query =
            CAIRN_TRY(records.prepare("SELECT note FROM audit_checkpoint WHERE log = ? AND size = ?"
            ));
        const bool row = CAIRN_TRY(query.bind(1, log).bind(2, size).step());
        SignedNote note;
        if (row) note = CAIRN_TRY(parse_note(query.text(0)));
        query.reset();
        if (note.text != format_checkpoint(checkpoint)) {
            return fail(
                Errc::not_found, "audit log {}: it never signed that checkpoint", checkpoint.origin
            );
        }
        // A witness's newer signature takes the place of its older one.
        std::erase_if(note.signatures, [&](const NoteSignature& signature) {
            return signature.name == cosignature.name && signature.id == cosignature.id;
        });
        note.signatures.push_back(cosignature);
        auto update = CAIRN_TRY(
            records.prepare("UPDATE audit_checkpoint SET note = ? WHERE log = ? AND size = ?")
        );
        CAIRN_TRY(update.bind(1, format_note(note)).bind(2, log).bind(3, size).run());
        auto remember = CAIRN_TRY(records.prepare(
            "INSERT INTO audit_witness(log, name, key_id, size) VALUES(?1, ?2, ?3, ?4)"
            " ON CONFLICT(log, name, key_id) DO UPDATE SET size = excluded.size"
            " WHERE audit_witness.size < excluded.size"
        ));
        remember.bind(1, log).bind(2, cosignature.name).bind(3, Bytes(cosignature.id));
        return remember.bind(4, size).run();
    });
}

}  // namespace cairn::audit
