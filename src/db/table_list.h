#pragma once

#include <string>
#include <vector>

#include "db/database.h"

namespace cairn::db {

enum class ColumnType : std::uint8_t { integer, text, bytes };

struct Column {
    std::string name;
    ColumnType type = ColumnType::integer;
    bool counter = false;  ///< the engine gives numbers that it never gives twice
};

/// A table as it stands in a database.
struct Table {
    std::string name;
    std::vector<Column> columns;
    std::vector<std::size_t> key;      ///< columns of the primary key; all where there is none
    std::vector<std::string> parents;  ///< other tables that its foreign keys refer to
};

/// All tables but those of the engine, each after its parents, else by name. Errc::unsupported for
/// columns of types that Cairn does not use.
Result<std::vector<Table>> read_tables(Database& database);

/// A query of all rows of a table in the order of its key, the same on both engines, in pages.
/// Values come in the order of `columns`, which are table.columns in any order.
Result<Statement> rows_in_key_order(
    Database& database, const Table& table, const std::vector<Column>& columns
);

/// `name` in quotes, for SQL.
std::string quoted(std::string_view name);

Result<std::uint64_t> count_rows(Database& database, const std::string& table);

}  // namespace cairn::db
