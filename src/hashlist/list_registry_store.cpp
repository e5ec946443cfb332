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
    // A version is made of segments, which several versions may share.
    db::Migration{2, R"(
        CREATE TABLE segment (
            version           INTEGER NOT NULL,
            position          INTEGER NOT NULL, -- from 0, the base
            file_name         TEXT NOT NULL,
            file_sha256       TEXT NOT NULL,
            entries           INTEGER NOT NULL,
            withdrawn_name    TEXT NOT NULL,    -- empty: nothing was withdrawn
            withdrawn_sha256  TEXT NOT NULL,
            withdrawn         INTEGER NOT NULL,
            PRIMARY KEY (version, position)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO segment SELECT number, 0, file_name, file_sha256, entries, '', '', 0
            FROM version;
        CREATE TABLE former_list (name TEXT NOT NULL, current INTEGER NOT NULL) STRICT;
        INSERT INTO former_list SELECT name, current FROM list;
        DROP TABLE list;
        CREATE TABLE next_version (
            number           INTEGER PRIMARY KEY AUTOINCREMENT,
            name             TEXT NOT NULL,
            version          TEXT NOT NULL,
            version_id       TEXT NOT NULL,
            source           TEXT NOT NULL,
            scheme           TEXT NOT NULL,
            kind             TEXT NOT NULL,
            format           TEXT NOT NULL,
            imported_at      INTEGER NOT NULL, -- microseconds since 1970, UTC
            entries          INTEGER NOT NULL, -- in force
            md5_count        INTEGER NOT NULL,
            sha1_count       INTEGER NOT NULL,
            sha256_count     INTEGER NOT NULL,
            pdq_codes        INTEGER NOT NULL,
            pdq_quarantined  INTEGER NOT NULL,
            pdq_refused      INTEGER NOT NULL,
            file_bytes       INTEGER NOT NULL  -- of all segments
        ) STRICT;
        INSERT INTO next_version SELECT number, name, version, version_id, source, scheme, kind,
            format, imported_at, entries, md5_count, sha1_count, sha256_count, pdq_codes, 0, 0,
            file_bytes FROM version;
        DROP TABLE version;
        ALTER TABLE next_version RENAME TO version;
        CREATE INDEX version_by_name ON version (name, number);
        CREATE TABLE list (
            name    TEXT PRIMARY KEY,
            current INTEGER NOT NULL REFERENCES version (number)
        ) STRICT;
        INSERT INTO list SELECT name, current FROM former_list;
        DROP TABLE former_list;
    )"},
};

/// One row for each segment: one statement, so that a version and its segments belong together.
std::string select_versions(std::string_view which, std::string_view order) {
    return fmt::format(
        "SELECT v.number, v.name, v.version, v.version_id, v.source, v.scheme, v.kind, v.format, "
        "v.imported_at, v.entries, v.md5_count, v.sha1_count, v.sha256_count, v.pdq_codes, "
        "v.pdq_quarantined, v.pdq_refused, v.file_bytes, s.file_name, s.file_sha256, s.entries, "
        "s.withdrawn_name, s.withdrawn_sha256, s.withdrawn "
        "FROM version v JOIN segment s ON s.version = v.number {} ORDER BY {}, s.position",
        which,
        order
    );
}

std::uint64_t count_at(const db::Statement& row, int column) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(row.integer(column), 0));
}

/// All but the segments.
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
    info.pdq_quarantined = count_at(row, 14);
    info.pdq_refused = count_at(row, 15);
    info.file_size_bytes = count_at(row, 16);
    info.segments = 0;
    return version;
}

RegistrySegment segment_of(const db::Statement& row) {
    RegistrySegment segment;
    segment.file_name = row.text(17);
    segment.file_sha256 = row.text(18);
    segment.entries = count_at(row, 19);
    segment.withdrawn_name = row.text(20);
    segment.withdrawn_sha256 = row.text(21);
    segment.withdrawn = count_at(row, 22);
    return segment;
}

Result<std::vector<RegistryVersion>> read_versions(db::Statement& select) {
    std::vector<RegistryVersion> versions;
    while (true) {
        const bool more = CAIRN_TRY(select.step());
        if (!more) return versions;
        if (versions.empty() || versions.back().number != select.integer(0)) {
            auto version = CAIRN_TRY(version_of(select));
            versions.push_back(std::move(version));
        }
        RegistryVersion& version = versions.back();
        version.segments.push_back(segment_of(select));
        ++version.info.segments;
        version.info.withdrawn += version.segments.back().withdrawn;
    }
}

Result<std::optional<RegistryVersion>> first_version(db::Statement& select) {
    auto versions = CAIRN_TRY(read_versions(select));
    if (versions.empty()) return std::optional<RegistryVersion>();
    return std::optional(std::move(versions.front()));
}

std::int64_t stored(std::uint64_t count) {
    return static_cast<std::int64_t>(count);
}

}  // namespace

Result<std::unique_ptr<ListRegistry>> ListRegistry::open(
    const std::string& path, const crypto::SecretKey& key
) {
    auto database = CAIRN_TRY(db::Database::open(path, {}));
    CAIRN_TRY(database->migrate({"hashlist", kMigrations}));
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
    db::Statement select = CAIRN_TRY(
        database_->prepare(select_versions("JOIN list l ON l.current = v.number", "v.name"))
    );
    return read_versions(select);
}

