#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"

namespace cairn::db {

// What an engine does for Database and Statement; their contracts hold here.

class BoundStatement {
public:
    virtual ~BoundStatement() = default;
    virtual void bind(int position, std::int64_t value) = 0;
    virtual void bind(int position, std::string_view text) = 0;
    virtual void bind(int position, Bytes bytes) = 0;
    virtual void bind(int position, const IntegerSet& set) = 0;
    virtual void bind_null(int position) = 0;
    virtual Result<bool> step() = 0;
    virtual void reset() = 0;
    virtual bool is_null(int column) const = 0;
    virtual std::int64_t integer(int column) const = 0;
    virtual Bytes bytes(int column) const = 0;
};

class BulkTarget {
public:
    virtual ~BulkTarget() = default;
    virtual void add(std::int64_t value) = 0;
    virtual void add(std::string_view text) = 0;
    virtual void add(Bytes bytes) = 0;
    virtual void add_null() = 0;
    virtual Status end_row() = 0;
    virtual Status finish() = 0;
};

class Connection {
public:
    virtual ~Connection() = default;
    virtual Engine engine() const = 0;
    /// As messages may show it: without a password.
    virtual const std::string& name() const = 0;
    virtual Result<std::unique_ptr<BoundStatement>> prepare(std::string_view sql) = 0;
    virtual Status execute(std::string_view sql) = 0;
    virtual Status begin() = 0;
    virtual Status commit() = 0;
    /// Does nothing when no transaction is open.
    virtual void roll_back() = 0;
    /// The last failure was another transaction coming between: worth another try.
    virtual bool came_between() const = 0;
    virtual Result<std::unique_ptr<BulkTarget>> bulk_insert(
        std::string_view table, std::span<const std::string_view> columns
    ) = 0;
    /// Keeps other migrations out until unlock_schema(). Before the transaction begins, since one
    /// sees what stood at its beginning.
    virtual Status lock_schema() = 0;
    virtual void unlock_schema() = 0;
    virtual Result<bool> has_table(std::string_view name) = 0;
    virtual Status purge_deleted() = 0;
    virtual std::int64_t changed_rows() const = 0;
};

Result<std::unique_ptr<Connection>> connect_sqlite(
    const std::string& path, const Database::Options& options
);
Result<std::unique_ptr<Connection>> connect_postgresql(
    const std::string& url, const Database::Options& options
);

}  // namespace cairn::db
