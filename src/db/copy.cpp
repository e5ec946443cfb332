#include "db/copy.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "db/table_list.h"

namespace cairn::db {
namespace {

constexpr std::string_view kVersions = "schema_version";
constexpr std::uint64_t kProgressRows = 1000;

/// One table, as it stands at both places.
struct Pair {
    Table from;
    Table to;  ///< with the columns in the order of `from`
    std::uint64_t rows = 0;
};

Status check_versions(Database& from, std::span<const Schema> schemas) {
    for (const Schema& schema : schemas) {
        const int version = CAIRN_TRY(from.schema_version(schema));
        if (version == 0 || version == schema.newest()) continue;
        return fail(
            Errc::unsupported,
            "{}: the tables of {} have version {}, this program's have {}; {}",
            from.name(),
            schema.name,
            version,
            schema.newest(),
            version < schema.newest() ? "run `cairn db migrate` on it first"
                                      : "use the newer Cairn that made them"
        );
    }
    return ok();
}

std::vector<std::string> names_of(const std::vector<Column>& columns) {
    std::vector<std::string> names;
    for (const Column& column : columns) names.push_back(column.name);
    std::sort(names.begin(), names.end());
    return names;
}

/// The columns of `to` in the order of `from`; the key then by the new positions.
Status align(const Table& from, Table& to) {
    const auto rank = [&](const Column& column) {
        return std::find_if(
                   from.columns.begin(),
                   from.columns.end(),
                   [&](const Column& c) { return c.name == column.name; }
               ) -
               from.columns.begin();
    };
    if (names_of(from.columns) != names_of(to.columns)) {
        return fail(Errc::unsupported, "table {}: its columns differ at both places", from.name);
    }
    std::sort(to.columns.begin(), to.columns.end(), [&](const Column& a, const Column& b) {
        return rank(a) < rank(b);
    });
    to.key = from.key;
    return ok();
}

/// Parents first, as the target has them.
Result<std::vector<Pair>> pair_tables(Database& from, Database& to) {
    std::vector<Table> sources = CAIRN_TRY(read_tables(from));
    const std::vector<Table> targets = CAIRN_TRY(read_tables(to));
    std::erase_if(sources, [](const Table& table) { return table.name == kVersions; });
    std::vector<Pair> pairs;
    for (const Table& target : targets) {
        const auto source = std::find_if(sources.begin(), sources.end(), [&](const Table& table) {
            return table.name == target.name;
        });
        if (target.name == kVersions) continue;
        const std::uint64_t rows = CAIRN_TRY(count_rows(to, target.name));
        if (rows > 0) {
            return fail(
                Errc::conflict,
                "{}: table {} holds rows already; copy into an empty place",
                to.name(),
                target.name
            );
        }
        if (source == sources.end()) continue;
        Pair pair{*source, target, 0};
        CAIRN_TRY(align(pair.from, pair.to));
        pairs.push_back(std::move(pair));
        sources.erase(source);
    }
    if (sources.empty()) return pairs;
    return fail(
        Errc::unsupported,
        "{}: table {} is not one of the records of this Cairn; nothing was copied",
        from.name(),
        sources.front().name
    );
}

/// SQLite keeps what it is given; only values of the column's type can be copied.
Status check_types(Database& from, const Table& table) {
    if (from.engine() != Engine::sqlite) return ok();
    std::string wrong;
    for (const Column& column : table.columns) {
        const std::string_view word = column.type == ColumnType::integer ? "integer"
                                      : column.type == ColumnType::text  ? "text"
                                                                         : "blob";
        wrong += fmt::format(
            "{}typeof({}) NOT IN ('null', '{}')",
            wrong.empty() ? "" : " OR ",
            quoted(column.name),
            word
        );
    }
    auto query = CAIRN_TRY(
        from.prepare(fmt::format("SELECT 1 FROM {} WHERE {} LIMIT 1", quoted(table.name), wrong))
    );
    const bool found = CAIRN_TRY(query.step());
    if (!found) return ok();
    return fail(
        Errc::corrupt_data,
        "{}: table {} holds a value that is not of its column's type",
        from.name(),
        table.name
    );
}

/// Numbers name a row; other keys may be content, so only the row's place is said.
std::string key_text(const Table& table, const Statement& row, std::uint64_t place) {
    std::string text = fmt::format("row {} in the order of its key", place);
    std::string values;
    for (const std::size_t position : table.key) {
        const Column& column = table.columns[position];
        if (column.type != ColumnType::integer) continue;
        values += fmt::format(
            "{}{} {}",
            values.empty() ? "" : ", ",
            column.name,
            row.integer(static_cast<int>(position))
        );
    }
    return values.empty() ? text : fmt::format("{} ({})", text, values);
}

class Copier {
public:
    Copier(Database& from, Database& to, const std::function<void(const CopyProgress&)>& progress)
        : from_(from), to_(to), report_(progress) {}