Result<std::optional<RegistryVersion>> ListRegistry::current_version(const std::string& name) {
    db::Statement select = CAIRN_TRY(database_->prepare(
        select_versions("JOIN list l ON l.current = v.number WHERE v.name = ?", "v.number")
    ));
    return first_version(select.bind(1, name));
}

Result<std::vector<RegistryVersion>> ListRegistry::versions(const std::string& name) {
    db::Statement select =
        CAIRN_TRY(database_->prepare(select_versions("WHERE v.name = ?", "v.number DESC")));
    return read_versions(select.bind(1, name));
}

Result<std::optional<RegistryVersion>> ListRegistry::version_with_id(
    const std::string& name, const std::string& version_id
) {
    db::Statement select = CAIRN_TRY(database_->prepare(
        select_versions("WHERE v.name = ? AND v.version_id = ?", "v.number DESC")
    ));
    return first_version(select.bind(1, name).bind(2, version_id));
}

Result<std::vector<std::string>> ListRegistry::file_names() {
    db::Statement select = CAIRN_TRY(
        database_->prepare("SELECT file_name FROM segment UNION SELECT withdrawn_name FROM segment")
    );
    std::vector<std::string> names;
    while (true) {
        const bool more = CAIRN_TRY(select.step());
        if (!more) return names;
        names.emplace_back(select.text(0));
    }
}

Result<std::int64_t> ListRegistry::change_counter() {
    db::Statement select = CAIRN_TRY(database_->prepare("PRAGMA data_version"));
    CAIRN_TRY(select.step());
    return select.integer(0);
}

Result<std::int64_t> ListRegistry::insert(const RegistryVersion& version) {
    db::Statement insert = CAIRN_TRY(
        database_->prepare("INSERT INTO version VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
                           " RETURNING number")
    );
    const ListInfo& info = version.info;
    insert.bind(1, info.name)
        .bind(2, info.version)
        .bind(3, info.version_id)
        .bind(4, info.source)
        .bind(5, info.scheme)
        .bind(6, name_of(info.kind))
        .bind(7, info.format)
        .bind(8, std::int64_t{info.imported_at.time_since_epoch().count()})
        .bind(9, stored(info.entries))
        .bind(10, stored(info.digests[0]))
        .bind(11, stored(info.digests[1]))
        .bind(12, stored(info.digests[2]))
        .bind(13, stored(info.pdq_codes))
        .bind(14, stored(info.pdq_quarantined))
        .bind(15, stored(info.pdq_refused))
        .bind(16, stored(info.file_size_bytes));
    return insert.run_for_integer();
}

Status ListRegistry::insert_segments(const RegistryVersion& version, std::int64_t number) {
    db::Statement insert =
        CAIRN_TRY(database_->prepare("INSERT INTO segment VALUES (?,?,?,?,?,?,?,?)"));
    for (std::size_t i = 0; i < version.segments.size(); ++i) {
        const RegistrySegment& segment = version.segments[i];
        insert.bind(1, number)
            .bind(2, stored(i))
            .bind(3, segment.file_name)
            .bind(4, segment.file_sha256)
            .bind(5, stored(segment.entries))
            .bind(6, segment.withdrawn_name)
            .bind(7, segment.withdrawn_sha256)
            .bind(8, stored(segment.withdrawn));
        CAIRN_TRY(insert.run());
    }
    return ok();
}

Status ListRegistry::switch_to(const RegistryVersion& version) {
    const std::string& name = version.info.name;
    return database_->transaction([&]() -> Status {
        const std::int64_t number = CAIRN_TRY(insert(version));
        CAIRN_TRY(insert_segments(version, number));
        db::Statement current = CAIRN_TRY(
            database_->prepare("INSERT INTO list (name, current) VALUES (?, ?) "
                               "ON CONFLICT (name) DO UPDATE SET current = excluded.current")
        );
        CAIRN_TRY(current.bind(1, name).bind(2, number).run());
        db::Statement older = CAIRN_TRY(database_->prepare(
            "DELETE FROM version WHERE name = ? AND version_id = ? AND number < ?"
        ));
        CAIRN_TRY(older.bind(1, name).bind(2, version.info.version_id).bind(3, number).run());
        db::Statement forget = CAIRN_TRY(database_->prepare(
            "DELETE FROM version WHERE name = ?1 AND number NOT IN "
            "(SELECT number FROM version WHERE name = ?1 ORDER BY number DESC LIMIT ?2)"
        ));
        CAIRN_TRY(forget.bind(1, name).bind(2, std::int64_t{kVersionsKept}).run());
        return database_->execute(
            "DELETE FROM segment WHERE version NOT IN (SELECT number FROM version)"
        );
    });
}

Status ListRegistry::remove(const std::string& name) {
    return database_->transaction([&]() -> Status {
        for (const char* const sql :
             {"DELETE FROM list WHERE name = ?", "DELETE FROM version WHERE name = ?"}) {
            db::Statement statement = CAIRN_TRY(database_->prepare(sql));
            CAIRN_TRY(statement.bind(1, name).run());
        }
        return database_->execute(
            "DELETE FROM segment WHERE version NOT IN (SELECT number FROM version)"
        );
    });
}

}  // namespace cairn::hashlist
