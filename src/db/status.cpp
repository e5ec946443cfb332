#include "db/status.h"

#include <algorithm>

#include "db/table_list.h"

namespace cairn::db {
namespace {

Result<std::string> text_from(Database& database, std::string_view sql) {
    auto query = CAIRN_TRY(database.prepare(sql));
    CAIRN_TRY(query.step());
    return std::string(query.text(0));
}

Status read_engine(Database& database, DatabaseStatus& status) {
    status.engine = database.engine();
    const bool sqlite = status.engine == Engine::sqlite;
    status.engine_version = CAIRN_TRY(text_from(
        database, sqlite ? "SELECT sqlite_version()" : "SELECT current_setting('server_version')"
    ));
    auto size = CAIRN_TRY(database.prepare(
        sqlite ? "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
               : "SELECT pg_database_size(current_database())"
    ));
    const std::int64_t bytes = CAIRN_TRY(size.run_for_integer());
    status.size_bytes = static_cast<std::uint64_t>(bytes);
    return ok();
}

Status read_schemas(Database& database, std::span<const Schema> schemas, DatabaseStatus& status) {
    for (const Schema& schema : schemas) {
        const int version = CAIRN_TRY(database.schema_version(schema));
        status.schemas.push_back({schema.name, version, schema.newest()});
    }
    const bool noted = std::any_of(status.tables.begin(), status.tables.end(), [](const auto& t) {
        return t.name == "schema_version";
    });
    if (noted) {
        auto others = CAIRN_TRY(database.prepare("SELECT name, number FROM schema_version"));
        while (CAIRN_TRY(others.step())) {
            const std::string name(others.text(0));
            const bool known = std::any_of(schemas.begin(), schemas.end(), [&](const Schema& s) {
                return s.name == name;
            });
            if (!known) {
                status.schemas.push_back({name, static_cast<int>(others.integer(1)), 0});
            }
        }
    }
    const bool has_any =
        std::any_of(status.schemas.begin(), status.schemas.end(), [](const SchemaStatus& schema) {
            return schema.version > 0;
        });
    for (const SchemaStatus& schema : status.schemas) {
        if (has_any && schema.version == 0) {
            status.warnings.push_back(fmt::format(
                "the tables of {} are not there: a case folder needs none; elsewhere run `cairn db "
                "migrate`",
                schema.name
            ));
        } else if (schema.known == 0) {
            status.problems.push_back(fmt::format(
                "the tables of {} are unknown to this program; use the newer Cairn that made them",
                schema.name
            ));
        } else if (schema.version > schema.known) {
            status.problems.push_back(fmt::format(
                "the tables of {} were made by a newer Cairn (version {}, this program's have {}); "
                "use that version",
                schema.name,
                schema.version,
                schema.known
            ));
        } else if (schema.version < schema.known) {
            status.problems.push_back(fmt::format(
                "the tables of {} {}; run `cairn db migrate`",
                schema.name,
                schema.version == 0
                    ? std::string("are not there")
                    : fmt::format("have version {} of {}", schema.version, schema.known)
            ));
        }
    }
    return ok();
}

/// What a server was told that breaks "a commit that returned is durable".
Status read_durability(Database& database, DatabaseStatus& status) {
    if (database.engine() == Engine::sqlite) return ok();
    for (const std::string_view setting : {"fsync", "full_page_writes"}) {
        const std::string value =
            CAIRN_TRY(text_from(database, fmt::format("SELECT current_setting('{}')", setting)));
        if (value == "on") continue;
        status.warnings.push_back(fmt::format(
            "the server has {} = {}: a power cut may lose or damage what was reported as done; set "
            "it to on in postgresql.conf",
            setting,
            value
        ));
    }
    return ok();
}

/// An owner of tables can take its own rights back at any time.
Status read_ownership(Database& database, DatabaseStatus& status) {
    if (database.engine() == Engine::sqlite) return ok();
    auto query =
        CAIRN_TRY(database.prepare("SELECT count(*) FROM pg_class WHERE relkind = 'r'"
                                   " AND relnamespace = CAST(current_schema() AS regnamespace)"
                                   " AND pg_has_role(relowner, 'MEMBER')"));
    const std::int64_t owned = CAIRN_TRY(query.run_for_integer());
    if (owned == 0) return ok();
    status.warnings.emplace_back(
        "this role owns the tables: a server that connects so could alter the audit log; give it a "
        "role of its own (`cairn db migrate --server-role`)"
    );
    return ok();
}

}  // namespace

Result<DatabaseStatus> read_status(Database& database, std::span<const Schema> schemas) {
    DatabaseStatus status;
    CAIRN_TRY(read_engine(database, status));
    const auto tables = CAIRN_TRY(read_tables(database));
    for (const Table& table : tables) {
        const std::uint64_t rows = CAIRN_TRY(count_rows(database, table.name));
        status.tables.push_back({table.name, rows});
    }
    std::sort(status.tables.begin(), status.tables.end(), [](const auto& a, const auto& b) {
        return a.name < b.name;
    });
    CAIRN_TRY(read_schemas(database, schemas, status));
    CAIRN_TRY(read_durability(database, status));
    CAIRN_TRY(read_ownership(database, status));
    return status;
}

}  // namespace cairn::db
