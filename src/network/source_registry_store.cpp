#include "network/source_registry_store.h"

#include <array>

#include "network/limits.h"
#include "network/range_table.h"

namespace cairn::network {
namespace {

constexpr std::array kMigrations = {db::Migration{1, R"(
    CREATE TABLE version (
        number       INTEGER PRIMARY KEY AUTOINCREMENT,
        name         TEXT NOT NULL,
        kind         TEXT NOT NULL,
        valid_from   INTEGER NOT NULL, -- microseconds since 1970, UTC
        version      TEXT NOT NULL,
        licence      TEXT NOT NULL,
        sha256       TEXT NOT NULL,    -- of the files as they were given
        imported_at  INTEGER NOT NULL,
        installed    INTEGER NOT NULL, -- 1: came with a package of the system
        countries    INTEGER NOT NULL, -- 1: it may say this
        systems      INTEGER NOT NULL,
        connections  INTEGER NOT NULL,
        classes      INTEGER NOT NULL, -- bit n: class n
        ranges       INTEGER NOT NULL,
        file_name    TEXT NOT NULL,
        file_sha256  TEXT NOT NULL,
        UNIQUE (name, valid_from)
    ) STRICT;
    CREATE TABLE installed (
        name   TEXT PRIMARY KEY,
        stamp  TEXT NOT NULL -- names, sizes and times of the files that were taken in
    ) STRICT, WITHOUT ROWID;
)"}};

constexpr std::string_view kColumns =
    "number, name, kind, valid_from, version, licence, sha256, imported_at, installed, countries, "
    "systems, connections, classes, ranges, file_name, file_sha256";

ClassSet classes_from_bits(std::int64_t bits) {
    ClassSet classes;
    for (const ClassRow& row : address_classes()) {
        const auto shift = static_cast<unsigned>(row.address_class);
        if ((static_cast<std::uint64_t>(bits) >> shift & 1U) != 0) {
            classes.insert(row.address_class);
        }
    }
    return classes;
}

Result<SourceVersion> version_of(const db::Statement& row) {
    SourceVersion version;
    version.number = row.integer(0);
    version.name = row.text(1);
    const auto kind = source_kind_from(row.text(2));
    if (!kind) {
        return fail(
            Errc::unsupported,
            "source \"{}\" is of a kind that this program does not know; use a newer one",
            version.name
        );
    }
    version.kind = *kind;
    version.valid_from = utc_from_microseconds(row.integer(3));
    version.version = row.text(4);
    version.licence = row.text(5);
    version.sha256 = row.text(6);
    version.imported_at = utc_from_microseconds(row.integer(7));
    version.installed = row.integer(8) != 0;
    version.coverage.countries = row.integer(9) != 0;
    version.coverage.systems = row.integer(10) != 0;
    version.coverage.connections = row.integer(11) != 0;
    version.coverage.classes = classes_from_bits(row.integer(12));
    version.ranges = static_cast<std::uint64_t>(row.integer(13));
    version.file_name = row.text(14);
    version.file_sha256 = row.text(15);
    return version;
}

}  // namespace

Result<std::unique_ptr<SourceRegistry>> SourceRegistry::open(const std::string& path) {
    auto database = CAIRN_TRY(db::Database::open(path, {}));
    CAIRN_TRY(database->migrate({"network", kMigrations}));
    return std::unique_ptr<SourceRegistry>(new SourceRegistry(std::move(database)));
}

Result<std::vector<SourceVersion>> SourceRegistry::versions() {
    db::Statement select = CAIRN_TRY(database_->prepare(
        fmt::format("SELECT {} FROM version ORDER BY name, valid_from", kColumns)
    ));
    std::vector<SourceVersion> versions;
    while (true) {
        const bool more = CAIRN_TRY(select.step());
        if (!more) return versions;
        SourceVersion version = CAIRN_TRY(version_of(select));
        versions.push_back(std::move(version));
    }
}

Result<std::optional<SourceVersion>> SourceRegistry::version_at(
    const std::string& name, UtcTime valid_from
) {
    db::Statement select = CAIRN_TRY(database_->prepare(
        fmt::format("SELECT {} FROM version WHERE name = ? AND valid_from = ?", kColumns)
    ));
    select.bind(1, name).bind(2, microseconds_of(valid_from));
    const bool found = CAIRN_TRY(select.step());
    if (!found) return std::optional<SourceVersion>();
    SourceVersion version = CAIRN_TRY(version_of(select));
    return std::optional(std::move(version));
}

Status SourceRegistry::insert(const SourceVersion& version) {
    db::Statement count = CAIRN_TRY(database_->prepare("SELECT count(*) FROM version"));
    const std::int64_t kept = CAIRN_TRY(count.run_for_integer());
    if (kept >= static_cast<std::int64_t>(kVersionsMax)) {
        return fail(Errc::limit_exceeded, "{} versions are kept; remove some", kVersionsMax);
    }
    db::Statement insert = CAIRN_TRY(
        database_->prepare("INSERT INTO version VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
    );
    insert.bind(1, version.name)
        .bind(2, name_of(version.kind))
        .bind(3, microseconds_of(version.valid_from))
        .bind(4, version.version)
        .bind(5, version.licence)
        .bind(6, version.sha256)
        .bind(7, microseconds_of(version.imported_at))
        .bind(8, std::int64_t{version.installed})
        .bind(9, std::int64_t{version.coverage.countries})
        .bind(10, std::int64_t{version.coverage.systems})
        .bind(11, std::int64_t{version.coverage.connections})
        .bind(12, std::int64_t{bits_of(version.coverage.classes)})
        .bind(13, static_cast<std::int64_t>(version.ranges))
        .bind(14, version.file_name)
        .bind(15, version.file_sha256);
    return insert.run();
}

Result<std::int64_t> SourceRegistry::remove(
    const std::string& name, std::optional<UtcTime> valid_from
) {
    db::Statement remove = CAIRN_TRY(database_->prepare(
        "DELETE FROM version WHERE name = ?1 AND (?2 IS NULL OR valid_from = ?2)"
    ));
    std::optional<std::int64_t> time;
    if (valid_from) time = microseconds_of(*valid_from);
    CAIRN_TRY(remove.bind(1, name).bind_optional(2, time).run());
    return database_->changed_rows();
}

Status SourceRegistry::set_stamp(const std::string& name, const std::string& stamp) {
    db::Statement insert =
        CAIRN_TRY(database_->prepare("INSERT INTO installed (name, stamp) VALUES (?, ?) "
                                     "ON CONFLICT (name) DO UPDATE SET stamp = excluded.stamp"));
    return insert.bind(1, name).bind(2, stamp).run();
}

Result<std::string> SourceRegistry::stamp(const std::string& name) {
    db::Statement select =
        CAIRN_TRY(database_->prepare("SELECT stamp FROM installed WHERE name = ?"));
    const bool found = CAIRN_TRY(select.bind(1, name).step());
    return found ? std::string(select.text(0)) : std::string();
}

}  // namespace cairn::network
