#include <cerrno>
#include <chrono>
#include <thread>

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "db/connection.h"

namespace cairn::db {
namespace {

constexpr int kBusyTimeoutMs = 30'000;

Errc errc_of(int code) {
    switch (code & 0xFF) {
        case SQLITE_NOTADB:
        case SQLITE_CORRUPT:
            return Errc::corrupt_data;
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_READONLY:
            return Errc::permission_denied;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return Errc::unavailable;
        case SQLITE_CONSTRAINT:
            return Errc::conflict;
        case SQLITE_FULL:
        case SQLITE_TOOBIG:
            return Errc::limit_exceeded;
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
            return Errc::io;
        default:
            return Errc::internal;
    }
}

/// Names the file, and what the system said where it is the cause.
Error error_of(sqlite3* handle) {
    const char* const file = sqlite3_db_filename(handle, "main");
    const std::string name = file == nullptr || *file == 0 ? "database" : file;
    const int code = sqlite3_extended_errcode(handle) & 0xFF;
    const int why = sqlite3_system_errno(handle);
    if (code != SQLITE_IOERR || why == 0) {
        return fail(errc_of(code), "{}: {}", name, sqlite3_errmsg(handle));
    }
    const bool no_room = why == ENOSPC || why == EDQUOT || why == EFBIG;
    return fail(
        no_room ? Errc::limit_exceeded : Errc::io,
        "{}: {} ({})",
        name,
        sqlite3_errmsg(handle),
        errno_text(why)
    );
}

/// What the system says against opening a file; 0 for nothing. Makes it where it may be written.
int obstacle_to(const std::string& path, bool read_only) {
    struct stat info {};
    if (read_only) return ::access(path.c_str(), R_OK) == 0 ? 0 : errno;
    if (::lstat(path.c_str(), &info) != 0) {
        if (errno != ENOENT) return errno;
        const bool made = ::mknod(path.c_str(), S_IFREG | 0600, 0) == 0 || errno == EEXIST;
        return made ? 0 : errno;
    }
    if (S_ISLNK(info.st_mode)) return ELOOP;
    return ::access(path.c_str(), R_OK | W_OK) == 0 ? 0 : errno;
}

/// So that a file that is not there is called just that. SQLite makes files with the process's
/// umask; case data is for its owner alone. The file is not opened here: to close any descriptor of
/// it takes all locks of this process away (sqlite.org/howtocorrupt.html section 2.2), and another
/// program would then remove the write-ahead log from under the connections there are.
Status check_or_create(const std::string& path, bool read_only) {
    const int why = obstacle_to(path, read_only);
    if (why == 0) return ok();
    const Errc code = why == ENOENT   ? Errc::not_found
                      : why == EACCES ? Errc::permission_denied
                                      : Errc::io;
    return fail(code, "{}: {}", path, errno_text(why));
}

/// Tells pointers to an IntegerSet from all others.
constexpr const char* kSetPointer = "cairn_integer_set";

/// in_set(value, set). Null is in no set, and nothing is in what is no set.
void in_set(sqlite3_context* context, int, sqlite3_value** arguments) {
    const auto* set = static_cast<IntegerSet*>(sqlite3_value_pointer(arguments[1], kSetPointer));
    const bool found = set != nullptr && sqlite3_value_type(arguments[0]) == SQLITE_INTEGER &&
                       set->contains(sqlite3_value_int64(arguments[0]));
    sqlite3_result_int(context, found ? 1 : 0);
}

class SqliteStatement final : public BoundStatement {
public:
    SqliteStatement(sqlite3* database, sqlite3_stmt* statement)
        : database_(database), statement_(statement) {}
    SqliteStatement(const SqliteStatement&) = delete;
    SqliteStatement& operator=(const SqliteStatement&) = delete;
    ~SqliteStatement() override { sqlite3_finalize(statement_); }

    void bind(int position, std::int64_t value) override {
        note(sqlite3_bind_int64(statement_, position, value));
    }

    void bind(int position, std::string_view text) override {
        const char* data = text.empty() ? "" : text.data();
        note(sqlite3_bind_text64(
            statement_, position, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8
        ));
    }

