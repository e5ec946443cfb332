#include "db/database.h"

#include <random>
#include <thread>

#include "db/connection.h"

namespace cairn::db {
namespace {

constexpr int kTriesMax = 12;

bool is_postgresql(std::string_view location) {
    return location.starts_with("postgresql://") || location.starts_with("postgres://");
}

/// Longer with each try, and by chance, so that two that met do not meet again.
void wait_before_try(int number) {
    thread_local std::minstd_rand random(std::random_device{}());
    const unsigned longest_us = 500U << static_cast<unsigned>(number);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % longest_us));
}

}  // namespace

Statement::Statement(std::unique_ptr<BoundStatement> statement)
    : statement_(std::move(statement)) {}
Statement::Statement(Statement&& other) noexcept = default;
Statement::~Statement() = default;

Statement& Statement::bind(int position, std::int64_t value) {
    statement_->bind(position, value);
    return *this;
}

Statement& Statement::bind(int position, std::string_view text) {
    statement_->bind(position, text);
    return *this;
}

Statement& Statement::bind(int position, Bytes bytes) {
    statement_->bind(position, bytes);
    return *this;
}

Statement& Statement::bind(int position, const IntegerSet& set) {
    statement_->bind(position, set);
    return *this;
}

Statement& Statement::bind_null(int position) {
    statement_->bind_null(position);
    return *this;
}

Result<bool> Statement::step() {
    return statement_->step();
}

Status Statement::run() {
    while (true) {
        const bool row = CAIRN_TRY(step());
        if (!row) return ok();
    }
}

Result<std::int64_t> Statement::run_for_integer() {
    const bool row = CAIRN_TRY(step());
    if (!row) return fail(Errc::not_found, "database: no row");
    const std::int64_t value = integer(0);
    reset();
    return value;
}

void Statement::reset() {
    statement_->reset();
}

bool Statement::is_null(int column) const {
    return statement_->is_null(column);
}

std::int64_t Statement::integer(int column) const {
    return statement_->integer(column);
}

std::string_view Statement::text(int column) const {
    return as_text(bytes(column));
}

Bytes Statement::bytes(int column) const {
    return statement_->bytes(column);
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

BulkInsert::BulkInsert(std::unique_ptr<BulkTarget> target) : target_(std::move(target)) {}
BulkInsert::BulkInsert(BulkInsert&& other) noexcept = default;
BulkInsert::~BulkInsert() = default;

BulkInsert& BulkInsert::add(std::int64_t value) {
    target_->add(value);
    return *this;
}

BulkInsert& BulkInsert::add(std::string_view text) {
    target_->add(text);
    return *this;
}

BulkInsert& BulkInsert::add(Bytes bytes) {
    target_->add(bytes);
    return *this;
}

BulkInsert& BulkInsert::add_null() {
    target_->add_null();
    return *this;
}

Status BulkInsert::end_row() {
    return target_->end_row();
}

Status BulkInsert::finish() {
    return target_->finish();
}

Result<std::unique_ptr<Database>> Database::open(
    const std::string& location, const Options& options
) {
    auto connection = is_postgresql(location) ? connect_postgresql(location, options)
                                              : connect_sqlite(location, options);
    if (!connection) return std::move(connection).error();
    return std::unique_ptr<Database>(new Database(*std::move(connection)));
}

Database::Database(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Database::~Database() = default;

Engine Database::engine() const {
    return connection_->engine();
}

Result<Statement> Database::prepare(std::string_view sql) {
    auto statement = CAIRN_TRY(connection_->prepare(sql));
    return Statement(std::move(statement));
}

Status Database::execute(std::string_view sql) {
    return connection_->execute(sql);
}

Status Database::transaction(const std::function<Status()>& work) {
    for (int number = 1;; ++number) {
        CAIRN_TRY(connection_->begin());
        auto done = work();
        if (done) done = connection_->commit();
        if (done) return done;
        const bool again = connection_->came_between() && number < kTriesMax;
        connection_->roll_back();
        if (!again) return done;
        wait_before_try(number);
    }
}

Result<BulkInsert> Database::bulk_insert(
    std::string_view table, std::span<const std::string_view> columns
) {
    auto target = CAIRN_TRY(connection_->bulk_insert(table, columns));
    return BulkInsert(std::move(target));
}

Result<int> Database::schema_version(const Schema& schema) {
    const bool any = CAIRN_TRY(connection_->has_table("schema_version"));
    if (!any) return 0;
    auto query = CAIRN_TRY(prepare("SELECT number FROM schema_version WHERE name = ?"));
    query.bind(1, std::string_view(schema.name));
    const bool found = CAIRN_TRY(query.step());
    return found ? static_cast<int>(query.integer(0)) : 0;
}

Status Database::migrate(const Schema& schema) {
    const auto migrate_locked = [&]() -> Status {
        CAIRN_TRY(
            execute("CREATE TABLE IF NOT EXISTS schema_version ("
                    " name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT")
        );
        const int version = CAIRN_TRY(schema_version(schema));
        const int newest = schema.migrations.empty() ? 0 : schema.migrations.back().number;
        if (version > newest) {
            return fail(
                Errc::unsupported,
                "{}: written by a newer Cairn (schema {} of {}, this program knows {}); use that "
                "version",
                connection_->name(),
                version,
                schema.name,
                newest
            );
        }
        if (version == newest) return ok();
        for (const Migration& migration : schema.migrations) {
            if (migration.number > version) CAIRN_TRY(execute(migration.sql));
        }
        auto note =
            CAIRN_TRY(prepare("INSERT INTO schema_version(name, number) VALUES(?1, ?2)"
                              " ON CONFLICT(name) DO UPDATE SET number = excluded.number"));
        return note.bind(1, std::string_view(schema.name)).bind(2, std::int64_t{newest}).run();
    };
    CAIRN_TRY(connection_->lock_schema());
    auto done = transaction(migrate_locked);
    connection_->unlock_schema();
    return done;
}

Status Database::purge_deleted() {
    return connection_->purge_deleted();
}

std::int64_t Database::changed_rows() const {
    return connection_->changed_rows();
}

}  // namespace cairn::db
