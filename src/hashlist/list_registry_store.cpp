#include "hashlist/list_registry_store.h"

#include <algorithm>
#include <array>

namespace cairn::hashlist {
namespace {

constexpr std::array kMigrations = {
    db::Migration{1, R"(
        CREATE TABLE store (key_check BLOB NOT NULL) STRICT;
        CREATE TABLE version (
            number        INTEGER PRIMARY KEY AUTOINCREMENT,
            name          TEXT NOT NULL,
            version       TEXT NOT NULL,
            version_id    TEXT NOT NULL,
            source        TEXT NOT NULL,
            scheme        TEXT NOT NULL,
            kind          TEXT NOT NULL,
            format        TEXT NOT NULL,
            imported_at   INTEGER NOT NULL, -- microseconds since 1970, UTC
            entries       INTEGER NOT NULL,
            md5_count     INTEGER NOT NULL,
            sha1_count    INTEGER NOT NULL,
            sha256_count  INTEGER NOT NULL,
            pdq_codes     INTEGER NOT NULL,
            file_name     TEXT NOT NULL UNIQUE,
            file_bytes    INTEGER NOT NULL,
            file_sha256   TEXT NOT NULL
        ) STRICT;
        CREATE INDEX version_by_name ON version (name, number);
        CREATE TABLE list (
            name    TEXT PRIMARY KEY,
            current INTEGER NOT NULL REFERENCES version (number)
        ) STRICT;
    )"},
};

constexpr std::string_view kSelectCurrent =
    "SELECT v.number, v.name, v.version, v.version_id, v.source, v.scheme, v.kind, v.format, "
    "v.imported_at, v.entries, v.md5_count, v.sha1_count, v.sha256_count, v.pdq_codes, "
    "v.file_name, v.file_bytes, v.file_sha256 FROM list l JOIN version v ON v.number = l.current ";

std::uint64_t count_at(const db::Statement& row, int column) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(row.integer(column), 0));
}

Result<RegistryVersion> version_of(const db::Statement& row) {
    RegistryVersion version;
    version.number = row.integer(0);
    ListInfo& info = version.info;
    info.name = row.text(1);
    info.version = row.text(2);
    info.version_id = row.text(3);
    info.source = row.text(4);
    info.scheme = row.text(5);
    const auto kind = list_kind_from(row.text(6));
    if (!kind) return fail(Errc::corrupt_data, "list registry: unknown kind of {}", info.name);
    info.kind = *kind;
    info.format = row.text(7);
    info.imported_at = UtcTime(std::chrono::microseconds(row.integer(8)));
    info.entries = count_at(row, 9);
    for (std::size_t i = 0; i < kDigestKinds; ++i) {
        info.digests[i] = count_at(row, 10 + static_cast<int>(i));
    }
    info.pdq_codes = count_at(row, 13);
    version.file_name = row.text(14);
    info.file_size_bytes = count_at(row, 15);
    version.file_sha256 = row.text(16);
    return version;
}

std::int64_t stored(std::uint64_t count) {
    return static_cast<std::int64_t>(count);
}

}  // namespace

Result<std::unique_ptr<ListRegistry>> ListRegistry::open(
    const std::string& path, const crypto::SecretKey& key
) {
    auto database = CAIRN_TRY(db::Database::open(path, {}));
    CAIRN_TRY(database->migrate(kMigrations));
    std::unique_ptr<ListRegistry> registry(new ListRegistry(std::move(database)));
    const Status checked = registry->check_key(key);
    if (!checked) return Error(checked.error()).with_context(path);
    return registry;
}

/// Lists under two keys in one store would answer each only half of the questions.
Status ListRegistry::check_key(const crypto::SecretKey& key) {
    const crypto::Tag128 wanted = crypto::Prf128(key.derive("list store check"))({});
    return database_->transaction([&]() -> Status {
        db::Statement select = CAIRN_TRY(database_->prepare("SELECT key_check FROM store"));
        const bool made = CAIRN_TRY(select.step());
        if (!made) {
            db::Statement insert =
                CAIRN_TRY(database_->prepare("INSERT INTO store (key_check) VALUES (?)"));
            return insert.bind(1, Bytes(wanted)).run();
        }
        const Bytes found = select.bytes(0);
        if (std::equal(found.begin(), found.end(), wanted.begin(), wanted.end())) return ok();
        return fail(
            Errc::permission_denied,
            "made with another list key; give that key, or use another folder"
        );
    });
}