    void bind(int position, Bytes bytes) override {
        note(
            bytes.empty() ? sqlite3_bind_zeroblob(statement_, position, 0)
                          : sqlite3_bind_blob64(
                                statement_, position, bytes.data(), bytes.size(), SQLITE_TRANSIENT
                            )
        );
    }

    void bind(int position, const IntegerSet& set) override {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast) in_set() alone gets it, as const
        auto* pointer = const_cast<IntegerSet*>(&set);
        note(sqlite3_bind_pointer(statement_, position, pointer, kSetPointer, nullptr));
    }

    void bind_null(int position) override { note(sqlite3_bind_null(statement_, position)); }

    Result<bool> step() override {
        if (bind_failed_) {
            reset();
            return fail(Errc::internal, "statement: a value could not be bound");
        }
        const int result = sqlite3_step(statement_);
        if (result == SQLITE_ROW) return true;
        if (result == SQLITE_DONE) {
            reset();
            return false;
        }
        Error error = error_of(database_);
        reset();
        return error;
    }

    void reset() override {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
        bind_failed_ = false;
    }

    bool is_null(int column) const override {
        return sqlite3_column_type(statement_, column) == SQLITE_NULL;
    }

    std::int64_t integer(int column) const override {
        return sqlite3_column_int64(statement_, column);
    }

    Bytes bytes(int column) const override {
        const void* data = sqlite3_column_blob(statement_, column);
        const int size = sqlite3_column_bytes(statement_, column);
        if (data == nullptr || size <= 0) return {};
        return {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)};
    }

private:
    void note(int result) { bind_failed_ |= result != SQLITE_OK; }

    sqlite3* database_;
    sqlite3_stmt* statement_;
    bool bind_failed_ = false;
};

class SqliteBulk final : public BulkTarget {
public:
    SqliteBulk(std::unique_ptr<BoundStatement> insert, std::size_t columns)
        : insert_(std::move(insert)), columns_(columns) {}

    void add(std::int64_t value) override { insert_->bind(++added_, value); }
    void add(std::string_view text) override { insert_->bind(++added_, text); }
    void add(Bytes bytes) override { insert_->bind(++added_, bytes); }
    void add_null() override { insert_->bind_null(++added_); }

    Status end_row() override {
        const auto added = static_cast<std::size_t>(std::exchange(added_, 0));
        if (added != columns_) {
            insert_->reset();
            return fail(Errc::invalid_argument, "a row of {} values for {}", added, columns_);
        }
        CAIRN_TRY(insert_->step());
        return ok();
    }

    Status finish() override { return ok(); }

private:
    std::unique_ptr<BoundStatement> insert_;
    std::size_t columns_;
    int added_ = 0;
};

class SqliteConnection final : public Connection {
public:
    SqliteConnection(sqlite3* handle, std::string path, bool read_only)
        : handle_(handle), path_(std::move(path)), read_only_(read_only) {}
    SqliteConnection(const SqliteConnection&) = delete;
    SqliteConnection& operator=(const SqliteConnection&) = delete;
    ~SqliteConnection() override { sqlite3_close_v2(handle_); }

    Engine engine() const override { return Engine::sqlite; }
    const std::string& name() const override { return path_; }

    Result<std::unique_ptr<BoundStatement>> prepare(std::string_view sql) override {
        sqlite3_stmt* statement = nullptr;
        const int result = sqlite3_prepare_v3(
            handle_,
            sql.data(),
            static_cast<int>(sql.size()),
            SQLITE_PREPARE_PERSISTENT,
            &statement,
            nullptr
        );
        if (result != SQLITE_OK) return error_of(handle_);
        return std::unique_ptr<BoundStatement>(std::make_unique<SqliteStatement>(handle_, statement)
        );
    }

    /// Rows come one by one anyway.
    Result<std::unique_ptr<BoundStatement>> prepare_paged(std::string_view sql) override {
        return prepare(sql);
    }

