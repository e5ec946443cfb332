#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/entry.h"
#include "db/database.h"

// What entries of the logs are found by. The log is never searched by what it says: an index
// follows it, and each entry found is read from the log.

namespace cairn::oversight {

/// At most so many entries are entered in one transaction: on SQLite all else that writes, and so
/// every act that is to be put on record, waits for it (some milliseconds).
inline constexpr std::int64_t kFollowMax = 128;

/// Enters what one of the logs has grown by, kFollowMax entries at most, in one durable
/// transaction: no entry is missed or entered twice, whenever this is killed and however many do it
/// at once. How many; 0 when all logs are entered to their ends. Errc::corrupt_data when a log
/// lacks an entry.
Result<std::int64_t> follow_logs(db::Database& records);

enum class Order : std::uint8_t { newest_first, oldest_first };

/// Which acts are asked for: those that agree with all that is given.
struct ActFilter {
    std::string actor{};      ///< user id
    std::string operation{};  ///< its name
    std::string case_id{};
    std::string object{};  ///< typed id: "user:5f0c..."
    std::optional<audit::Outcome> outcome{};
    std::optional<UtcTime> from{};   ///< the earliest
    std::optional<UtcTime> until{};  ///< the first that is too late
};

/// Where in a log to look.
struct ActPlaces {
    std::int64_t log = 0;
    Order order = Order::newest_first;
    std::optional<std::uint64_t> after{};  ///< goes on behind this place, in the order asked for
    std::int64_t limit = 0;
};

/// An act as it stands in the log.
struct FoundAct {
    std::uint64_t index = 0;              ///< of its leaf
    std::optional<audit::Entry> entry{};  ///< nothing when what is stored is no entry
};

/// The acts in a log, as far as it was followed.
Result<std::vector<FoundAct>> find_acts(
    db::Database& records, const ActFilter& filter, const ActPlaces& places
);

/// Nothing when the log has no such entry.
Result<std::optional<FoundAct>> act_at(
    db::Database& records, std::int64_t log, std::uint64_t index
);

/// How many entries of a log were entered, from the first on.
Result<std::uint64_t> entered_acts(db::Database& records, std::int64_t log);

}  // namespace cairn::oversight