    Status run(std::vector<Pair> pairs) {
        pairs_ = std::move(pairs);
        // Rows of one table may refer to later ones.
        if (to_.engine() == Engine::sqlite) {
            CAIRN_TRY(to_.execute("PRAGMA defer_foreign_keys = ON"));
        }
        begin(CopyProgress::Step::copying);
        for (const Pair& pair : pairs_) CAIRN_TRY(copy(pair));
        for (const Pair& pair : pairs_) CAIRN_TRY(copy_counters(pair));
        begin(CopyProgress::Step::verifying);
        for (const Pair& pair : pairs_) CAIRN_TRY(verify(pair));
        report_(progress_);
        return ok();
    }

private:
    void begin(CopyProgress::Step step) {
        progress_ = {step, 0, 0};
        for (const Pair& pair : pairs_) progress_.rows_total += pair.rows;
    }

    void advance() {
        if (++progress_.rows_done % kProgressRows == 0) report_(progress_);
    }

    Status copy(const Pair& pair) {
        CAIRN_TRY(check_types(from_, pair.from));
        std::vector<std::string_view> names;
        for (const Column& column : pair.from.columns) names.emplace_back(column.name);
        auto rows = CAIRN_TRY(rows_in_key_order(from_, pair.from, pair.from.columns));
        auto bulk = CAIRN_TRY(to_.bulk_insert(pair.to.name, names));
        std::uint64_t place = 0;
        while (CAIRN_TRY(rows.step())) {
            ++place;
            const auto added = add_row(pair.from, rows, bulk);
            if (!added) {
                const std::string key = key_text(pair.from, rows, place);
                return Error(added.error())
                    .with_context(fmt::format("table {}: {}", pair.from.name, key));
            }
            advance();
        }
        return bulk.finish();
    }

    Status add_row(const Table& table, const Statement& row, BulkInsert& bulk) {
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            const int column = static_cast<int>(i);
            if (row.is_null(column)) {
                bulk.add_null();
            } else if (table.columns[i].type == ColumnType::integer) {
                bulk.add(row.integer(column));
            } else if (table.columns[i].type == ColumnType::bytes) {
                bulk.add(row.bytes(column));
            } else {
                const std::string_view text = row.text(column);
                CAIRN_TRY(check_text(table.columns[i].name, text));
                bulk.add(text);
            }
        }
        return bulk.end_row();
    }

    Status check_text(const std::string& column, std::string_view text) {
        if (to_.engine() == Engine::sqlite) return ok();
        const bool zero = text.find('\0') != text.npos;
        if (!zero && is_utf8(text)) return ok();
        return fail(
            Errc::corrupt_data,
            "the text in column {} {}; PostgreSQL cannot store it",
            column,
            zero ? "holds a zero byte" : "is not UTF-8"
        );
    }

    /// The highest number that was given, 0 when none was.
    Result<std::int64_t> counter_of(Database& database, const Table& table, const Column& column) {
        auto highest = CAIRN_TRY(database.prepare(fmt::format(
            "SELECT coalesce(max({}), 0) FROM {}", quoted(column.name), quoted(table.name)
        )));
        const std::int64_t seen = CAIRN_TRY(highest.run_for_integer());
        const bool counts =
            std::any_of(table.columns.begin(), table.columns.end(), [&](const Column& c) {
                return c.name == column.name && c.counter;
            });
        if (!counts) return seen;
        std::string sql;
        if (database.engine() == Engine::sqlite) {
            sql = fmt::format(
                "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = '{}'", table.name
            );
        } else {
            const std::string sequence = CAIRN_TRY(sequence_of(database, table, column));
            sql = fmt::format(
                "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {}", sequence
            );
        }
        auto query = CAIRN_TRY(database.prepare(sql));
        const std::int64_t given = CAIRN_TRY(query.run_for_integer());
        return std::max(seen, given);
    }

