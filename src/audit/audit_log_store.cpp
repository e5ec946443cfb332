#include <algorithm>
#include <array>

#include "audit/audit_log.h"
#include "audit/head_binding.h"
#include "audit/log_names.h"
#include "audit/log_records.h"
#include "base/hex.h"

namespace cairn::audit {
namespace {

std::int64_t stored(std::uint64_t count) {
    return static_cast<std::int64_t>(count);
}

std::string new_writer() {
    std::array<std::uint8_t, kWriterBytesMax / 2> bytes{};
    crypto::random_bytes(bytes);
    return hex_encode(bytes);
}

/// The log's number; it is made where it is not there.
Result<std::int64_t> log_for(db::Database& records, const std::string& origin) {
    auto insert = CAIRN_TRY(
        records.prepare("INSERT INTO audit_log(origin, size, root, signed_size, bound_size)"
                        " VALUES(?, 0, ?, -1, -1) ON CONFLICT DO NOTHING")
    );
    CAIRN_TRY(insert.bind(1, origin).bind(2, Bytes(empty_root())).run());
    return number_of_log(records, origin);
}

/// Where a tree stands: in `known` unless another connection has gone on.
Result<TileBuilder> builder_at(
    db::Database& records, std::int64_t log, const std::string& origin, const TileBuilder& known
) {
    const TreeHead head = CAIRN_TRY(stored_head(records, log));
    if (known.head() == head) return known;
    RecordedTiles tiles(records, log);
    TileBuilder resumed = CAIRN_TRY(TileBuilder::resume(tiles, head.size));
    if (resumed.root() == head.root) return resumed;
    return fail(Errc::corrupt_data, "audit log {}: tiles and root differ", origin);
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

/// The tree must be a continuation of the one that was signed last.
Status check_last_checkpoint(db::Database& records, std::int64_t log, const Checkpoint& now) {
    const auto last = CAIRN_TRY(last_note(records, log));
    if (!last) return ok();
    const SignedNote note = CAIRN_TRY(parse_note(*last));
    const Checkpoint before = CAIRN_TRY(parse_checkpoint(note.text));
    if (before.head.size > now.head.size) {
        return fail(
            Errc::corrupt_data,
            "audit log {}: {} entries were signed, {} are there: it was cut or restored from an "
            "older copy",
            now.origin,
            before.head.size,
            now.head.size
        );
    }
    RecordedTiles tiles(records, log);
    TileHashReader reader(tiles, now.head.size);
    const auto proof = CAIRN_TRY(consistency_proof(reader, before.head.size, now.head.size));
    auto consistent = verify_consistency(before.head, now.head, proof);
    if (!consistent) {
        return std::move(consistent).error().with_context("audit log " + now.origin);
    }
    return ok();
}

Entry bind_entry(const Hash& root, UtcTime now) {
    Entry entry;
    entry.time = now;
    entry.actor = "audit";
    entry.operation = kBindOperation;
    entry.objects = std::vector<std::string>{bind_object(root)};
    return entry;
}

}  // namespace

/// A log as its row has it.
struct AuditLog::StoredHead {
    std::int64_t log = 0;
    Checkpoint checkpoint;
    std::int64_t signed_size = 0;
    std::int64_t bound_size = 0;
};

Result<EncodedAct> encode_act(const Entry& entry) {
    if (!entry.agency.empty()) CAIRN_TRY(check_agency(entry.agency));
    return EncodedAct::encode(entry);
}

AuditLog::AuditLog(db::Database& records, std::string installation)
    : records_(records), installation_(std::move(installation)), writer_(new_writer()) {}

Result<std::unique_ptr<AuditLog>> AuditLog::open(db::Database& records, std::string installation) {
    CAIRN_TRY(check_key_name(installation));
    CAIRN_TRY(records.migrate(log_schema()));
    std::unique_ptr<AuditLog> log(new AuditLog(records, std::move(installation)));
    CAIRN_TRY(records.transaction([&]() -> Status {
        log->log_ = CAIRN_TRY(log_for(records, log->installation_));
        return ok();
    }));
    return log;
}

/// Numbers follow each other for each writer and agency. Where the row of a writer that has taken
/// numbers is not there, its transaction was rolled back or the row was forgotten: another writer
/// begins.
Result<AuditLog::WriterRun> AuditLog::take_numbers(
    const std::string& agency, std::uint64_t count, UtcTime time
) {
    const std::int64_t used = time.time_since_epoch().count();
    auto update =
        CAIRN_TRY(records_.prepare("UPDATE audit_writer SET entries = entries + ?1, used = ?2"
                                   " WHERE writer = ?3 AND agency = ?4 RETURNING entries"));
    update.bind(1, stored(count)).bind(2, used).bind(3, writer_).bind(4, agency);
    const auto after = update.run_for_integer();
    if (after) return WriterRun{writer_, static_cast<std::uint64_t>(*after) - count};
    if (after.error().code != Errc::not_found) return after.error();
    if (numbered_.contains(agency)) {
        writer_ = new_writer();
        numbered_.clear();
    }
    auto insert = CAIRN_TRY(records_.prepare(
        "INSERT INTO audit_writer(writer, agency, entries, used) VALUES(?, ?, ?, ?)"
    ));
    insert.bind(1, writer_).bind(2, agency).bind(3, stored(count)).bind(4, used);
    CAIRN_TRY(insert.run());
    numbered_.insert(agency);
    return WriterRun{writer_, 0};
}

Status AuditLog::append(const Entry& entry) {
    const EncodedAct act = CAIRN_TRY(encode_act(entry));
    const WriterRun run = CAIRN_TRY(take_numbers(act.agency(), 1, act.time()));
    auto insert =
        CAIRN_TRY(records_.prepare("INSERT INTO audit_pending(log, agency, entry) VALUES(?, ?, ?)")
        );
    insert.bind(1, log_).bind(2, act.agency());
    return insert.bind(3, Bytes(act.finished(run.writer, run.next))).run();
}

Result<AuditLog::Growth*> AuditLog::growth_of(Growths& growths, const std::string& agency) {
    const auto [found, is_new] = growths.try_emplace(agency);
    Growth& growth = found->second;
    if (!is_new) return &growth;
    Tree& tree = growth.tree;
    const auto known = trees_.find(agency);
    if (known != trees_.end()) {
        tree.log = known->second.log;
        tree.origin = known->second.origin;
    } else {
        tree.origin = origin_of_log(installation_, agency);
        tree.log = CAIRN_TRY(log_for(records_, tree.origin));
    }
    const TileBuilder& builder = known != trees_.end() ? known->second.builder : tree.builder;
    tree.builder = CAIRN_TRY(builder_at(records_, tree.log, tree.origin, builder));
    return &growth;
}

Status AuditLog::take_pending(Growths& growths, std::size_t count_max) {
    struct Waiting {
        std::string agency;
        ByteVector entry;
    };
    std::vector<Waiting> waiting;
    std::int64_t last_id = 0;
    auto query = CAIRN_TRY(records_.prepare(
        "SELECT id, agency, entry FROM audit_pending WHERE log = ? ORDER BY id LIMIT ?"
    ));
    query.bind(1, log_).bind(2, stored(count_max));
    while (CAIRN_TRY(query.step())) {
        last_id = query.integer(0);
        const Bytes entry = query.bytes(2);
        waiting.push_back({std::string(query.text(1)), ByteVector(entry.begin(), entry.end())});
    }
    if (waiting.empty()) return ok();
    auto remove =
        CAIRN_TRY(records_.prepare("DELETE FROM audit_pending WHERE log = ? AND id <= ?"));
    CAIRN_TRY(remove.bind(1, log_).bind(2, last_id).run());
    for (Waiting& one : waiting) {
        Growth* growth = CAIRN_TRY(growth_of(growths, one.agency));
        growth->entries.push_back(std::move(one.entry));
    }
    return ok();
}

Status AuditLog::take_acts(Growths& growths, std::span<const EncodedAct> acts) {
    struct Share {
        std::uint64_t count = 0;
        UtcTime newest{};
        Growth* growth = nullptr;
        WriterRun run;
    };
    std::map<std::string_view, Share> shares;
    for (const EncodedAct& act : acts) {
        Share& share = shares[act.agency()];
        ++share.count;
        share.newest = std::max(share.newest, act.time());
    }
    for (auto& [agency, share] : shares) {
        const std::string name(agency);
        share.growth = CAIRN_TRY(growth_of(growths, name));
        share.run = CAIRN_TRY(take_numbers(name, share.count, share.newest));
    }
    for (const EncodedAct& act : acts) {
        Share& share = shares[act.agency()];
        share.growth->entries.push_back(act.finished(share.run.writer, share.run.next++));
    }
    return ok();
}

/// Within a transaction.
Status AuditLog::grow(Growths& growths, std::span<const EncodedAct> acts) {
    CAIRN_TRY(take_pending(growths, kBatchMax - std::min(kBatchMax, acts.size())));
    CAIRN_TRY(take_acts(growths, acts));
    if (growths.empty()) return ok();
    constexpr std::array<std::string_view, 4> kColumns = {"log", "place", "leaf_hash", "entry"};
    auto bulk = CAIRN_TRY(records_.bulk_insert("audit_entry", kColumns));
    for (auto& [agency, growth] : growths) {
        TileBuilder& builder = growth.tree.builder;
        for (const ByteVector& entry : growth.entries) {
            const Hash leaf = leaf_hash(entry);
            bulk.add(growth.tree.log).add(stored(builder.size()));
            bulk.add(Bytes(leaf)).add(Bytes(entry));
            CAIRN_TRY(bulk.end_row());
            builder.append(leaf);
        }
    }
    CAIRN_TRY(bulk.finish());
    for (auto& [agency, growth] : growths) {
        CAIRN_TRY(write_tiles(records_, growth.tree.log, growth.tree.builder));
        CAIRN_TRY(write_head(records_, growth.tree.log, growth.tree.builder.head()));
    }
    return ok();
}

/// After the transaction was committed.
void AuditLog::keep(Growths& growths) {
    for (auto& [agency, growth] : growths) trees_.insert_or_assign(agency, std::move(growth.tree));
}

Result<std::size_t> AuditLog::integrate(std::span<const EncodedAct> acts) {
    Growths growths;
    CAIRN_TRY(records_.transaction([&]() -> Status {
        growths.clear();
        return grow(growths, acts);
    }));
    std::size_t count = 0;
    for (const auto& [agency, growth] : growths) count += growth.entries.size();
    keep(growths);
    return count;
}

Result<std::vector<AuditLog::StoredHead>> AuditLog::stored_heads() {
    std::vector<StoredHead> heads;
    auto query = CAIRN_TRY(records_.prepare(
        "SELECT id, origin, size, root, signed_size, bound_size FROM audit_log ORDER BY id"
    ));
    const std::string agencies = origin_of_log(installation_, "x");
    const std::string_view prefix = std::string_view(agencies).substr(0, agencies.size() - 1);
    while (CAIRN_TRY(query.step())) {
        StoredHead one;
        one.log = query.integer(0);
        one.checkpoint.origin = query.text(1);
        if (one.log != log_ && !one.checkpoint.origin.starts_with(prefix)) continue;
        const Bytes root = query.bytes(3);
        if (query.integer(2) < 0 || root.size() != kHashBytes) {
            return fail(Errc::corrupt_data, "audit log {}: no size or root", one.checkpoint.origin);
        }
        one.checkpoint.head.size = static_cast<std::uint64_t>(query.integer(2));
        std::ranges::copy(root, one.checkpoint.head.root.begin());
        one.signed_size = query.integer(4);
        one.bound_size = query.integer(5);
        heads.push_back(std::move(one));
    }
    return heads;
}

Result<bool> AuditLog::bind_agencies(UtcTime now) {
    Growths growths;
    bool bound = false;
    CAIRN_TRY(records_.transaction([&]() -> Status {
        growths.clear();
        std::vector<StoredHead> agencies = CAIRN_TRY(stored_heads());
        std::erase_if(agencies, [&](const StoredHead& one) { return one.log == log_; });
        bound = !agencies.empty();
        if (!bound) return ok();
        std::vector<Checkpoint> heads;
        for (const StoredHead& one : agencies) heads.push_back(one.checkpoint);
        const auto secret = crypto::SecretKey::random();
        const HeadBinding binding(std::move(heads), secret);
        const EncodedAct act = CAIRN_TRY(encode_act(bind_entry(binding.root(), now)));
        CAIRN_TRY(grow(growths, std::span(&act, 1)));
        return write_binding(agencies, growths.at("").tree.builder.size() - 1, secret);
    }));
    keep(growths);
    return bound;
}

Status AuditLog::write_binding(
    std::span<const StoredHead> agencies, std::uint64_t place, const crypto::SecretKey& secret
) {
    auto insert =
        CAIRN_TRY(records_.prepare("INSERT INTO audit_binding(log, place, secret) VALUES(?, ?, ?)")
        );
    CAIRN_TRY(insert.bind(1, log_).bind(2, stored(place)).bind(3, secret.bytes()).run());
    auto note = CAIRN_TRY(records_.prepare(
        "INSERT INTO audit_bound_head(log, place, bound, size, root) VALUES(?, ?, ?, ?, ?)"
    ));
    auto update = CAIRN_TRY(records_.prepare("UPDATE audit_log SET bound_size = ? WHERE id = ?"));
    for (const StoredHead& one : agencies) {
        const TreeHead& head = one.checkpoint.head;
        if (one.bound_size == stored(head.size)) continue;
        note.bind(1, log_).bind(2, stored(place)).bind(3, one.log);
        CAIRN_TRY(note.bind(4, stored(head.size)).bind(5, Bytes(head.root)).run());
        CAIRN_TRY(update.bind(1, stored(head.size)).bind(2, one.log).run());
    }
    return ok();
}

Result<std::string> AuditLog::sign_one(const StoredHead& log, const crypto::SigningKey& key) {
    CAIRN_TRY(check_last_checkpoint(records_, log.log, log.checkpoint));
    const std::int64_t size = stored(log.checkpoint.head.size);
    const std::string text = format_note(sign_checkpoint(log.checkpoint, key));
    auto insert = CAIRN_TRY(records_.prepare(
        "INSERT INTO audit_checkpoint(log, size, note) VALUES(?, ?, ?) ON CONFLICT DO NOTHING"
    ));
    CAIRN_TRY(insert.bind(1, log.log).bind(2, size).bind(3, text).run());
    if (records_.changed_rows() == 0) {
        const auto last = CAIRN_TRY(last_note(records_, log.log));
        return last.value_or(text);
    }
    auto update = CAIRN_TRY(records_.prepare("UPDATE audit_log SET signed_size = ? WHERE id = ?"));
    CAIRN_TRY(update.bind(1, size).bind(2, log.log).run());
    return text;
}

Result<std::string> AuditLog::sign(const crypto::SigningKey& key) {
    std::string text;
    CAIRN_TRY(records_.transaction([&]() -> Status {
        const std::vector<StoredHead> heads = CAIRN_TRY(stored_heads());
        for (const StoredHead& one : heads) {
            const bool grown = one.signed_size != stored(one.checkpoint.head.size);
            if (one.log == log_ || (all_checked_ && !grown)) continue;
            CAIRN_TRY(sign_one(one, key));
        }
        const auto own = std::ranges::find(heads, log_, &StoredHead::log);
        if (own == heads.end()) return fail(Errc::corrupt_data, "audit log: it is gone");
        text = CAIRN_TRY(sign_one(*own, key));
        return ok();
    }));
    all_checked_ = true;
    return text;
}

Result<TreeHead> AuditLog::head(std::string_view agency) {
    const auto log = number_of_log(records_, origin_of_log(installation_, agency));
    if (!log && log.error().code == Errc::not_found) return TreeHead{};
    if (!log) return log.error();
    return stored_head(records_, *log);
}

Result<std::optional<std::string>> AuditLog::checkpoint(std::string_view agency) {
    const auto log = number_of_log(records_, origin_of_log(installation_, agency));
    if (!log && log.error().code == Errc::not_found) return std::optional<std::string>();
    if (!log) return log.error();
    return last_note(records_, *log);
}

Result<ProofFile> AuditLog::prove(std::uint64_t index, std::string_view agency) {
    const auto log = CAIRN_TRY(open_stored_log(records_, origin_of_log(installation_, agency)));
    return prove_entry(*log, index);
}

Result<std::vector<std::string>> AuditLog::cosigned_checkpoints() {
    auto query = CAIRN_TRY(
        records_.prepare("SELECT c.note FROM audit_checkpoint AS c WHERE c.log = ?1 AND c.size IN"
                         " (SELECT w.size FROM audit_witness AS w WHERE w.log = ?1)")
    );
    query.bind(1, log_);
    std::vector<std::string> notes;
    while (CAIRN_TRY(query.step())) notes.emplace_back(query.text(0));
    return notes;
}

Status AuditLog::forget_writers(UtcTime before) {
    return records_.transaction([&]() -> Status {
        auto remove = CAIRN_TRY(records_.prepare("DELETE FROM audit_writer WHERE used < ?"));
        return remove.bind(1, before.time_since_epoch().count()).run();
    });
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
