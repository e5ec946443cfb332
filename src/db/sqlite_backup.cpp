#include <cerrno>
#include <memory>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/fd.h"
#include "db/backup_engines.h"

namespace cairn::db {
namespace {

constexpr int kBusyTimeoutMs = 30'000;
constexpr int kPagesPerStep = 1000;

struct Closer {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
using Handle = std::unique_ptr<sqlite3, Closer>;

Error error_of(sqlite3* handle, const std::string& path) {
    const int code = sqlite3_errcode(handle);
    const int why = code == SQLITE_IOERR ? sqlite3_system_errno(handle) : 0;
    const bool no_room = code == SQLITE_FULL || why == ENOSPC || why == EDQUOT || why == EFBIG;
    const bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    const Errc kind = damaged                   ? Errc::corrupt_data
                      : no_room                 ? Errc::limit_exceeded
                      : code == SQLITE_BUSY     ? Errc::unavailable
                      : code == SQLITE_CANTOPEN ? Errc::not_found
                                                : Errc::io;
    const std::string cause = why == 0 ? "" : fmt::format(" ({})", errno_text(why));
    return fail(kind, "{}: {}{}", path, sqlite3_errmsg(handle), cause);
}

Status execute(sqlite3* handle, const char* sql, const std::string& path) {
    if (sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return ok();
    return error_of(handle, path);
}

Result<Handle> open(const std::string& path, int flags) {
    sqlite3* raw = nullptr;
    const int result = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
    Handle handle(raw);
    if (result != SQLITE_OK) return error_of(raw, path);
    sqlite3_busy_timeout(raw, kBusyTimeoutMs);
    return handle;
}

/// The first line of what SQLite finds wrong; it names pages and tables, never values.
Status check_whole(sqlite3* handle, const std::string& path) {
    std::string verdict;
    const auto keep = [](void* out, int, char** values, char**) {
        if (values[0] != nullptr) *static_cast<std::string*>(out) = values[0];
        return 0;
    };
    if (sqlite3_exec(handle, "PRAGMA integrity_check(1)", keep, &verdict, nullptr) != SQLITE_OK) {
        return error_of(handle, path);
    }
    if (verdict == "ok") return ok();
    return fail(Errc::corrupt_data, "the copy is damaged, so the database is: {}", verdict);
}

Status copy_pages(sqlite3* from, sqlite3* to, const std::string& name, const ReportBackup& report) {
    sqlite3_backup* backup = sqlite3_backup_init(to, "main", from, "main");
    if (backup == nullptr) return error_of(to, name);
    int result = SQLITE_OK;
    do {
        result = sqlite3_backup_step(backup, kPagesPerStep);
        const auto total = static_cast<std::uint64_t>(sqlite3_backup_pagecount(backup));
        const auto left = static_cast<std::uint64_t>(sqlite3_backup_remaining(backup));
        report({total - left, total});
    } while (result == SQLITE_OK || result == SQLITE_BUSY || result == SQLITE_LOCKED);
    sqlite3_backup_finish(backup);
    if (result == SQLITE_DONE) return ok();
    return error_of(to, name);
}

Result<std::uint64_t> page_size(sqlite3* handle, const std::string& path) {
    std::uint64_t size = 0;
    const auto keep = [](void* out, int, char** values, char**) {
        for (const char* digit = values[0]; digit != nullptr && *digit != 0; ++digit) {
            auto& number = *static_cast<std::uint64_t*>(out);
            number = number * 10 + static_cast<std::uint64_t>(*digit - '0');
        }
        return 0;
    };
    if (sqlite3_exec(handle, "PRAGMA page_size", keep, &size, nullptr) == SQLITE_OK) return size;
    return error_of(handle, path);
}

/// Overwrites the rows; a file without the table has none.
Status empty_table(sqlite3* handle, const std::string& table, const std::string& path) {
    CAIRN_TRY(execute(handle, "PRAGMA secure_delete=ON", path));
    const bool there =
        sqlite3_table_column_metadata(
            handle, "main", table.c_str(), nullptr, nullptr, nullptr, nullptr, nullptr, nullptr
        ) == SQLITE_OK;
    if (!there) return ok();
    return execute(handle, fmt::format("DELETE FROM \"{}\"", table).c_str(), path);
}

}  // namespace

Status copy_sqlite_file(
    const std::string& from,
    const std::string& to,
    const std::string& without_rows,
    const ReportBackup& report
) {
    const Handle source = CAIRN_TRY(open(from, SQLITE_OPEN_READONLY));
    // An open transaction holds on to one state, so that writers do not make it begin again.
    CAIRN_TRY(execute(source.get(), "BEGIN; SELECT count(*) FROM sqlite_schema", from));
    const Handle target = CAIRN_TRY(open(to, SQLITE_OPEN_READWRITE));
    CAIRN_TRY(execute(target.get(), "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", from));
    const std::uint64_t page_bytes = CAIRN_TRY(page_size(source.get(), from));
    CAIRN_TRY(copy_pages(source.get(), target.get(), from, [&](const BackupProgress& pages) {
        report({pages.bytes_done * page_bytes, pages.bytes_total * page_bytes});
    }));
    if (!without_rows.empty()) CAIRN_TRY(empty_table(target.get(), without_rows, from));
    // One file, not one with a log beside it.
    CAIRN_TRY(execute(target.get(), "PRAGMA journal_mode=DELETE", from));
    return check_whole(target.get(), from);
}

}  // namespace cairn::db
