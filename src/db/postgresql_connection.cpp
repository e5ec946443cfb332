#include <algorithm>
#include <array>
#include <charconv>

#include <libpq-fe.h>
#include <poll.h>

#include "db/connection.h"
#include "db/sql_dialect.h"

namespace cairn::db {
namespace {

/// Locks are waited for as long as SQLite does. A server that was told to answer before a commit
/// is on disk is told otherwise; one that has fsync off cannot be (`cairn db status` says so).
constexpr const char* kSession =
    "SET lock_timeout = '30s'; SET TimeZone = 'UTC'; SET standard_conforming_strings = on;"
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off'";

// Types of columns, from PostgreSQL's catalogue (pg_type.dat); they never change.
constexpr Oid kBool = 16;
constexpr Oid kBytea = 17;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kText = 25;
constexpr std::array kTypes = {kBool, kBytea, kInt8, kInt2, kInt4, kText};

/// Stands for Cairn's schema among the locks of a database, and means nothing else.
constexpr std::int64_t kSchemaLock = 4878415914;

constexpr int kAsText = 0;
constexpr int kAsBinary = 1;

struct ResultDeleter {
    void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, ResultDeleter>;

/// By SQLSTATE, PostgreSQL's documentation, appendix A.
Errc errc_of(std::string_view state) {
    const std::string_view kind = state.substr(0, 2);
    if (state == "40001" || state == "40P01" || state == "55P03") return Errc::unavailable;
    if (kind == "08" || kind == "57" || state.empty()) return Errc::unavailable;
    if (kind == "23") return Errc::conflict;
    if (kind == "28" || state == "42501" || state == "25006") return Errc::permission_denied;
    if (kind == "22") return Errc::invalid_argument;
    if (kind == "53" || kind == "54") return Errc::limit_exceeded;
    if (kind == "58") return Errc::io;
    if (kind == "XX") return Errc::corrupt_data;
    return Errc::internal;
}

std::string without_line_end(std::string_view text) {
    while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    return std::string(text);
}

class PostgresqlConnection;

/// Runs at once the first time and is prepared on the server the second time.
class PostgresqlStatement final : public BoundStatement {
public:
    PostgresqlStatement(PostgresqlConnection& connection, PostgresqlText text)
        : connection_(connection),
          sql_(std::move(text.sql)),
          parameters_(static_cast<std::size_t>(text.parameters)) {}
    PostgresqlStatement(const PostgresqlStatement&) = delete;
    PostgresqlStatement& operator=(const PostgresqlStatement&) = delete;
    ~PostgresqlStatement() override;

    // As text, so that the server may take the number for any of its types.
    void bind(int position, std::int64_t value) override {
        put(position, fmt::format("{}", value), kAsText);
    }

    void bind(int position, std::string_view text) override {
        has_zero_byte_ |= text.find('\0') != text.npos;
        put(position, std::string(text), kAsText);
    }

    void bind(int position, Bytes bytes) override {
        put(position, std::string(as_text(bytes)), kAsBinary);
    }

    void bind(int position, const IntegerSet& set) override { bind(position, set.bits()); }

    void bind_null(int position) override { put(position, std::nullopt, kAsText); }

    Result<bool> step() override {
        if (!result_) CAIRN_TRY(run());
        if (++row_ < PQntuples(result_.get())) return true;
        reset();
        return false;
    }

    void reset() override {
        result_.reset();
        row_ = -1;
        values_.clear();
        formats_.clear();
        has_zero_byte_ = false;
    }

    bool is_null(int column) const override {
        return PQgetisnull(result_.get(), row_, column) != 0;
    }

    std::int64_t integer(int column) const override {
        const Bytes value = bytes(column);
        if (value.empty()) return 0;
        // Big-endian, two's complement.
        std::uint64_t number = (value[0] & 0x80U) != 0 ? ~std::uint64_t{0} : 0;
        for (const std::uint8_t byte : value) number = number << 8U | byte;
        return static_cast<std::int64_t>(number);
    }

