#include "db/backup.h"

#include <array>

#include <sys/stat.h>

#include "base/fd.h"
#include "db/backup_engines.h"
#include "db/table_list.h"

namespace cairn::db {
namespace {

constexpr std::string_view kSqliteMagic("SQLite format 3\0", 16);
constexpr std::string_view kDumpMagic = "PGDMP";

bool exists(const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0;
}

Status check_absent(const std::string& path) {
    if (!exists(path)) return ok();
    return fail(Errc::conflict, "{}: exists already; name another file", path);
}

/// Whether it is a PostgreSQL dump; else it is an SQLite file.
Result<bool> is_dump(const std::string& file) {
    const Fd fd = CAIRN_TRY(open_for_reading(file));
    std::array<std::uint8_t, kSqliteMagic.size()> begin{};
    const std::size_t size = CAIRN_TRY(read_at(fd.get(), 0, begin));
    const std::string_view text = as_text(Bytes(begin).first(size));
    if (text == kSqliteMagic) return false;
    if (text.starts_with(kDumpMagic)) return true;
    return fail(Errc::invalid_argument, "{}: is no backup that `cairn db backup` made", file);
}

Status restore_file(
    const std::string& file, const std::string& location, const ReportBackup& report
) {
    // A log that was left behind would be taken for the new file's.
    for (const char* const suffix : {"", "-wal", "-shm", "-journal"}) {
        CAIRN_TRY(check_absent(location + suffix));
    }
    AtomicFile made = CAIRN_TRY(AtomicFile::create(location, 0600));
    CAIRN_TRY(copy_sqlite_file(file, made.temporary_path(), {}, report));
    return made.commit_new();
}

Status check_without_tables(const std::string& location) {
    const auto database = CAIRN_TRY(Database::open(location, {.read_only = true}));
    const auto tables = CAIRN_TRY(read_tables(*database));
    if (tables.empty()) return ok();
    return fail(
        Errc::conflict,
        "{}: has tables already; restore into a new database (createdb)",
        database->name()
    );
}

}  // namespace

Result<std::uint64_t> back_up(
    const std::string& location,
    const std::string& file,
    const std::string& without_rows,
    const ReportBackup& report
) {
    CAIRN_TRY(check_absent(file));
    AtomicFile made = CAIRN_TRY(AtomicFile::create(file, 0600));
    const std::string& path = made.temporary_path();
    if (is_postgresql(location)) {
        CAIRN_TRY(dump_postgresql(location, path, without_rows, report));
    } else {
        CAIRN_TRY(copy_sqlite_file(location, path, without_rows, report));
    }
    CAIRN_TRY(made.commit_new());
    struct stat info {};
    if (::fstat(made.fd(), &info) != 0) return fail(Errc::io, "{}: {}", file, errno_text(errno));
    return static_cast<std::uint64_t>(info.st_size);
}

Status restore(const std::string& file, const std::string& location, const ReportBackup& report) {
    const bool dump = CAIRN_TRY(is_dump(file));
    if (dump != is_postgresql(location)) {
        return fail(
            Errc::invalid_argument,
            "{}: is a backup of {}; {}",
            file,
            dump ? "a PostgreSQL database" : "an SQLite file",
            dump ? "restore it into a PostgreSQL database, then use `cairn db copy`"
                 : "move it to PostgreSQL with `cairn db copy`"
        );
    }
    if (!dump) return restore_file(file, location, report);
    CAIRN_TRY(check_without_tables(location));
    return restore_postgresql(file, location, report);
}

}  // namespace cairn::db
