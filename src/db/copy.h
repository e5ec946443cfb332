#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "db/database.h"

namespace cairn::db {

struct CopyProgress {
    enum class Step : std::uint8_t { copying, verifying };
    Step step = Step::copying;
    std::uint64_t rows_done = 0;  ///< of this step
    std::uint64_t rows_total = 0;
};

struct CopyOutcome {
    std::size_t tables = 0;
    std::uint64_t rows = 0;
};

/// Copies all rows of the schemas' tables into another database, on any engine, as they stand at
/// one moment; then reads both and compares each value; commits only when all are equal. Numbers
/// that the engine gives go on after the highest that was given.
///
/// `from` is opened to read only. `to` holds no rows yet; its tables are made where they are not
/// there. Errc::conflict when it holds rows, unsupported when `from` is of another version or holds
/// tables that are of no schema, corrupt_data when a value cannot be copied or differs afterwards,
/// naming table and key.
Result<CopyOutcome> copy_records(
    Database& from,
    Database& to,
    std::span<const Schema> schemas,
    const std::function<void(const CopyProgress&)>& progress
);

}  // namespace cairn::db