    Bytes bytes(int column) const override {
        return as_bytes(std::string_view(
            PQgetvalue(result_.get(), row_, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row_, column))
        ));
    }

private:
    void put(int position, std::optional<std::string> value, int format) {
        const auto index = static_cast<std::size_t>(position - 1);
        if (values_.size() <= index) {
            values_.resize(index + 1);
            formats_.resize(index + 1, kAsText);
        }
        values_[index] = std::move(value);
        formats_[index] = format;
    }

    Status run();
    Status check_types();

    PostgresqlConnection& connection_;
    std::string sql_;
    std::size_t parameters_;
    std::string prepared_;       ///< its name on the server
    std::uint64_t session_ = 0;  ///< in which it was prepared
    bool ran_ = false;
    bool has_zero_byte_ = false;
    std::vector<std::optional<std::string>> values_;
    std::vector<int> formats_;
    PgResult result_;
    int row_ = -1;
};

class PostgresqlBulk final : public BulkTarget {
public:
    PostgresqlBulk(PostgresqlConnection& connection, std::size_t columns)
        : connection_(connection), columns_(columns) {
        // Signature, flags, length of the extension: "COPY", file formats, binary.
        static constexpr std::string_view kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
        buffer_ = kHeader;
        begin_row();
    }
    PostgresqlBulk(const PostgresqlBulk&) = delete;
    PostgresqlBulk& operator=(const PostgresqlBulk&) = delete;
    ~PostgresqlBulk() override;

    void add(std::int64_t value) override {
        put_number(8, 4);
        put_number(static_cast<std::uint64_t>(value), 8);
        ++added_;
    }

    void add(std::string_view text) override {
        put_number(text.size(), 4);
        buffer_ += text;
        ++added_;
    }

    void add(Bytes bytes) override { add(as_text(bytes)); }

    void add_null() override {
        put_number(~std::uint64_t{0}, 4);
        ++added_;
    }

    Status end_row() override {
        if (added_ != columns_) {
            const std::size_t added = added_;
            buffer_.resize(row_start_);
            begin_row();
            return fail(Errc::invalid_argument, "a row of {} values for {}", added, columns_);
        }
        Status sent = ok();
        if (buffer_.size() >= kBufferBytes) {
            sent = send(buffer_);
            buffer_.clear();
        }
        begin_row();
        return sent;
    }

    Status finish() override;

private:
    static constexpr std::size_t kBufferBytes = std::size_t{1} << 17U;

    void begin_row() {
        row_start_ = buffer_.size();
        added_ = 0;
        put_number(columns_, 2);
    }

    /// The low `size` bytes, big-endian.
    void put_number(std::uint64_t number, unsigned size) {
        for (unsigned i = size; i-- > 0;) {
            buffer_.push_back(static_cast<char>(number >> (8 * i) & 0xFFU));
        }
    }

    Status send(std::string_view data);

    PostgresqlConnection& connection_;
    std::size_t columns_;
    std::string buffer_;
    std::size_t row_start_ = 0;
    std::size_t added_ = 0;
    bool open_ = true;
};

class PostgresqlConnection final : public Connection {
public:
    PostgresqlConnection(PGconn* handle, bool read_only) : handle_(handle), read_only_(read_only) {
        PQsetNoticeProcessor(
            handle_, [](void*, const char*) {}, nullptr
        );
        name_ = fmt::format("postgresql database {}", text_of(PQdb(handle_)));
    }
    PostgresqlConnection(const PostgresqlConnection&) = delete;
    PostgresqlConnection& operator=(const PostgresqlConnection&) = delete;
    ~PostgresqlConnection() override { PQfinish(handle_); }

    PGconn* handle() const { return handle_; }
    Engine engine() const override { return Engine::postgresql; }
    const std::string& name() const override { return name_; }

    Result<std::unique_ptr<BoundStatement>> prepare(std::string_view sql) override {
        return std::unique_ptr<BoundStatement>(
            std::make_unique<PostgresqlStatement>(*this, to_postgresql(sql))
        );
    }

    Result<std::unique_ptr<BoundStatement>> prepare_paged(std::string_view sql) override;

