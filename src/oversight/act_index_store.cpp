#include <algorithm>
#include <array>
#include <map>
#include <variant>

#include "oversight/act_index.h"

namespace cairn::oversight {
namespace {

/// Of how many places a row of indexed_span tells the times: ten million entries make ten thousand.
constexpr std::int64_t kSpanPlaces = 1024;
static_assert(static_cast<int>(audit::Outcome::ok) == 0, "the statements and indexes say 0");

struct Behind {
    std::int64_t log = 0;
    std::int64_t entered = 0;
    std::int64_t size = 0;
};

struct Times {
    std::int64_t min = 0;
    std::int64_t max = 0;
};

/// One entry as the tables have it.
struct Row {
    std::int64_t place = 0;
    std::int64_t time = 0;
    audit::Entry entry{};
};

Result<std::optional<Behind>> next_behind(db::Database& records) {
    auto query = CAIRN_TRY(records.prepare(
        "SELECT l.id, coalesce(f.entered, 0), l.size FROM audit_log AS l"
        " LEFT JOIN followed_log AS f ON f.log = l.id WHERE l.size > coalesce(f.entered, 0)"
        " ORDER BY l.size - coalesce(f.entered, 0) LIMIT 1"
    ));
    const bool row = CAIRN_TRY(query.step());
    if (!row) return std::optional<Behind>();
    return std::optional(Behind{
        .log = query.integer(0), .entered = query.integer(1), .size = query.integer(2)});
}

Result<std::vector<Row>> read_rows(db::Database& records, const Behind& behind) {
    auto query = CAIRN_TRY(
        records.prepare("SELECT place, entry FROM audit_entry WHERE log = ? AND place >= ?"
                        " AND place < ? ORDER BY place")
    );
    const std::int64_t end = std::min(behind.size, behind.entered + kFollowMax);
    query.bind(1, behind.log).bind(2, behind.entered).bind(3, end);
    std::vector<Row> rows;
    while (CAIRN_TRY(query.step())) {
        Row row{.place = query.integer(0), .time = rows.empty() ? 0 : rows.back().time};
        // What is no entry is entered too, by its place alone: it must not stop what follows.
        if (auto entry = audit::parse_entry(query.bytes(1))) {
            row.time = microseconds_of(entry->time);
            row.entry = *std::move(entry);
        }
        rows.push_back(std::move(row));
    }
    if (static_cast<std::int64_t>(rows.size()) != end - behind.entered) {
        return fail(
            Errc::corrupt_data,
            "audit log: of the entries {} to {} some are missing; run cairn audit verify",
            behind.entered,
            end - 1
        );
    }
    return rows;
}

Status enter_acts(db::Database& records, std::int64_t log, std::span<const Row> rows) {
    constexpr std::array<std::string_view, 7> kColumns = {
        "log", "place", "time", "actor", "operation", "case_id", "outcome"};
    auto bulk = CAIRN_TRY(records.bulk_insert("indexed_act", kColumns));
    for (const Row& row : rows) {
        bulk.add(log).add(row.place).add(row.time).add(row.entry.actor);
        bulk.add(row.entry.operation).add(row.entry.case_id);
        bulk.add(static_cast<std::int64_t>(row.entry.outcome));
        CAIRN_TRY(bulk.end_row());
    }
    return bulk.finish();
}

Status enter_objects(db::Database& records, std::int64_t log, std::span<const Row> rows) {
    constexpr std::array<std::string_view, 3> kColumns = {"log", "object", "place"};
    auto bulk = CAIRN_TRY(records.bulk_insert("indexed_object", kColumns));
    for (const Row& row : rows) {
        const auto* listed = std::get_if<std::vector<std::string>>(&row.entry.objects);
        if (listed == nullptr) continue;
        std::vector<std::string> objects = *listed;
        std::sort(objects.begin(), objects.end());
        objects.erase(std::unique(objects.begin(), objects.end()), objects.end());
        for (const std::string& object : objects) {
            bulk.add(log).add(object).add(row.place);
            CAIRN_TRY(bulk.end_row());
        }
    }
    return bulk.finish();
}

Status enter_times(db::Database& records, std::int64_t log, std::span<const Row> rows) {
    std::map<std::int64_t, Times> spans;
    for (const Row& row : rows) {
        const auto [span, is_new] =
            spans.try_emplace(row.place / kSpanPlaces, Times{.min = row.time, .max = row.time});
        span->second.min = std::min(span->second.min, row.time);
        span->second.max = std::max(span->second.max, row.time);
    }
    auto find = CAIRN_TRY(
        records.prepare("SELECT time_min, time_max FROM indexed_span WHERE log = ? AND span = ?")
    );
    auto write = CAIRN_TRY(records.prepare(
        "INSERT INTO indexed_span (log, span, time_min, time_max) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (log, span) DO UPDATE SET time_min = excluded.time_min,"
        " time_max = excluded.time_max"
    ));
    for (auto& [span, times] : spans) {
        const bool known = CAIRN_TRY(find.bind(1, log).bind(2, span).step());
        if (known) {
            times.min = std::min(times.min, find.integer(0));
            times.max = std::max(times.max, find.integer(1));
        }
        find.reset();
        write.bind(1, log).bind(2, span).bind(3, times.min).bind(4, times.max);
        CAIRN_TRY(write.run());
    }
    return ok();
}

/// Within a transaction.
Status enter(db::Database& records, const Behind& behind, std::span<const Row> rows) {
    CAIRN_TRY(enter_acts(records, behind.log, rows));
    CAIRN_TRY(enter_objects(records, behind.log, rows));
    CAIRN_TRY(enter_times(records, behind.log, rows));
    auto advance =
        CAIRN_TRY(records.prepare("INSERT INTO followed_log (log, entered) VALUES (?, ?)"
                                  " ON CONFLICT (log) DO UPDATE SET entered = excluded.entered"));
    advance.bind(1, behind.log).bind(2, behind.entered + static_cast<std::int64_t>(rows.size()));
    return advance.run();
}

/// Conditions and their values, side by side.
class Conditions {
public:
    template <typename Value>
    void add(std::string_view condition, const Value& value) {
        text_ += fmt::format("{}{}", text_.empty() ? " WHERE " : " AND ", condition);
        values_.emplace_back(value);
    }
    void add_text(std::string_view condition, const std::string& value) {
        if (!value.empty()) add(condition, value);
    }
    const std::string& text() const { return text_; }
    void bind(db::Statement& query) const {
        int position = 0;
        for (const auto& value : values_) {
            ++position;
            if (const auto* number = std::get_if<std::int64_t>(&value)) {
                query.bind(position, *number);
            } else {
                query.bind(position, std::get<std::string>(value));
            }
        }
    }

private:
    std::string text_;
    std::vector<std::variant<std::int64_t, std::string>> values_;
};

struct PlaceRange {
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

/// Outside of these places no act is of the time asked for.
Result<PlaceRange> places_of_time(
    db::Database& records, std::int64_t log, std::int64_t from, std::int64_t until
) {
    auto query =
        CAIRN_TRY(records.prepare("SELECT min(span), max(span) FROM indexed_span WHERE log = ?"
                                  " AND time_max >= ? AND time_min < ? HAVING count(*) > 0"));
    const bool found = CAIRN_TRY(query.bind(1, log).bind(2, from).bind(3, until).step());
    if (!found) return PlaceRange{};
    return PlaceRange{
        .begin = query.integer(0) * kSpanPlaces, .end = (query.integer(1) + 1) * kSpanPlaces};
}

/// The conditions for the rows of a query over indexed_act as `a` and, when an object is asked for,
/// indexed_object as `o`, whose places are in column `place`.
Result<Conditions> conditions_for(
    db::Database& records, const ActFilter& filter, const ActPlaces& places, std::string_view place
) {
    Conditions conditions;
    conditions.add(filter.object.empty() ? "a.log = ?" : "o.log = ?", places.log);
    conditions.add_text("o.object = ?", filter.object);
    conditions.add_text("a.actor = ?", filter.actor);
    conditions.add_text("a.operation = ?", filter.operation);
    // The second halves let the indexes of acts with a case, and of failed ones, be used.
    conditions.add_text("a.case_id = ? AND a.case_id <> ''", filter.case_id);
    if (filter.outcome) {
        const bool done = *filter.outcome == audit::Outcome::ok;
        const std::string_view failed = "a.outcome = ? AND a.outcome <> 0";
        conditions.add(done ? "a.outcome = ?" : failed, static_cast<std::int64_t>(*filter.outcome));
    }
    if (filter.from || filter.until) {
        const std::int64_t from = filter.from ? microseconds_of(*filter.from) : 0;
        const std::int64_t until =
            filter.until ? microseconds_of(*filter.until) : microseconds_of(UtcTime::max());
        const auto range = CAIRN_TRY(places_of_time(records, places.log, from, until));
        conditions.add(fmt::format("{} >= ?", place), range.begin);
        conditions.add(fmt::format("{} < ?", place), range.end);
        conditions.add("a.time >= ?", from);
        conditions.add("a.time < ?", until);
    }
    if (places.after) {
        const std::string_view behind = places.order == Order::newest_first ? "<" : ">";
        const auto after = static_cast<std::int64_t>(*places.after);
        conditions.add(fmt::format("{} {} ?", place, behind), after);
    }
    return conditions;
}

FoundAct found_act(const db::Statement& row) {
    FoundAct found{.index = static_cast<std::uint64_t>(row.integer(0))};
    if (row.is_null(1)) return found;
    if (auto entry = audit::parse_entry(row.bytes(1))) found.entry = *std::move(entry);
    return found;
}

}  // namespace

Result<std::int64_t> follow_logs(db::Database& records) {
    std::int64_t count = 0;
    CAIRN_TRY(records.transaction([&]() -> Status {
        count = 0;
        const auto behind = CAIRN_TRY(next_behind(records));
        if (!behind) return ok();
        const auto rows = CAIRN_TRY(read_rows(records, *behind));
        CAIRN_TRY(enter(records, *behind, rows));
        count = static_cast<std::int64_t>(rows.size());
        return ok();
    }));
    return count;
}

Result<std::vector<FoundAct>> find_acts(
    db::Database& records, const ActFilter& filter, const ActPlaces& places
) {
    const std::string_view place = filter.object.empty() ? "a.place" : "o.place";
    const Conditions conditions = CAIRN_TRY(conditions_for(records, filter, places, place));
    const std::string_view joined =
        filter.object.empty() ? "indexed_act AS a"
                              : "indexed_object AS o JOIN indexed_act AS a ON a.log = o.log"
                                " AND a.place = o.place";
    auto query = CAIRN_TRY(records.prepare(fmt::format(
        "SELECT {}, e.entry FROM {} LEFT JOIN audit_entry AS e ON e.log = a.log"
        " AND e.place = a.place{} ORDER BY {} {} LIMIT {}",
        place,
        joined,
        conditions.text(),
        place,
        places.order == Order::newest_first ? "DESC" : "ASC",
        places.limit
    )));
    conditions.bind(query);
    std::vector<FoundAct> found;
    while (CAIRN_TRY(query.step())) found.push_back(found_act(query));
    return found;
}

Result<std::optional<FoundAct>> act_at(
    db::Database& records, std::int64_t log, std::uint64_t index
) {
    auto query =
        CAIRN_TRY(records.prepare("SELECT place, entry FROM audit_entry WHERE log = ? AND place = ?"
        ));
    query.bind(1, log).bind(2, static_cast<std::int64_t>(index));
    const bool row = CAIRN_TRY(query.step());
    return row ? std::optional(found_act(query)) : std::nullopt;
}

Result<std::uint64_t> entered_acts(db::Database& records, std::int64_t log) {
    auto query = CAIRN_TRY(records.prepare("SELECT entered FROM followed_log WHERE log = ?"));
    const bool row = CAIRN_TRY(query.bind(1, log).step());
    return row ? static_cast<std::uint64_t>(query.integer(0)) : 0;
}

}  // namespace cairn::oversight
