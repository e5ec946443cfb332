#include "network/source_store.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <set>

#include <sys/stat.h>

#include "base/hex.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "network/limits.h"
#include "network/location_database.h"
#include "network/mmdb_database.h"

namespace cairn::network {
namespace {

constexpr std::string_view kSuffix = ".source";
constexpr std::size_t kBlockBytes = std::size_t{1} << 20U;
/// No import takes longer, so what is older was left by one that was killed.
constexpr auto kUnfinishedFor = std::chrono::hours(24);

class TableReader final : public SourceReader {
public:
    explicit TableReader(RangeTable table) : table_(std::move(table)) {}

    Result<Facts> facts_of(const Address& address) const override {
        return table_.facts_of(address);
    }
    ClassSet classes_of_system(std::uint32_t system) const override {
        return table_.classes_of_system(system);
    }

private:
    RangeTable table_;
};

Status make_folder(const std::string& path) {
    std::error_code failed;
    const auto parent = std::filesystem::path(path).parent_path();
    if (!parent.empty()) std::filesystem::create_directories(parent, failed);
    if (::mkdir(path.c_str(), S_IRWXU) == 0) return ok();
    const int why = errno;
    if (why == EEXIST && std::filesystem::is_directory(path, failed)) return ok();
    const Errc code = why == EACCES ? Errc::permission_denied : Errc::io;
    return fail(code, "{}: cannot make the folder of the sources: {}", path, errno_text(why));
}

Result<std::string> sha256_of_file(int fd) {
    crypto::Sha256Stream digest;
    ByteVector block(kBlockBytes);
    for (std::uint64_t offset = 0;;) {
        const std::size_t got = CAIRN_TRY(read_at(fd, offset, block));
        if (got == 0) return hex_encode(digest.finish());
        digest.update(Bytes(block).first(got));
        offset += got;
    }
}

Error damaged(const SourceVersion& version) {
    return fail(
        Errc::corrupt_data,
        "source {} is not as it was imported; remove that version and import it again",
        title_of(version)
    );
}

Result<std::shared_ptr<const SourceReader>> read_table(const std::string& path) {
    const ByteVector bytes = CAIRN_TRY(read_file(path, kDatabaseBytesMax));
    RangeTable table = CAIRN_TRY(RangeTable::decode(bytes));
    return std::shared_ptr<const SourceReader>(std::make_shared<TableReader>(std::move(table)));
}

/// Name, size and time of a file; empty when it is not there.
std::string stamp_of(const std::string& path) {
    struct stat info {};
    if (path.empty() || ::stat(path.c_str(), &info) != 0) return {};
    return fmt::format(
        "{} {} {}.{:09}\n", path, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec
    );
}

}  // namespace

Result<std::unique_ptr<SourceStore>> SourceStore::open(
    const std::string& folder, const Clock& clock
) {
    CAIRN_TRY(make_folder(folder));
    auto registry = CAIRN_TRY(SourceRegistry::open(folder + "/sources.db"));
    return std::unique_ptr<SourceStore>(new SourceStore(folder, std::move(registry), clock));
}

Result<ImportReport> SourceStore::import(const ImportOptions& options) {
    PreparedSource prepared = CAIRN_TRY(prepare_source(options, folder_));
    ImportReport report;
    const std::lock_guard lock(mutex_);
    CAIRN_TRY(registry_->change([&] { return enter(prepared, report); }));
    return report;
}

/// The file gets its name while nobody else changes the registry, and before it is named there:
/// whoever is killed in between leaves a file that the next import removes.
Status SourceStore::enter(PreparedSource& prepared, ImportReport& report) {
    SourceVersion& version = prepared.version;
    const auto present = CAIRN_TRY(registry_->version_at(version.name, version.valid_from));
    if (present && present->sha256 == version.sha256 &&
        present->file_sha256 == version.file_sha256) {
        report = {*present, true};
        return ok();
    }
    if (present) {
        return fail(
            Errc::conflict,
            "source {} is valid from {} already with other content; remove that version first, or "
            "say from when on this one is valid",
            title_of(*present),
            format_utc(version.valid_from)
        );
    }
    CAIRN_TRY(sweep());
    version.imported_at = clock_.now();
    CAIRN_TRY(registry_->insert(version));
    CAIRN_TRY(prepared.file.commit());
    report = {version, false};
    return ok();
}

/// Removes files that no version names, and what killed imports left.
Status SourceStore::sweep() {
    std::set<std::string> kept;
    const auto versions = CAIRN_TRY(registry_->versions());
    for (const SourceVersion& version : versions) kept.insert(version.file_name);
    const auto now = std::filesystem::file_time_type::clock::now();
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, failed)) {
        const std::string name = entry.path().filename();
        if (name.find(kSuffix) == name.npos || kept.contains(name)) continue;
        const bool unfinished = name.starts_with('.');
        const auto written = entry.last_write_time(failed);
        if (unfinished && (failed || now - written < kUnfinishedFor)) continue;
        std::filesystem::remove(entry.path(), failed);
    }
    return ok();
}