    Status execute(std::string_view sql) override {
        CAIRN_TRY(ready());
        CAIRN_TRY(checked(PgResult(PQexec(handle_, to_postgresql(sql).sql.c_str()))));
        return ok();
    }

    Status begin() override {
        came_between_ = false;
        // DEFERRABLE waits for a state that no transaction can come between.
        return execute(
            read_only_ ? "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE"
                       : "BEGIN ISOLATION LEVEL SERIALIZABLE"
        );
    }

    Status commit() override {
        // A transaction that failed before ends with ROLLBACK when asked to commit.
        if (PQtransactionStatus(handle_) == PQTRANS_INERROR) {
            return fail(Errc::internal, "{}: a failed transaction was to be committed", name_);
        }
        return execute("COMMIT");
    }

    void roll_back() override {
        if (PQtransactionStatus(handle_) != PQTRANS_IDLE) PgResult(PQexec(handle_, "ROLLBACK"));
        within_transaction_ = false;
    }

    bool came_between() const override { return came_between_; }

    Result<std::unique_ptr<BulkTarget>> bulk_insert(
        std::string_view table, std::span<const std::string_view> columns
    ) override {
        std::string names;
        for (const std::string_view column : columns) {
            names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", column);
        }
        const std::string sql =
            fmt::format("COPY \"{}\"({}) FROM STDIN (FORMAT binary)", table, names);
        CAIRN_TRY(checked(PgResult(PQexec(handle_, sql.c_str()))));
        return std::unique_ptr<BulkTarget>(std::make_unique<PostgresqlBulk>(*this, columns.size()));
    }

    Status lock_schema() override {
        CAIRN_TRY(execute(fmt::format("SELECT pg_advisory_lock({})", kSchemaLock)));
        hold_session();
        return ok();
    }

    void unlock_schema() override {
        release_session();
        // Without a connection there is no lock either.
        PgResult(PQexec(handle_, fmt::format("SELECT pg_advisory_unlock({})", kSchemaLock).c_str())
        );
    }

    Result<bool> has_table(std::string_view name) override {
        auto query = CAIRN_TRY(prepare("SELECT to_regclass(?) IS NOT NULL"));
        query->bind(1, name);
        CAIRN_TRY(query->step());
        return query->integer(0) != 0;
    }

    Status purge_deleted() override { return execute("VACUUM"); }

    std::int64_t changed_rows() const override { return changed_rows_; }

    /// Notes what a result says beside its rows; an error where it is one.
    Result<PgResult> checked(PgResult result) {
        const ExecStatusType status = PQresultStatus(result.get());
        if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_COPY_IN) {
            const std::string_view count = PQcmdTuples(result.get());
            changed_rows_ = 0;
            std::from_chars(count.data(), count.data() + count.size(), changed_rows_);
            return result;
        }
        // Never the detail: it shows values of rows.
        const std::string state = text_of(PQresultErrorField(result.get(), PG_DIAG_SQLSTATE));
        const char* message = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
        came_between_ |= state == "40001" || state == "40P01";
        return fail(
            errc_of(state),
            "{}: {}",
            name_,
            message != nullptr ? std::string(message) : last_message()
        );
    }

    std::string last_message() const { return without_line_end(PQerrorMessage(handle_)); }

    /// To be asked before each statement: makes a connection that was lost anew, unless what the
    /// caller is in the middle of went with it; then the statement fails.
    Status ready() {
        if (PQstatus(handle_) == CONNECTION_OK) {
            within_transaction_ = PQtransactionStatus(handle_) != PQTRANS_IDLE;
            if (within_transaction_ || held_ > 0) return ok();
            notice_loss();
        }
        if (PQstatus(handle_) == CONNECTION_OK || within_transaction_ || held_ > 0) return ok();
        PQreset(handle_);
        if (PQstatus(handle_) != CONNECTION_OK) {
            return fail(Errc::unavailable, "PostgreSQL: {}", last_message());
        }
        ++session_;
        return begin_session();
    }

    /// What every session begins with.
    Status begin_session() {
        CAIRN_TRY(checked(PgResult(PQexec(handle_, kSession))));
        if (!read_only_) return ok();
        CAIRN_TRY(checked(PgResult(PQexec(handle_, "SET default_transaction_read_only = on"))));
        return ok();
    }

