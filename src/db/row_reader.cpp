#include "db/row_reader.h"

#include <fmt/format.h>

namespace cairn::db {

Result<RowReader> RowReader::open(
    Database& database, const Table& table, const std::vector<Column>& columns
) {
    const bool sqlite = database.engine() == Engine::sqlite;
    std::string names;
    for (const Column& column : columns) {
        names += fmt::format("{}{}", names.empty() ? "" : ", ", quoted(column.name));
    }
    std::string order;
    for (const std::size_t position : table.key) {
        const Column& column = table.columns[position];
        // PostgreSQL would sort texts by the customs of a country, SQLite sorts their bytes.
        const bool by_bytes = !sqlite && column.type == ColumnType::text;
        order += fmt::format(
            "{}{}{}",
            order.empty() ? "" : ", ",
            quoted(column.name),
            by_bytes ? " COLLATE \"C\"" : ""
        );
    }
    const std::string select =
        fmt::format("SELECT {} FROM {} ORDER BY {}", names, quoted(table.name), order);
    if (sqlite) {
        auto rows = CAIRN_TRY(database.prepare(select));
        return RowReader(database, std::move(rows));
    }
    CAIRN_TRY(database.execute("DECLARE row_reader NO SCROLL CURSOR FOR " + select));
    auto rows = CAIRN_TRY(database.prepare("FETCH 500 FROM row_reader"));
    return RowReader(database, std::move(rows));
}

Result<bool> RowReader::next() {
    bool more = CAIRN_TRY(rows_.step());
    if (!more && any_in_page_ && database_.engine() == Engine::postgresql) {
        more = CAIRN_TRY(rows_.step());
    }
    any_in_page_ = more;
    if (!more && database_.engine() == Engine::postgresql) {
        CAIRN_TRY(database_.execute("CLOSE row_reader"));
    }
    return more;
}

}  // namespace cairn::db
