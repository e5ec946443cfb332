#pragma once

#include <span>
#include <string>
#include <vector>

#include "db/database.h"

namespace cairn::db {

struct SchemaStatus {
    std::string name;
    int version = 0;  ///< in the database; 0 when its tables are not there
    int known = 0;    ///< by this program; 0 when it does not know the schema
};

struct TableStatus {
    std::string name;
    std::uint64_t rows = 0;
};

/// What stands in a database and what is wrong with it.
struct DatabaseStatus {
    Engine engine = Engine::sqlite;
    std::string engine_version;
    std::uint64_t size_bytes = 0;
    std::vector<SchemaStatus> schemas;
    std::vector<TableStatus> tables;
    std::vector<std::string> problems;  ///< Cairn cannot work with it; each with its cure
    std::vector<std::string> warnings;  ///< Cairn works, but a promise does not hold
};

/// Counts every row: takes time where there are many. Changes nothing.
Result<DatabaseStatus> read_status(Database& database, std::span<const Schema> schemas);

}  // namespace cairn::db
