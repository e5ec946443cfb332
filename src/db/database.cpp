#include "db/database.h"

#include <utility>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "base/fd.h"

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

Error error_of(sqlite3* handle, std::string_view doing) {
    return fail(errc_of(sqlite3_extended_errcode(handle)), "{}: {}", doing, sqlite3_errmsg(handle));
}

/// SQLite makes files with the process's umask; case data is for its owner alone.
Status create_private(const std::string& path) {
    const Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (fd) return ok();
    const int why = errno;
    const Errc code = why == ENOENT   ? Errc::not_found
                      : why == EACCES ? Errc::permission_denied
                                      : Errc::io;
    return fail(code, "{}: {}", path, errno_text(why));
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      bind_failed_(other.bind_failed_) {}

Statement::~Statement() {
    sqlite3_finalize(statement_);
}

Statement& Statement::bind(int position, std::int64_t value) {
    bind_failed_ |= sqlite3_bind_int64(statement_, position, value) != SQLITE_OK;
    return *this;
}

Statement& Statement::bind(int position, std::string_view text) {
    const char* data = text.empty() ? "" : text.data();
    bind_failed_ |= sqlite3_bind_text64(
                        statement_, position, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8
                    ) != SQLITE_OK;
    return *this;
}

Statement& Statement::bind(int position, Bytes bytes) {
    const int result = bytes.empty()
                           ? sqlite3_bind_zeroblob(statement_, position, 0)
                           : sqlite3_bind_blob64(
                                 statement_, position, bytes.data(), bytes.size(), SQLITE_TRANSIENT
                             );
    bind_failed_ |= result != SQLITE_OK;
    return *this;
}

Statement& Statement::bind_null(int position) {
    bind_failed_ |= sqlite3_bind_null(statement_, position) != SQLITE_OK;
    return *this;
}

Result<bool> Statement::step() {
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
    Error error = error_of(database_, "database");
    reset();
    return error;
}

Status Statement::run() {
    while (true) {
        const bool row = CAIRN_TRY(step());
        if (!row) return ok();
    }
}

void Statement::reset() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
    bind_failed_ = false;
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::text(int column) const {
    return as_text(bytes(column));
}

Bytes Statement::bytes(int column) const {
    const void* data = sqlite3_column_blob(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    if (data == nullptr || size <= 0) return {};
    return {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)};
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, const Options& options) {
    if (!options.read_only) CAIRN_TRY(create_private(path));
    sqlite3* handle = nullptr;
    const int flags = options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    const int result = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    std::unique_ptr<Database> database(new Database(handle, path));
    if (result != SQLITE_OK) return error_of(handle, path);
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, kBusyTimeoutMs);
    const bool full = options.sync == Options::Sync::full;
    auto set_up = database->execute(fmt::format(
        "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA secure_delete=ON;"
        "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-{}; PRAGMA synchronous={};",
        options.cache_bytes / 1024,
        full ? "FULL" : "NORMAL"
    ));
    if (set_up && !options.read_only) set_up = database->execute("PRAGMA journal_mode=WAL;");
    if (!set_up) return std::move(set_up).error().with_context(path);
    return database;
}

Database::~Database() {
    sqlite3_close_v2(handle_);
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int result = sqlite3_prepare_v3(
        handle_,
        sql.data(),
        static_cast<int>(sql.size()),
        SQLITE_PREPARE_PERSISTENT,
        &statement,
        nullptr
    );
    if (result != SQLITE_OK) return error_of(handle_, "database");
    return Statement(handle_, statement);
}

Status Database::execute(const std::string& sql) {
    if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return ok();
    return error_of(handle_, "database");
}

Status Database::transaction(const std::function<Status()>& work) {
    CAIRN_TRY(execute("BEGIN IMMEDIATE"));
    auto done = work();
    if (done) done = execute("COMMIT");
    // A failed COMMIT may leave the transaction open; a rolled-back one needs no second ROLLBACK.
    if (!done && sqlite3_get_autocommit(handle_) == 0) {
        sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
    }
    return done;
}

Status Database::migrate(std::span<const Migration> migrations) {
    return transaction([&]() -> Status {
        auto version_query = CAIRN_TRY(prepare("PRAGMA user_version"));
        CAIRN_TRY(version_query.step());
        const std::int64_t version = version_query.integer(0);
        version_query.reset();
        const int newest = migrations.empty() ? 0 : migrations.back().number;
        if (version > newest) {
            return fail(
                Errc::unsupported,
                "{}: written by a newer Cairn (schema {}, this program knows {}); use that version",
                path_,
                version,
                newest
            );
        }
        for (const Migration& migration : migrations) {
            if (migration.number <= version) continue;
            CAIRN_TRY(execute(migration.sql));
            CAIRN_TRY(execute(fmt::format("PRAGMA user_version={}", migration.number)));
        }
        return ok();
    });
}

Status Database::define_function(const char* name, ByteVector (*function)(Bytes)) {
    const auto call = [](sqlite3_context* context, int, sqlite3_value** arguments) {
        const void* data = sqlite3_value_blob(arguments[0]);
        const auto size = static_cast<std::size_t>(sqlite3_value_bytes(arguments[0]));
        const auto& wanted = *static_cast<ByteVector (**)(Bytes)>(sqlite3_user_data(context));
        const ByteVector out = wanted({static_cast<const std::uint8_t*>(data), size});
        sqlite3_result_blob64(context, out.data(), out.size(), SQLITE_TRANSIENT);
    };
    using Function = ByteVector (*)(Bytes);
    auto* kept = new Function(function);
    const auto release = [](void* pointer) { delete static_cast<Function*>(pointer); };
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    // SQLite calls `release` also when this fails.
    const int result =
        sqlite3_create_function_v2(handle_, name, 1, flags, kept, call, nullptr, nullptr, release);
    if (result != SQLITE_OK) return error_of(handle_, name);
    return ok();
}

std::int64_t Database::last_row_id() const {
    return sqlite3_last_insert_rowid(handle_);
}

std::int64_t Database::changed_rows() const {
    return sqlite3_changes64(handle_);
}

}  // namespace cairn::db
