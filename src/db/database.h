#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

struct sqlite3;
struct sqlite3_stmt;

namespace cairn::db {

class Database;

/// A prepared statement. Bind by position from 1, then step. Bound text and bytes are copied.
/// Must not outlive its Database; one thread at a time.
class Statement {
public:
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    Statement& bind(int position, std::int64_t value);
    Statement& bind(int position, std::string_view text);
    Statement& bind(int position, Bytes bytes);
    Statement& bind_null(int position);
    template <typename T>
    Statement& bind_optional(int position, const std::optional<T>& value) {
        return value ? bind(position, *value) : bind_null(position);
    }

    /// Advances: true when a row is there, false at the end (then bind and step again).
    Result<bool> step();
    /// Runs a statement that gives no rows and makes it ready for the next bind.
    Status run();
    /// Forgets position and bindings.
    void reset();

    // Columns of the current row from 0. Text and bytes are valid until the next step or reset.
    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    std::string_view text(int column) const;
    Bytes bytes(int column) const;
    std::optional<std::int64_t> optional_integer(int column) const;

private:
    friend class Database;
    Statement(sqlite3* database, sqlite3_stmt* statement)
        : database_(database), statement_(statement) {}

    sqlite3* database_;
    sqlite3_stmt* statement_;
    bool bind_failed_ = false;
};

/// One step of a schema's history. Forward only: never change one that was released.
struct Migration {
    int number;  ///< 1, 2, 3 ... without gaps
    const char* sql;
};

/// A connection to one SQLite file in WAL mode. Not thread-safe: one connection per thread.
class Database {
public:
    struct Options {
        bool read_only = false;
        /// full: a commit is on disk before it returns. normal: a commit survives kill -9 but
        /// the last ones may be lost (whole) when the power fails.
        enum class Sync : std::uint8_t { full, normal };
        Sync sync = Sync::full;
        int cache_bytes = 32 << 20;
    };

    /// Opens or makes the file (mode 0600). Errc::not_found, permission_denied, corrupt_data.
    static Result<std::unique_ptr<Database>> open(const std::string& path, const Options& options);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database();

    Result<Statement> prepare(std::string_view sql);
    /// Runs one or several statements without parameters.
    Status execute(const std::string& sql);
    /// Runs `work` in a transaction that takes the write lock at once; commits when it succeeds,
    /// rolls back when it fails.
    Status transaction(const std::function<Status()>& work);

    /// Brings the schema up to the last migration, in one transaction. A file newer than
    /// `migrations` is refused (Errc::unsupported) with the cure.
    Status migrate(std::span<const Migration> migrations);

    /// Makes `function` callable in SQL under `name`: bytes in, bytes out, deterministic.
    Status define_function(const char* name, ByteVector (*function)(Bytes));

    std::int64_t last_row_id() const;
    std::int64_t changed_rows() const;

private:
    Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}

    sqlite3* handle_;
    std::string path_;
};

}  // namespace cairn::db
