#include "hashlist/nsrl_sqlite_reader.h"

#include <array>
#include <memory>
#include <vector>

#include <sqlite3.h>

#include "base/fd.h"
#include "base/text.h"

namespace cairn::hashlist {
namespace {

constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr int kValueBytesMax = 1 << 20;

struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Connection = std::unique_ptr<sqlite3, Close>;
using Query = std::unique_ptr<sqlite3_stmt, Close>;

/// A file URI: everything but letters, digits and a few signs is escaped.
std::string uri_of(const std::string& path) {
    std::string uri = "file:";
    for (const char c : path) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '/' || c == '.' || c == '-' || c == '_';
        if (plain) {
            uri += c;
        } else {
            uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
        }
    }
    return uri + "?mode=ro&immutable=1";
}

/// Reading is all a list may ask for.
int only_reading(void*, int action, const char*, const char*, const char*, const char*) {
    const bool allowed = action == SQLITE_SELECT || action == SQLITE_READ;
    return allowed ? SQLITE_OK : SQLITE_DENY;
}

Error error_of(const std::string& path, sqlite3* database) {
    return fail(
        Errc::corrupt_data, "{}: not a sound NSRL database: {}", path, sqlite3_errmsg(database)
    );
}

Result<Connection> open_database(const std::string& path) {
    const Fd readable = CAIRN_TRY(open_for_reading(path));  // for its clearer errors
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(
        uri_of(path).c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr
    );
    Connection database(raw);
    if (opened != SQLITE_OK) return error_of(path, raw);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, kValueBytesMax);
    sqlite3_limit(raw, SQLITE_LIMIT_SQL_LENGTH, kValueBytesMax);
    return database;
}

Result<Query> prepare(const std::string& path, sqlite3* database, const std::string& sql) {
    sqlite3_stmt* raw = nullptr;
    const int prepared = sqlite3_prepare_v2(database, sql.c_str(), -1, &raw, nullptr);
    Query query(raw);
    if (prepared != SQLITE_OK) return error_of(path, database);
    return query;
}

std::string_view text_column(sqlite3_stmt* query, int column) {
    const void* text = sqlite3_column_text(query, column);
    if (text == nullptr) return {};
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(query, column));
    return {static_cast<const char*>(text), size};
}

/// A column of the table that we read, with the name the file gives it.
struct Wanted {
    std::string_view name;
    HashType type;
};
constexpr std::array kWanted = {
    Wanted{"md5", HashType::md5},
    Wanted{"sha1", HashType::sha1},
    Wanted{"sha256", HashType::sha256}};

struct Table {
    std::string name;
    std::vector<HashType> hashes;
    bool has_size = false;
};

/// METADATA is the table of RDS v3; FILE its view in the shape of RDS v2.
Result<Table> find_table(const std::string& path, sqlite3* database) {
    for (const char* const name : {"METADATA", "FILE"}) {
        const Query query = CAIRN_TRY(
            prepare(path, database, fmt::format("SELECT name FROM pragma_table_info('{}')", name))
        );
        Table table{name, {}, false};
        while (sqlite3_step(query.get()) == SQLITE_ROW) {
            const std::string column = lower_ascii(text_column(query.get(), 0));
            table.has_size |= column == "file_size";
            for (const Wanted& wanted : kWanted) {
                if (wanted.name == column) table.hashes.push_back(wanted.type);
            }
        }
        if (!table.hashes.empty()) return table;
    }
    return fail(
        Errc::unsupported,
        "{}: an SQLite file without the NSRL table METADATA or FILE; Cairn reads NSRL RDS v3",
        path
    );
}

std::string select_from(const Table& table) {
    std::string columns;
    for (const HashType type : table.hashes) {
        for (const Wanted& wanted : kWanted) {
            if (wanted.type == type) columns += fmt::format("{}, ", wanted.name);
        }
    }
    columns += table.has_size ? "file_size" : "NULL";
    return fmt::format("SELECT {} FROM {}", columns, table.name);
}

}  // namespace

bool is_sqlite(std::string_view head) {
    return head.starts_with(kMagic);
}

Status read_nsrl_sqlite(const std::string& path, RecordSink& sink) {
    const Connection database = CAIRN_TRY(open_database(path));
    const Table table = CAIRN_TRY(find_table(path, database.get()));
    sqlite3_set_authorizer(database.get(), only_reading, nullptr);
    const Query query = CAIRN_TRY(prepare(path, database.get(), select_from(table)));
    ListRecord record;
    std::uint64_t row = 0;
    const int size_column = static_cast<int>(table.hashes.size());
    int stepped = SQLITE_ROW;
    while ((stepped = sqlite3_step(query.get())) == SQLITE_ROW) {
        record.clear();
        record.position.line = ++row;
        for (int i = 0; i < size_column; ++i) {
            const HashType type = table.hashes[static_cast<std::size_t>(i)];
            take_hash(record, type, text_column(query.get(), i), sink);
        }
        take_size(record, text_column(query.get(), size_column), sink);
        CAIRN_TRY(sink.accept(record));
    }
    if (stepped != SQLITE_DONE) return error_of(path, database.get());
    return ok();
}

}  // namespace cairn::hashlist
