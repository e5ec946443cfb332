#include <vector>

#include "keyring/key_ring.h"

namespace cairn::keyring {
namespace {

/// Master, agency, case, role, object: deeper chains are damage.
constexpr int kDepthMax = 8;
constexpr std::size_t kRememberedKeysMax = 1024;

constexpr db::Migration kMigrations[] = {
    {1,
     "CREATE TABLE key_ring ("
     "  id INTEGER PRIMARY KEY CHECK (id = 1),"
     "  master_check BLOB NOT NULL"
     ") STRICT;"
     "CREATE TABLE wrapped_key ("
     "  id BLOB PRIMARY KEY,"
     "  parent BLOB,"
     "  wrapped BLOB NOT NULL"
     ") STRICT, WITHOUT ROWID;"
     "CREATE INDEX wrapped_key_parent ON wrapped_key (parent);"},
};

constexpr std::string_view kMasterCheck = "cairn key ring 1";

ByteVector context_of(const Place& place) {
    ByteWriter context;
    context.sized(as_bytes(place.column));
    context.sized(place.row);
    return context.take();
}

ByteVector wrap_context(const KeyId& id) {
    return context_of({.column = "wrapped_key.wrapped", .row = id.bytes()});
}

crypto::Tag256 tag_under(
    const crypto::SecretKey& key, std::string_view kind, std::string_view value
) {
    return crypto::keyed_digest(key.derive("tag").derive(kind), as_bytes(value));
}

Result<crypto::SecretKey> key_from(const ByteVector& bytes) {
    if (bytes.size() != crypto::SecretKey::kSize) {
        return fail(Errc::corrupt_data, "a wrapped key has {} bytes, not 32", bytes.size());
    }
    return crypto::SecretKey::from_bytes(Bytes(bytes).first<crypto::SecretKey::kSize>());
}

}  // namespace

const db::Schema kSchema = {.name = "keyring", .migrations = kMigrations};

KeyRing::KeyRing(db::Database& records, const crypto::SecretKey& master)
    : records_(records), master_(master.derive("cairn key ring")) {}

Result<std::unique_ptr<KeyRing>> KeyRing::open(
    db::Database& records, const crypto::SecretKey& master
) {
    std::unique_ptr<KeyRing> ring(new KeyRing(records, master));
    CAIRN_TRY(records.transaction([&] { return ring->check_master(); }));
    return ring;
}

Status KeyRing::check_master() {
    auto find = CAIRN_TRY(records_.prepare("SELECT master_check FROM key_ring"));
    if (CAIRN_TRY(find.step())) {
        const auto plain = crypto::unseal(master_, find.bytes(0));
        if (plain && as_text(*plain) == kMasterCheck) return ok();
        return fail(
            Errc::unauthenticated,
            "these records were begun with another master key; put the file master.key back that "
            "belongs to them (nothing was changed, and nothing can be read with this one)"
        );
    }
    auto insert =
        CAIRN_TRY(records_.prepare("INSERT INTO key_ring (id, master_check) VALUES (1, ?)"));
    const ByteVector box = crypto::seal(master_, as_bytes(kMasterCheck));
    return insert.bind(1, Bytes(box)).run();
}

Result<KeyId> KeyRing::create(const std::optional<KeyId>& parent) {
    const auto id = crypto::random_id<KeyId>();
    const auto above = CAIRN_TRY(parent ? key_of(*parent) : Result(master_));
    const auto fresh = crypto::SecretKey::random();
    const ByteVector wrapped = crypto::seal(above, fresh.bytes(), wrap_context(id));
    auto insert =
        CAIRN_TRY(records_.prepare("INSERT INTO wrapped_key (id, parent, wrapped) VALUES (?, ?, ?)")
        );
    insert.bind(1, id.bytes()).bind(3, Bytes(wrapped));
    if (parent) {
        insert.bind(2, parent->bytes());
    } else {
        insert.bind_null(2);
    }
    CAIRN_TRY(insert.run());
    return id;
}

Result<ByteVector> KeyRing::seal(const KeyId& key, Bytes plain, const Place& place) {
    const auto secret = CAIRN_TRY(key_of(key));
    return crypto::seal(secret, plain, context_of(place));
}

Result<std::string> KeyRing::unseal(const KeyId& key, Bytes box, const Place& place) {
    const auto secret = CAIRN_TRY(key_of(key));
    auto plain = crypto::unseal(secret, box, context_of(place));
    if (!plain) return Error(plain.error()).with_context(place.column);
    return std::string(as_text(*plain));
}

Result<crypto::Tag256> KeyRing::tag(
    const KeyId& key, std::string_view kind, std::string_view value
) {
    const auto secret = CAIRN_TRY(key_of(key));
    return tag_under(secret, kind, value);
}

crypto::Tag256 KeyRing::installation_tag(std::string_view kind, std::string_view value) const {
    return tag_under(master_, kind, value);
}

Result<std::size_t> KeyRing::destroy(const KeyId& key) {
    std::vector<KeyId> doomed = {key};
    auto below = CAIRN_TRY(records_.prepare("SELECT id FROM wrapped_key WHERE parent = ?"));
    for (std::size_t i = 0; i < doomed.size(); ++i) {
        below.bind(1, doomed[i].bytes());
        while (CAIRN_TRY(below.step())) {
            const auto id = CAIRN_TRY(stored_id<KeyId>(below.bytes(0)));
            doomed.push_back(id);
        }
    }
    // Overwritten first: a page that is not reused at once then holds nothing.
    auto overwrite = CAIRN_TRY(records_.prepare("UPDATE wrapped_key SET wrapped = ? WHERE id = ?"));
    auto remove = CAIRN_TRY(records_.prepare("DELETE FROM wrapped_key WHERE id = ?"));
    const ByteVector zeros(crypto::seal(master_, ByteVector(crypto::SecretKey::kSize)).size());
    std::size_t destroyed = 0;
    for (const KeyId& id : doomed) {
        CAIRN_TRY(overwrite.bind(1, Bytes(zeros)).bind(2, id.bytes()).run());
        CAIRN_TRY(remove.bind(1, id.bytes()).run());
        destroyed += static_cast<std::size_t>(records_.changed_rows());
        remembered_.erase(id);
    }
    if (destroyed == 0) {
        return fail(Errc::not_found, "key {} is not there: it was destroyed", key.text());
    }
    return destroyed;
}

Result<crypto::SecretKey> KeyRing::key_of(const KeyId& id, int depth) {
    const auto now = std::chrono::steady_clock::now();
    const auto known = remembered_.find(id);
    if (known != remembered_.end() && now - known->second.since < kRememberedAtMost) {
        return known->second.key;
    }
    const auto key = CAIRN_TRY(unwrap(id, depth));
    if (remembered_.size() >= kRememberedKeysMax) remembered_.clear();
    remembered_.insert_or_assign(id, Remembered{.key = key, .since = now});
    return key;
}

Result<crypto::SecretKey> KeyRing::unwrap(const KeyId& id, int depth) {
    if (depth > kDepthMax) {
        return fail(Errc::corrupt_data, "key {}: the keys above it go in a circle", id.text());
    }
    auto find = CAIRN_TRY(records_.prepare("SELECT parent, wrapped FROM wrapped_key WHERE id = ?"));
    const bool found = CAIRN_TRY(find.bind(1, id.bytes()).step());
    if (!found) {
        return fail(Errc::not_found, "key {} is not there: it was destroyed", id.text());
    }
    std::optional<KeyId> parent;
    if (!find.is_null(0)) parent = CAIRN_TRY(stored_id<KeyId>(find.bytes(0)));
    const ByteVector wrapped(find.bytes(1).begin(), find.bytes(1).end());
    find.reset();
    const auto above = CAIRN_TRY(parent ? key_of(*parent, depth + 1) : Result(master_));
    auto plain = crypto::unseal(above, wrapped, wrap_context(id));
    if (!plain) return Error(plain.error()).with_context("key " + id.text());
    auto key = key_from(*plain);
    crypto::wipe(*plain);
    return key;
}

}  // namespace cairn::keyring