    /// Statements that were prepared in another session are not known any more.
    std::uint64_t session() const { return session_; }
    // While something lives in the session, another must not take its place.
    void hold_session() { ++held_; }
    void release_session() { --held_; }

    std::string new_statement_name() { return fmt::format("s{}", ++statements_); }

private:
    static std::string text_of(const char* text) { return text == nullptr ? "" : text; }

    /// The server's farewell, if there is one, and the end of the stream behind it are read: no
    /// statement is spent on finding out.
    void notice_loss() {
        for (int part = 0; part < 3; ++part) {
            pollfd socket{.fd = PQsocket(handle_), .events = POLLIN, .revents = 0};
            if (::poll(&socket, 1, 0) <= 0 || PQconsumeInput(handle_) == 0) return;
        }
    }

    PGconn* handle_;
    bool read_only_;
    std::string name_;
    std::uint64_t session_ = 1;
    int held_ = 0;
    bool within_transaction_ = false;  ///< as of the last statement
    bool came_between_ = false;
    std::int64_t changed_rows_ = 0;
    std::uint64_t statements_ = 0;
};

/// A cursor that the server keeps beyond transactions, read in pages.
class PagedStatement final : public BoundStatement {
public:
    PagedStatement(
        PostgresqlConnection& connection, std::string cursor, const PostgresqlText& query
    )
        : connection_(connection),
          cursor_(std::move(cursor)),
          declare_(
              connection,
              {fmt::format("DECLARE {} NO SCROLL CURSOR WITH HOLD FOR {}", cursor_, query.sql),
               query.parameters}
          ),
          page_(connection, {fmt::format("FETCH {} FROM {}", kPageRows, cursor_), 0}) {}
    PagedStatement(const PagedStatement&) = delete;
    PagedStatement& operator=(const PagedStatement&) = delete;
    ~PagedStatement() override { close(); }

    void bind(int position, std::int64_t value) override { declare_.bind(position, value); }
    void bind(int position, std::string_view text) override { declare_.bind(position, text); }
    void bind(int position, Bytes bytes) override { declare_.bind(position, bytes); }
    void bind(int position, const IntegerSet& set) override { declare_.bind(position, set); }
    void bind_null(int position) override { declare_.bind_null(position); }

    Result<bool> step() override {
        if (!open_) {
            CAIRN_TRY(declare_.step());
            open_ = true;
            connection_.hold_session();
        }
        bool row = CAIRN_TRY(page_.step());
        if (!row && std::exchange(rows_, 0) == kPageRows) row = CAIRN_TRY(page_.step());
        if (row) {
            ++rows_;
        } else {
            reset();
        }
        return row;
    }

    void reset() override {
        close();
        declare_.reset();
        page_.reset();
        rows_ = 0;
    }

    bool is_null(int column) const override { return page_.is_null(column); }
    std::int64_t integer(int column) const override { return page_.integer(column); }
    Bytes bytes(int column) const override { return page_.bytes(column); }

private:
    static constexpr int kPageRows = 1000;

    void close() {
        // Where the transaction that made it failed, it is gone already.
        if (!std::exchange(open_, false)) return;
        static_cast<void>(connection_.execute("CLOSE " + cursor_));
        connection_.release_session();
    }