    Status execute(std::string_view sql) override {
        const std::string text(sql);
        if (sqlite3_exec(handle_, text.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) {
            return ok();
        }
        return error_of(handle_);
    }

    Status begin() override {
        if (!read_only_) return execute("BEGIN IMMEDIATE");
        CAIRN_TRY(execute("BEGIN"));
        // What is read is the state at the first look, so that is taken now.
        return execute("SELECT 1 FROM sqlite_schema");
    }
    Status commit() override { return execute("COMMIT"); }

    void roll_back() override {
        // A failed COMMIT may leave the transaction open; a rolled-back one needs no ROLLBACK.
        if (sqlite3_get_autocommit(handle_) != 0) return;
        sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
    }

    /// The write lock is taken at the beginning.
    bool came_between() const override { return false; }

    Result<std::unique_ptr<BulkTarget>> bulk_insert(
        std::string_view table, std::span<const std::string_view> columns
    ) override {
        std::string names;
        std::string values;
        for (const std::string_view column : columns) {
            names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", column);
            values += values.empty() ? "?" : ", ?";
        }
        auto insert =
            CAIRN_TRY(prepare(fmt::format("INSERT INTO \"{}\"({}) VALUES({})", table, names, values)
            ));
        return std::unique_ptr<BulkTarget>(
            std::make_unique<SqliteBulk>(std::move(insert), columns.size())
        );
    }

    /// The transaction is the lock. Files from before schemas were noted by module cannot be taken
    /// on.
    Status lock_schema() override {
        auto former = CAIRN_TRY(prepare("PRAGMA user_version"));
        CAIRN_TRY(former->step());
        if (former->integer(0) == 0) return ok();
        return fail(
            Errc::unsupported,
            "{}: made by a Cairn from before its release; move it away and make it anew",
            path_
        );
    }
    void unlock_schema() override {}

    Result<bool> has_table(std::string_view name) override {
        auto query =
            CAIRN_TRY(prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"));
        query->bind(1, name);
        return query->step();
    }

    /// secure_delete has overwritten the pages; copies of them may still stand in the log.
    Status purge_deleted() override { return execute("PRAGMA wal_checkpoint(TRUNCATE)"); }

    std::int64_t changed_rows() const override { return sqlite3_changes64(handle_); }

    Status set_up(const Database::Options& options) {
        sqlite3_extended_result_codes(handle_, 1);
        sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
        const bool full = options.sync == Database::Options::Sync::full;
        CAIRN_TRY(execute(fmt::format(
            "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA secure_delete=ON;"
            "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-{}; PRAGMA synchronous={};",
            options.cache_bytes / 1024,
            full ? "FULL" : "NORMAL"
        )));
        constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
        const int defined = sqlite3_create_function_v2(
            handle_, "in_set", 2, kFlags, nullptr, in_set, nullptr, nullptr, nullptr
        );
        if (defined != SQLITE_OK) return error();
        return options.read_only ? ok() : begin_log();
    }

    Error error() const { return error_of(handle_); }

private:
    /// SQLite does not wait by itself where several make the first step to a log at once.
    Status begin_log() {
        const auto give_up =
            std::chrono::steady_clock::now() + std::chrono::milliseconds(kBusyTimeoutMs);
        while (true) {
            Status done = execute("PRAGMA journal_mode=WAL");
            const bool busy = !done && done.error().code == Errc::unavailable;
            if (!busy || std::chrono::steady_clock::now() > give_up) return done;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

    sqlite3* handle_;
    std::string path_;
    bool read_only_;
};

}  // namespace

Result<std::unique_ptr<Connection>> connect_sqlite(
    const std::string& path, const Database::Options& options
) {
    CAIRN_TRY(check_or_create(path, options.read_only));
    sqlite3* handle = nullptr;
    const int flags = options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    const int result = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    auto connection = std::make_unique<SqliteConnection>(handle, path, options.read_only);
    if (result != SQLITE_OK) return connection->error();
    CAIRN_TRY(connection->set_up(options));
    return std::unique_ptr<Connection>(std::move(connection));
}

}  // namespace cairn::db
