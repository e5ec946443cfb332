#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "db/integer_set.h"

namespace cairn::db {

class BoundStatement;
class BulkTarget;
class Connection;

/// A prepared statement. Bind by position from 1, then step. Bound text and bytes are copied.
/// Must not outlive its Database; one thread at a time.
class Statement {
public:
    explicit Statement(std::unique_ptr<BoundStatement> statement);
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    Statement& bind(int position, std::int64_t value);
    Statement& bind(int position, std::string_view text);
    Statement& bind(int position, Bytes bytes);
    /// For `in_set(column, ?)`. `set` must outlive the rows.
    Statement& bind(int position, const IntegerSet& set);
    Statement& bind_null(int position);
    template <typename T>
    Statement& bind_optional(int position, const std::optional<T>& value) {
        return value ? bind(position, *value) : bind_null(position);
    }

    /// Advances: true when a row is there, false at the end (then bind and step again).
    /// PostgreSQL sends all rows before the first is there: see Database::prepare_paged().
    Result<bool> step();
    /// Runs a statement that gives no rows and makes it ready for the next bind.
    Status run();
    /// Runs a statement that gives one row, such as INSERT ... RETURNING id, and makes it ready for
    /// the next bind. Its first column; Errc::not_found when there was no row.
    Result<std::int64_t> run_for_integer();
    /// Forgets position and bindings.
    void reset();

    // Columns of the current row from 0. Text and bytes are valid until the next step or reset.
    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    std::string_view text(int column) const;
    Bytes bytes(int column) const;
    std::optional<std::int64_t> optional_integer(int column) const;

private:
    std::unique_ptr<BoundStatement> statement_;
};

/// Many rows for one table, by the fastest way of the engine: COPY in binary on PostgreSQL, one
/// prepared INSERT on SQLite. Within a transaction, and no other statement of the database before
/// finish() or the end of its life.
class BulkInsert {
public:
    BulkInsert(BulkInsert&& other) noexcept;
    BulkInsert& operator=(BulkInsert&&) = delete;
    /// Gives the rows up when finish() was not called; roll back then.
    ~BulkInsert();

    // The columns of a row in their order; types as the table has them.
    BulkInsert& add(std::int64_t value);
    BulkInsert& add(std::string_view text);
    BulkInsert& add(Bytes bytes);
    BulkInsert& add_null();
    template <typename T>
    BulkInsert& add_optional(const std::optional<T>& value) {
        return value ? add(*value) : add_null();
    }
    /// Errc::invalid_argument when the number of values is not that of the columns.
    Status end_row();
    Status finish();

private:
    friend class Database;
    explicit BulkInsert(std::unique_ptr<BulkTarget> target);

    std::unique_ptr<BulkTarget> target_;
};

/// One step of a schema's history. Forward only: never change one that was released.
struct Migration {
    int number;  ///< 1, 2, 3 ... without gaps
    const char* sql;
};

/// The tables of one module: a database holds the schemas of several.
struct Schema {
    const char* name;  ///< of the module
    std::span<const Migration> migrations;

    /// The last migration.
    int newest() const { return migrations.empty() ? 0 : migrations.back().number; }
};

enum class Engine : std::uint8_t { sqlite, postgresql };

/// A connection to the records: one SQLite file in WAL mode, or a PostgreSQL database. One thread
/// at a time. Lost, it fails (Errc::unavailable), its transaction as a whole; then it stands anew.
///
/// SQL is written once, in the words both engines know and SQLite's types: INTEGER (64 bits),
/// TEXT, BLOB, INTEGER PRIMARY KEY (given by the database where left out), WITHOUT ROWID, STRICT;
/// parameters are ? or ?1, in_set(column, ?) with an IntegerSet. For PostgreSQL those words are
/// replaced (sql_dialect.h). sum() of integers needs CAST(... AS INTEGER).
class Database {
public:
    struct Options {
        bool read_only = false;
        /// full: a commit is on disk before it returns. normal (SQLite only): a commit survives
        /// kill -9 but the last ones may be lost (whole) when the power fails.
        enum class Sync : std::uint8_t { full, normal };
        Sync sync = Sync::full;
        int cache_bytes = 32 << 20;  ///< SQLite only
    };

    /// "postgresql://..." opens a database of a server; anything else is the path of an SQLite
    /// file, made (mode 0600) where it is not there. Errc::not_found, permission_denied,
    /// corrupt_data, unavailable.
    static Result<std::unique_ptr<Database>> open(
        const std::string& location, const Options& options
    );
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database();

    Engine engine() const;
    /// The place, as messages may show it: without a password.
    const std::string& name() const;

    Result<Statement> prepare(std::string_view sql);
    /// As prepare(), for a query that may give very many rows: they come in pages, all from the
    /// state at the first step, and other statements may run meanwhile.
    Result<Statement> prepare_paged(std::string_view sql);
    /// Runs one or several statements without parameters.
    Status execute(std::string_view sql);
    /// Runs `work` in a transaction; commits when it succeeds, rolls back when it fails. As if
    /// transactions ran one after another: SQLite takes the write lock at once; PostgreSQL runs
    /// `work` again when another transaction came between, so it must bear that. Not to be nested.
    /// One that only reads sees one state of the whole, is never run again and hinders no writer.
    Status transaction(const std::function<Status()>& work);
    Result<BulkInsert> bulk_insert(
        std::string_view table, std::span<const std::string_view> columns
    );
    /// Numbers for new rows of a table whose INTEGER PRIMARY KEY is `id`, ascending, as the engine
    /// would give them: for rows that others refer to and that go in by bulk_insert(). Within the
    /// transaction that inserts them.
    Result<std::vector<std::int64_t>> new_ids(std::string_view table, std::size_t count);

    /// Brings the schema up to its last migration, in one transaction and under a lock. One newer
    /// than `schema` is refused (Errc::unsupported) with the cure. Where nothing is to be done, no
    /// right but that to read is needed.
    Status migrate(const Schema& schema);
    /// The last migration that was made; 0 when none was.
    Result<int> schema_version(const Schema& schema);

    /// Leaves no trace of deleted rows in files of the database: after deleting what must not
    /// linger, outside of transactions.
    Status purge_deleted();

    /// By the last statement that was run.
    std::int64_t changed_rows() const;

private:
    explicit Database(std::unique_ptr<Connection> connection);

    std::unique_ptr<Connection> connection_;
};

/// Whether a location is that of a PostgreSQL database.
bool is_postgresql(std::string_view location);

}  // namespace cairn::db