    PostgresqlConnection& connection_;
    std::string cursor_;
    PostgresqlStatement declare_;
    PostgresqlStatement page_;
    bool open_ = false;
    int rows_ = 0;  ///< of the page
};

Result<std::unique_ptr<BoundStatement>> PostgresqlConnection::prepare_paged(std::string_view sql) {
    return std::unique_ptr<BoundStatement>(
        std::make_unique<PagedStatement>(*this, new_statement_name(), to_postgresql(sql))
    );
}

PostgresqlStatement::~PostgresqlStatement() {
    if (prepared_.empty() || session_ != connection_.session()) return;
    // In a failed transaction this does nothing; the name is not used again.
    PgResult(PQexec(connection_.handle(), ("DEALLOCATE " + prepared_).c_str()));
}

Status PostgresqlStatement::run() {
    if (has_zero_byte_) {
        reset();
        return fail(Errc::invalid_argument, "text with a zero byte cannot be stored");
    }
    // What was not bound is null.
    values_.resize(std::max(values_.size(), parameters_));
    formats_.resize(values_.size(), kAsText);
    const int count = static_cast<int>(values_.size());
    std::vector<const char*> data;
    std::vector<int> lengths;
    for (const auto& value : values_) {
        data.push_back(value ? value->c_str() : nullptr);
        lengths.push_back(value ? static_cast<int>(value->size()) : 0);
    }
    if (Status usable = connection_.ready(); !usable) {
        reset();
        return usable;
    }
    PGconn* handle = connection_.handle();
    if (ran_ && (prepared_.empty() || session_ != connection_.session())) {
        const std::string name = connection_.new_statement_name();
        CAIRN_TRY(
            connection_.checked(PgResult(PQprepare(handle, name.c_str(), sql_.c_str(), 0, nullptr)))
        );
        prepared_ = name;
        session_ = connection_.session();
    }
    PgResult raw(
        ran_ ? PQexecPrepared(
                   handle,
                   prepared_.c_str(),
                   count,
                   data.data(),
                   lengths.data(),
                   formats_.data(),
                   kAsBinary
               )
             : PQexecParams(
                   handle,
                   sql_.c_str(),
                   count,
                   nullptr,
                   data.data(),
                   lengths.data(),
                   formats_.data(),
                   kAsBinary
               )
    );
    ran_ = true;
    auto result = connection_.checked(std::move(raw));
    if (!result) {
        reset();
        return std::move(result).error();
    }
    result_ = *std::move(result);
    return check_types();
}

Status PostgresqlStatement::check_types() {
    for (int column = 0; column < PQnfields(result_.get()); ++column) {
        const Oid type = PQftype(result_.get(), column);
        if (std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end()) continue;
        const std::string name = PQfname(result_.get(), column);
        reset();
        return fail(Errc::internal, "statement: column {} needs a CAST (type {})", name, type);
    }
    return ok();
}

Status PostgresqlBulk::send(std::string_view data) {
    if (PQputCopyData(connection_.handle(), data.data(), static_cast<int>(data.size())) == 1) {
        return ok();
    }
    return fail(Errc::unavailable, "{}: {}", connection_.name(), connection_.last_message());
}

Status PostgresqlBulk::finish() {
    buffer_.resize(row_start_);
    put_number(~std::uint64_t{0}, 2);  // the end
    CAIRN_TRY(send(buffer_));
    open_ = false;
    PGconn* handle = connection_.handle();
    if (PQputCopyEnd(handle, nullptr) != 1) {
        return fail(Errc::unavailable, "{}: {}", connection_.name(), connection_.last_message());
    }
    Status done = ok();
    while (PGresult* result = PQgetResult(handle)) {
        const auto checked = connection_.checked(PgResult(result));
        if (!checked) done = checked.error();
    }
    return done;
}

PostgresqlBulk::~PostgresqlBulk() {
    if (!open_) return;
    PGconn* handle = connection_.handle();
    PQputCopyEnd(handle, "given up");
    while (PGresult* result = PQgetResult(handle)) PQclear(result);
}

}  // namespace

Result<std::unique_ptr<Connection>> connect_postgresql(
    const std::string& url, const Database::Options& options
) {
    const std::array<const char*, 4> names = {
        "dbname", "client_encoding", "fallback_application_name", nullptr};
    const std::array<const char*, 4> values = {url.c_str(), "UTF8", "cairn", nullptr};
    PGconn* handle = PQconnectdbParams(names.data(), values.data(), 1);
    auto connection = std::make_unique<PostgresqlConnection>(handle, options.read_only);
    if (PQstatus(handle) != CONNECTION_OK) {
        return fail(Errc::unavailable, "PostgreSQL: {}", connection->last_message());
    }
    CAIRN_TRY(connection->begin_session());
    return std::unique_ptr<Connection>(std::move(connection));
}

}  // namespace cairn::db