Result<std::vector<RegistryVersion>> ListRegistry::current_versions() {
    db::Statement select =
        CAIRN_TRY(database_->prepare(std::string(kSelectCurrent) + "ORDER BY v.name"));
    std::vector<RegistryVersion> versions;
    while (true) {
        const bool more = CAIRN_TRY(select.step());
        if (!more) return versions;
        auto version = CAIRN_TRY(version_of(select));
        versions.push_back(std::move(version));
    }
}

Result<std::optional<RegistryVersion>> ListRegistry::current_version(const std::string& name) {
    db::Statement select =
        CAIRN_TRY(database_->prepare(std::string(kSelectCurrent) + "WHERE v.name = ?"));
    const bool found = CAIRN_TRY(select.bind(1, name).step());
    if (!found) return std::optional<RegistryVersion>();
    auto version = CAIRN_TRY(version_of(select));
    return std::optional(std::move(version));
}

Result<std::vector<std::string>> ListRegistry::file_names() {
    db::Statement select = CAIRN_TRY(database_->prepare("SELECT file_name FROM version"));
    std::vector<std::string> names;
    while (true) {
        const bool more = CAIRN_TRY(select.step());
        if (!more) return names;
        names.emplace_back(select.text(0));
    }
}

Result<std::int64_t> ListRegistry::next_number() {
    db::Statement select = CAIRN_TRY(database_->prepare(
        "SELECT COALESCE(MAX(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'version'"
    ));
    CAIRN_TRY(select.step());
    return select.integer(0);
}

Status ListRegistry::insert(const RegistryVersion& version) {
    db::Statement insert = CAIRN_TRY(
        database_->prepare("INSERT INTO version VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
    );
    const ListInfo& info = version.info;
    insert.bind(1, version.number)
        .bind(2, info.name)
        .bind(3, info.version)
        .bind(4, info.version_id)
        .bind(5, info.source)
        .bind(6, info.scheme)
        .bind(7, name_of(info.kind))
        .bind(8, info.format)
        .bind(9, std::int64_t{info.imported_at.time_since_epoch().count()})
        .bind(10, stored(info.entries))
        .bind(11, stored(info.digests[0]))
        .bind(12, stored(info.digests[1]))
        .bind(13, stored(info.digests[2]))
        .bind(14, stored(info.pdq_codes))
        .bind(15, version.file_name)
        .bind(16, stored(info.file_size_bytes))
        .bind(17, version.file_sha256);
    return insert.run();
}

Status ListRegistry::switch_to(const RegistryVersion& version) {
    return database_->transaction([&]() -> Status {
        CAIRN_TRY(insert(version));
        db::Statement current = CAIRN_TRY(
            database_->prepare("INSERT INTO list (name, current) VALUES (?, ?) "
                               "ON CONFLICT (name) DO UPDATE SET current = excluded.current")
        );
        CAIRN_TRY(current.bind(1, version.info.name).bind(2, version.number).run());
        db::Statement forget = CAIRN_TRY(database_->prepare(
            "DELETE FROM version WHERE name = ?1 AND number NOT IN "
            "(SELECT number FROM version WHERE name = ?1 ORDER BY number DESC LIMIT ?2)"
        ));
        return forget.bind(1, version.info.name).bind(2, std::int64_t{kVersionsKept}).run();
    });
}

Status ListRegistry::remove(const std::string& name) {
    return database_->transaction([&]() -> Status {
        for (const char* const sql :
             {"DELETE FROM list WHERE name = ?", "DELETE FROM version WHERE name = ?"}) {
            db::Statement statement = CAIRN_TRY(database_->prepare(sql));
            CAIRN_TRY(statement.bind(1, name).run());
        }
        return ok();
    });
}

}  // namespace cairn::hashlist
