#pragma once

#include <optional>

#include "db/table_list.h"

namespace cairn::db {

/// The rows of a table in the order of its key, the same on both engines, in bounded memory.
/// Within a transaction; one at a time for each database.
class RowReader {
public:
    /// The values of a row come in the order of `columns`, which are table.columns in any order.
    static Result<RowReader> open(
        Database& database, const Table& table, const std::vector<Column>& columns
    );

    /// Advances: false at the end.
    Result<bool> next();
    const Statement& row() const { return rows_; }

private:
    RowReader(Database& database, Statement rows) : database_(database), rows_(std::move(rows)) {}

    Database& database_;
    Statement rows_;  ///< of the page
    bool any_in_page_ = false;
};

}  // namespace cairn::db
