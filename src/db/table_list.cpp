#include "db/table_list.h"

#include <algorithm>

#include <fmt/format.h>

namespace cairn::db {
namespace {

Result<ColumnType> type_from(std::string_view word, std::string_view table) {
    if (word == "INTEGER" || word == "bigint") return ColumnType::integer;
    if (word == "TEXT" || word == "text") return ColumnType::text;
    if (word == "BLOB" || word == "bytea") return ColumnType::bytes;
    return fail(Errc::unsupported, "table {}: a column of type {} is not Cairn's", table, word);
}

std::size_t position_of(const Table& table, std::string_view column) {
    const auto found = std::find_if(table.columns.begin(), table.columns.end(), [&](const auto& c) {
        return c.name == column;
    });
    return static_cast<std::size_t>(found - table.columns.begin());
}

Result<std::vector<std::string>> read_names(Database& database, std::string_view sql) {
    auto query = CAIRN_TRY(database.prepare(sql));
    std::vector<std::string> names;
    while (CAIRN_TRY(query.step())) names.emplace_back(query.text(0));
    return names;
}

Status read_sqlite(Database& database, Table& table) {
    auto columns =
        CAIRN_TRY(database.prepare("SELECT c.name, c.type, c.pk, s.sql LIKE '%AUTOINCREMENT%'"
                                   " FROM pragma_table_info(?1) AS c, sqlite_schema AS s"
                                   " WHERE s.type = 'table' AND s.name = ?1 ORDER BY c.cid"));
    columns.bind(1, table.name);
    std::vector<std::pair<std::int64_t, std::size_t>> key;
    while (CAIRN_TRY(columns.step())) {
        Column column;
        column.name = columns.text(0);
        column.type = CAIRN_TRY(type_from(columns.text(1), table.name));
        const std::int64_t place = columns.integer(2);
        column.counter = place > 0 && columns.integer(3) != 0;
        if (place > 0) key.emplace_back(place, table.columns.size());
        table.columns.push_back(std::move(column));
    }
    std::sort(key.begin(), key.end());
    for (const auto& [place, column] : key) table.key.push_back(column);
    auto parents = CAIRN_TRY(
        database.prepare("SELECT DISTINCT \"table\" FROM pragma_foreign_key_list(?) ORDER BY 1")
    );
    parents.bind(1, table.name);
    while (CAIRN_TRY(parents.step())) table.parents.emplace_back(parents.text(0));
    return ok();
}

Status read_postgresql(Database& database, Table& table) {
    auto columns = CAIRN_TRY(database.prepare(
        "SELECT CAST(attname AS TEXT), format_type(atttypid, atttypmod), attidentity <> ''"
        " FROM pg_attribute WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped"
        " ORDER BY attnum"
    ));
    columns.bind(1, quoted(table.name));
    while (CAIRN_TRY(columns.step())) {
        Column column;
        column.name = columns.text(0);
        column.type = CAIRN_TRY(type_from(columns.text(1), table.name));
        column.counter = columns.integer(2) != 0;
        table.columns.push_back(std::move(column));
    }
    auto key = CAIRN_TRY(database.prepare(
        "SELECT CAST(a.attname AS TEXT) FROM pg_index AS i,"
        " unnest(CAST(i.indkey AS int2[])) WITH ORDINALITY AS k(number, place),"
        " pg_attribute AS a"
        " WHERE i.indrelid = to_regclass(?) AND i.indisprimary AND a.attrelid = i.indrelid"
        " AND a.attnum = k.number ORDER BY k.place"
    ));
    key.bind(1, quoted(table.name));
    while (CAIRN_TRY(key.step())) table.key.push_back(position_of(table, key.text(0)));
    auto parents = CAIRN_TRY(
        database.prepare("SELECT DISTINCT CAST(p.relname AS TEXT) FROM pg_constraint AS f"
                         " JOIN pg_class AS p ON p.oid = f.confrelid"
                         " WHERE f.contype = 'f' AND f.conrelid = to_regclass(?) ORDER BY 1")
    );
    parents.bind(1, quoted(table.name));
    while (CAIRN_TRY(parents.step())) table.parents.emplace_back(parents.text(0));
    return ok();
}

/// Each after its parents. Tables that refer to one another in a circle keep their order.
std::vector<Table> parents_first(std::vector<Table> tables) {
    std::vector<Table> sorted;
    const auto waits = [&](const std::string& parent) {
        return std::any_of(tables.begin(), tables.end(), [&](const Table& table) {
            return table.name == parent;
        });
    };
    while (!tables.empty()) {
        auto next = std::find_if(tables.begin(), tables.end(), [&](const Table& table) {
            return std::none_of(table.parents.begin(), table.parents.end(), waits);
        });
        if (next == tables.end()) next = tables.begin();
        sorted.push_back(std::move(*next));
        tables.erase(next);
    }
    return sorted;
}

}  // namespace

std::string quoted(std::string_view name) {
    return fmt::format("\"{}\"", name);
}

Result<std::vector<Table>> read_tables(Database& database) {
    const bool sqlite = database.engine() == Engine::sqlite;
    const auto names = CAIRN_TRY(read_names(
        database,
        sqlite ? "SELECT name FROM sqlite_schema WHERE type = 'table'"
                 " AND name NOT LIKE 'sqlite%' ORDER BY name"
               : "SELECT CAST(relname AS TEXT) FROM pg_class WHERE relkind = 'r'"
                 " AND relnamespace = CAST(current_schema() AS regnamespace)"
                 " ORDER BY relname COLLATE \"C\""
    ));
    std::vector<Table> tables;
    for (const std::string& name : names) {
        Table table;
        table.name = name;
        CAIRN_TRY(sqlite ? read_sqlite(database, table) : read_postgresql(database, table));
        if (table.key.empty()) {
            for (std::size_t i = 0; i < table.columns.size(); ++i) table.key.push_back(i);
        }
        std::erase(table.parents, table.name);
        tables.push_back(std::move(table));
    }
    return parents_first(std::move(tables));
}

Result<Statement> rows_in_key_order(
    Database& database, const Table& table, const std::vector<Column>& columns
) {
    std::string names;
    for (const Column& column : columns) {
        names += fmt::format("{}{}", names.empty() ? "" : ", ", quoted(column.name));
    }
    const bool postgresql = database.engine() == Engine::postgresql;
    std::string order;
    for (const std::size_t position : table.key) {
        const Column& column = table.columns[position];
        // PostgreSQL would sort texts by the customs of a country, SQLite sorts their bytes.
        const bool by_bytes = postgresql && column.type == ColumnType::text;
        order += fmt::format(
            "{}{}{}",
            order.empty() ? "" : ", ",
            quoted(column.name),
            by_bytes ? " COLLATE \"C\"" : ""
        );
    }
    return database.prepare_paged(
        fmt::format("SELECT {} FROM {} ORDER BY {}", names, quoted(table.name), order)
    );
}

Result<std::uint64_t> count_rows(Database& database, const std::string& table) {
    auto query = CAIRN_TRY(database.prepare(fmt::format("SELECT count(*) FROM {}", quoted(table))));
    const std::int64_t rows = CAIRN_TRY(query.run_for_integer());
    return static_cast<std::uint64_t>(rows);
}

}  // namespace cairn::db