    Result<std::string> sequence_of(Database& database, const Table& table, const Column& column) {
        auto query = CAIRN_TRY(database.prepare("SELECT pg_get_serial_sequence(?, ?)"));
        query.bind(1, quoted(table.name)).bind(2, column.name);
        CAIRN_TRY(query.step());
        return std::string(query.text(0));
    }

    Status copy_counters(const Pair& pair) {
        for (std::size_t i = 0; i < pair.to.columns.size(); ++i) {
            const Column& column = pair.to.columns[i];
            if (!column.counter) continue;
            const std::int64_t last = CAIRN_TRY(counter_of(from_, pair.from, column));
            if (last > 0) CAIRN_TRY(set_counter(pair.to, column, last));
        }
        return ok();
    }

    Status set_counter(const Table& table, const Column& column, std::int64_t last) {
        if (to_.engine() == Engine::postgresql) {
            const std::string sequence = CAIRN_TRY(sequence_of(to_, table, column));
            auto set = CAIRN_TRY(to_.prepare("SELECT setval(CAST(? AS regclass), ?)"));
            return set.bind(1, sequence).bind(2, last).run();
        }
        auto forget = CAIRN_TRY(to_.prepare("DELETE FROM sqlite_sequence WHERE name = ?"));
        CAIRN_TRY(forget.bind(1, table.name).run());
        auto set = CAIRN_TRY(to_.prepare("INSERT INTO sqlite_sequence(name, seq) VALUES(?, ?)"));
        return set.bind(1, table.name).bind(2, last).run();
    }

    Status verify(const Pair& pair) {
        auto source = CAIRN_TRY(rows_in_key_order(from_, pair.from, pair.from.columns));
        auto target = CAIRN_TRY(rows_in_key_order(to_, pair.to, pair.to.columns));
        for (std::uint64_t place = 1;; ++place) {
            const bool more = CAIRN_TRY(source.step());
            const bool copied = CAIRN_TRY(target.step());
            if (!more && !copied) return ok();
            if (!more || !copied || !equal(pair.from, source, target)) {
                return fail(
                    Errc::corrupt_data,
                    "table {}: {} differs after copying; nothing was kept",
                    pair.from.name,
                    key_text(pair.from, more ? source : target, place)
                );
            }
            advance();
        }
    }

    static bool equal(const Table& table, const Statement& left, const Statement& right) {
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            const int column = static_cast<int>(i);
            if (left.is_null(column) != right.is_null(column)) return false;
            if (left.is_null(column)) continue;
            const bool same = table.columns[i].type == ColumnType::integer
                                  ? left.integer(column) == right.integer(column)
                                  : left.text(column) == right.text(column);
            if (!same) return false;
        }
        return true;
    }

    Database& from_;
    Database& to_;
    const std::function<void(const CopyProgress&)>& report_;
    std::vector<Pair> pairs_;
    CopyProgress progress_;
};

}  // namespace

Result<CopyOutcome> copy_records(
    Database& from,
    Database& to,
    std::span<const Schema> schemas,
    const std::function<void(const CopyProgress&)>& progress
) {
    CAIRN_TRY(check_versions(from, schemas));
    for (const Schema& schema : schemas) CAIRN_TRY(to.migrate(schema));
    CopyOutcome outcome;
    const auto copy_all = [&]() -> Status {
        auto pairs = CAIRN_TRY(pair_tables(from, to));
        outcome = {pairs.size(), 0};
        for (Pair& pair : pairs) {
            pair.rows = CAIRN_TRY(count_rows(from, pair.from.name));
            outcome.rows += pair.rows;
        }
        return Copier(from, to, progress).run(std::move(pairs));
    };
    // The reading transaction is the outer one: it is never run again.
    CAIRN_TRY(from.transaction([&] { return to.transaction(copy_all); }));
    return outcome;
}

}  // namespace cairn::db
