#pragma once

#include <memory>
#include <string>
#include <vector>

#include "audit/log_place.h"
#include "db/database.h"

// Logs as they lie in records, for reading.

namespace cairn::audit {

/// The tables of all logs in one set of records.
const db::Schema& log_schema();

/// The number of a log in the tables. Errc::not_found.
Result<std::int64_t> number_of_log(db::Database& records, const std::string& origin);
/// The tree as stored.
Result<TreeHead> stored_head(db::Database& records, std::int64_t log);
/// The signed checkpoint with the largest size; nothing before the first.
Result<std::optional<std::string>> last_note(db::Database& records, std::int64_t log);

/// The tiles and bundles of a log in the records.
class RecordedTiles final : public TileSource {
public:
    RecordedTiles(db::Database& records, std::int64_t log) : records_(records), log_(log) {}
    Result<std::optional<ByteVector>> read_tile(const TileId& tile) override;

private:
    Result<std::optional<ByteVector>> read_bundle(const TileId& tile);

    db::Database& records_;
    std::int64_t log_;
};

/// A log in the records. Errc::not_found.
Result<std::unique_ptr<StoredLog>> open_stored_log(
    db::Database& records, const std::string& origin
);
/// The origins of the logs there are, in order.
Result<std::vector<std::string>> stored_logs(db::Database& records);

/// Opens records for reading; see LogPlace.
Result<std::unique_ptr<LogPlace>> open_records_place(const std::string& location);

}  // namespace cairn::audit