Status SourceStore::take_one(
    const std::string& stamp, const ImportOptions& options, TakenSources& result
) {
    if (stamp.empty()) return ok();
    std::string before;
    {
        const std::lock_guard lock(mutex_);
        before = CAIRN_TRY(registry_->stamp(options.name));
    }
    if (before == stamp) return ok();
    const auto imported = import(options);
    if (!imported) {
        result.problems.push_back(options.name + ": " + imported.error().message);
        return ok();
    }
    if (!imported->unchanged) result.taken.push_back(imported->version);
    const std::lock_guard lock(mutex_);
    return registry_->change([&] { return registry_->set_stamp(options.name, stamp); });
}

Result<TakenSources> SourceStore::take_installed(const InstalledPlaces& places) {
    TakenSources result;
    ImportOptions location;
    location.files = {places.location};
    location.kind = SourceKind::location;
    location.name = "libloc-database";
    location.installed = true;
    CAIRN_TRY(take_one(stamp_of(places.location), location, result));
    ImportOptions geoip;
    geoip.kind = SourceKind::ranges;
    geoip.name = "tor-geoipdb";
    geoip.licence = "CC BY-SA 4.0, IPFire Location database, https://location.ipfire.org/";
    geoip.columns = {Column::first, Column::last, Column::country};
    geoip.installed = true;
    std::string stamp;
    for (const std::string& path : {places.geoip, places.geoip6}) {
        const std::string one = stamp_of(path);
        if (!one.empty()) geoip.files.push_back(path);
        stamp += one;
    }
    CAIRN_TRY(take_one(stamp, geoip, result));
    return result;
}

Result<std::int64_t> SourceStore::remove(
    const std::string& name, std::optional<UtcTime> valid_from
) {
    std::int64_t removed = 0;
    const std::lock_guard lock(mutex_);
    CAIRN_TRY(registry_->change([&]() -> Status {
        removed = CAIRN_TRY(registry_->remove(name, valid_from));
        return ok();
    }));
    if (removed == 0) {
        return fail(
            Errc::not_found,
            "there is no source \"{}\"{}; `cairn network sources` shows them",
            printable(name),
            valid_from ? " valid from " + format_utc(*valid_from) : std::string()
        );
    }
    CAIRN_TRY(registry_->change([this] { return sweep(); }));
    return removed;
}

Result<std::vector<SourceVersion>> SourceStore::versions() {
    const std::lock_guard lock(mutex_);
    return registry_->versions();
}

Result<std::shared_ptr<const SourceReader>> SourceStore::reader(const SourceVersion& version
) const {
    const std::string path = folder_ + "/" + version.file_name;
    const Fd fd = CAIRN_TRY(open_for_reading(path));
    const std::string found = CAIRN_TRY(sha256_of_file(fd.get()));
    if (found != version.file_sha256) return damaged(version);
    switch (version.kind) {
        case SourceKind::location: {
            auto database = CAIRN_TRY(LocationDatabase::open(fd.get()));
            return std::shared_ptr<const SourceReader>(std::move(database));
        }
        case SourceKind::mmdb: {
            auto database = CAIRN_TRY(MmdbDatabase::open(fd.get()));
            return std::shared_ptr<const SourceReader>(std::move(database));
        }
        case SourceKind::networks:
        case SourceKind::ranges:
            break;
    }
    return read_table(path);
}

}  // namespace cairn::network
