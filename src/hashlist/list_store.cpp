#include "hashlist/list_store.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <set>
#include <type_traits>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hex.h"
#include "base/text.h"
#include "hashlist/list_import.h"
#include "hashlist/list_registry_store.h"

namespace cairn::hashlist {
namespace {

constexpr std::string_view kIndexSuffix = ".cairnlist";
constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kHashBlockBytes = std::size_t{1} << 20U;

Status make_folder(const std::string& folder) {
    std::error_code failed;
    const auto parent = std::filesystem::path(folder).parent_path();
    if (!parent.empty()) std::filesystem::create_directories(parent, failed);
    if (::mkdir(folder.c_str(), S_IRWXU) == 0) return sync_directory(parent.empty() ? "." : parent);
    if (errno == EEXIST && std::filesystem::is_directory(folder, failed)) return ok();
    const Errc code = errno == EACCES ? Errc::permission_denied : Errc::io;
    return fail(code, "{}: cannot make the list folder: {}", folder, errno_text(errno));
}

Status check_name(const std::string& name) {
    const bool sound = !name.empty() && name.size() <= kNameBytesMax && name.front() != '.' &&
                       std::all_of(name.begin(), name.end(), [](char c) {
                           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                  (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
                       });
    if (sound) return ok();
    return fail(
        Errc::invalid_argument,
        "list name \"{}\": 1 to {} letters, digits, '-', '_' and '.', not beginning with '.'",
        printable(name),
        kNameBytesMax
    );
}

Result<std::string> sha256_of_file(int fd) {
    crypto::Sha256Stream digest;
    ByteVector block(kHashBlockBytes);
    std::uint64_t offset = 0;
    while (true) {
        const std::size_t got = CAIRN_TRY(read_at(fd, offset, block));
        if (got == 0) return hex_encode(digest.finish());
        digest.update(Bytes(block).first(got));
        offset += got;
    }
}

Result<std::uint64_t> size_of_file(int fd) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) return fail(Errc::io, "{}", errno_text(errno));
    return static_cast<std::uint64_t>(info.st_size);
}

/// Counts the bytes of all files for progress.
Result<std::uint64_t> size_of_files(const std::vector<std::string>& files) {
    std::uint64_t total = 0;
    for (const std::string& file : files) {
        const Fd fd = CAIRN_TRY(open_for_reading(file));
        total += CAIRN_TRY(size_of_file(fd.get()));
    }
    return total;
}

std::string refusal_summary(const ImportReport& report, std::uint64_t refused) {
    std::string reasons;
    for (const auto& [reason, count] : report.refused) {
        reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", reason, count);
    }
    const RefusedRow& first = report.refused_rows.front();
    const std::string place =
        first.line > 0 ? fmt::format("line {}", first.line) : fmt::format("byte {}", first.offset);
    return fmt::format(
        "{} of {} rows refused ({}; the first in {} at {})",
        grouped(refused),
        grouped(report.rows_read),
        reasons,
        printable(first.file),
        place
    );
}

Status check_refused_share(const ImportOptions& options, const ImportReport& report) {
    std::uint64_t refused = 0;
    for (const auto& [reason, count] : report.refused) refused += count;
    if (refused == 0 || options.confirm_refused) return ok();
    const double share = static_cast<double>(refused) / static_cast<double>(report.rows_read);
    if (share <= options.refused_share_max) return ok();
    return fail(
        Errc::conflict,
        "{}: nothing was changed. Look at the file; import with --accept-refused to take the rest",
        refusal_summary(report, refused)
    );
}

/// Held while a process changes the store; the kernel lets go when the process dies.
class StoreLock {
public:
    static Result<StoreLock> take(const std::string& folder) {
        const std::string path = folder + "/.lock";
        Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
        if (!fd) return fail(Errc::io, "{}: {}", path, errno_text(errno));
        while (::flock(fd.get(), LOCK_EX) != 0) {
            if (errno != EINTR) return fail(Errc::io, "{}: {}", path, errno_text(errno));
        }
        return StoreLock(std::move(fd));
    }

private:
    explicit StoreLock(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

class FolderListStore final : public ListStore {
public:
    FolderListStore(
        std::string folder, const crypto::SecretKey& key, std::unique_ptr<ListRegistry> registry
    )
        : folder_(std::move(folder)), key_(key), registry_(std::move(registry)) {}

    Result<ImportReport> import(const ImportOptions& options) override {
        CAIRN_TRY(check_name(options.name));
        if (options.files.empty()) return fail(Errc::invalid_argument, "no list file given");
        const StoreLock lock = CAIRN_TRY(StoreLock::take(folder_));
        CAIRN_TRY(remove_leftovers());
        ImportReport report;
        ListBuilder builder(folder_, key_);
        CAIRN_TRY(read_files(options, builder, report));
        CAIRN_TRY(check_refused_share(options, report));
        CAIRN_TRY(builder.merge(report.list.kind, report.list.scheme));
        if (builder.entries() == 0) {
            return fail(
                Errc::invalid_argument, "{}: no entry that could match", options.files.front()
            );
        }
        report.rows_merged = builder.merged();
        report.rows_accepted -= builder.merged();
        if (builder.hash_conflicts() > 0) {
            report.warnings["hash_conflict"] += builder.hash_conflicts();
        }
        report.list.version_id = hex_encode(builder.version_id());
        const auto current = CAIRN_TRY(with_registry([&](ListRegistry& registry) {
            return registry.current_version(options.name);
        }));
        if (current && current->info.version_id == report.list.version_id && is_present(*current)) {
            report.unchanged = true;
            report.list = current->info;
            return report;
        }
        CAIRN_TRY(publish(builder, report.list));
        return report;
    }

    Result<std::vector<ListInfo>> lists() override {
        const auto versions = CAIRN_TRY(with_registry([](ListRegistry& registry) {
            return registry.current_versions();
        }));
        std::vector<ListInfo> infos;
        for (const RegistryVersion& version : versions) infos.push_back(version.info);
        return infos;
    }

    Result<ListInfo> info(const std::string& name) override {
        const RegistryVersion version = CAIRN_TRY(current(name));
        return version.info;
    }

    Result<std::shared_ptr<const ListIndex>> load(const std::string& name) override {
        const RegistryVersion version = CAIRN_TRY(current(name));
        return ListIndex::open(path_of(version), key_);
    }

    Status verify(const std::string& name) override {
        const RegistryVersion version = CAIRN_TRY(current(name));
        const std::string path = path_of(version);
        const Fd fd = CAIRN_TRY(open_for_reading(path));
        const std::string sha256 = CAIRN_TRY(sha256_of_file(fd.get()));
        if (sha256 != version.file_sha256) {
            return fail(
                Errc::corrupt_data,
                "{}: differs from what was imported; import the list again",
                path
            );
        }
        const auto index = CAIRN_TRY(ListIndex::open(path, key_));
        const Status sound = index->verify();
        if (!sound) return Error(sound.error()).with_context(path);
        const bool counts_agree = index->entry_count() == version.info.entries &&
                                  index->digest_counts() == version.info.digests &&
                                  index->pdq_count() == version.info.pdq_codes;
        if (!counts_agree) return fail(Errc::corrupt_data, "{}: counts differ from lists.db", path);
        return ok();
    }

    Status remove(const std::string& name) override {
        const StoreLock lock = CAIRN_TRY(StoreLock::take(folder_));
        CAIRN_TRY(current(name));
        CAIRN_TRY(with_registry([&](ListRegistry& registry) { return registry.remove(name); }));
        return remove_leftovers();
    }

private:
    template <typename Use>
    std::invoke_result_t<Use, ListRegistry&> with_registry(const Use& use) {
        const std::lock_guard lock(mutex_);
        return use(*registry_);
    }

    std::string path_of(const RegistryVersion& version) const {
        return folder_ + "/" + version.file_name;
    }

    bool is_present(const RegistryVersion& version) const {
        const auto fd = open_for_reading(path_of(version));
        if (!fd) return false;
        const auto size = size_of_file(fd->get());
        return size && *size == version.info.file_size_bytes;
    }

    Result<RegistryVersion> current(const std::string& name) {
        auto version = CAIRN_TRY(with_registry([&](ListRegistry& registry) {
            return registry.current_version(name);
        }));
        if (version) return *std::move(version);
        const std::vector<ListInfo> known = CAIRN_TRY(lists());
        std::string names;
        for (const ListInfo& info : known) names += (names.empty() ? "" : ", ") + info.name;
        return fail(
            Errc::not_found,
            "no list named \"{}\"; there {}",
            printable(name),
            names.empty() ? "are none yet" : "are: " + names
        );
    }

    /// Files of killed imports and of versions that are no longer kept.
    Status remove_leftovers() {
        const auto names =
            CAIRN_TRY(with_registry([](ListRegistry& registry) { return registry.file_names(); }));
        const std::set<std::string> kept(names.begin(), names.end());
        std::error_code failed;
        for (const auto& entry : std::filesystem::directory_iterator(folder_, failed)) {
            const std::string name = entry.path().filename();
            const bool index = name.ends_with(kIndexSuffix) && !kept.contains(name);
            const bool temporary = name.starts_with(".spill.") ||
                                   (name.starts_with('.') && name.find(kIndexSuffix) != name.npos);
            if (index || temporary) std::filesystem::remove(entry.path(), failed);
        }
        return ok();
    }

    Status read_files(const ImportOptions& options, ListBuilder& builder, ImportReport& report) {
        const auto type_of_64 = CAIRN_TRY(parse_hash_type(options));
        const ListFormat first = CAIRN_TRY(recognise_format(options.files.front(), type_of_64));
        auto planned = plan_import(options, first);
        if (!planned) return std::move(planned).error().with_context(options.files.front());
        describe(options, first, *planned, report.list);
        ImportSink sink(*planned, builder, report);
        const std::uint64_t total = CAIRN_TRY(size_of_files(options.files));
        std::uint64_t before = 0;
        for (const std::string& file : options.files) {
            const ListFormat format = CAIRN_TRY(recognise_format(file, type_of_64));
            if (format.name != first.name || format.scheme != first.scheme) {
                return fail(
                    Errc::invalid_argument,
                    "{} is {}, {} is {}: parts of one list must have one format",
                    options.files.front(),
                    first.name,
                    file,
                    format.name
                );
            }
            std::uint64_t done = 0;
            const auto progress = [&](std::uint64_t bytes) {
                done = bytes;
                if (options.progress) options.progress(before + done, total);
            };
            sink.begin_file(file);
            const crypto::Sha256 sha256 = CAIRN_TRY(format.read(file, progress, sink));
            if (report.file_sha256.empty()) report.file_sha256 = hex_encode(sha256);
            before += done;
        }
        return ok();
    }

    static void describe(
        const ImportOptions& options,
        const ListFormat& format,
        const ImportPlan& plan,
        ListInfo& info
    ) {
        info.name = options.name;
        info.imported_at = SystemClock().now();
        constexpr std::size_t kDayChars = 10;
        info.version = options.version.value_or(format_utc(info.imported_at).substr(0, kDayChars));
        info.source = options.source.value_or("");
        info.scheme = plan.scheme;
        info.kind = plan.kind;
        info.format = format.name;
    }

    /// The file is complete and on disk before the registry names it.
    Status publish(ListBuilder& builder, ListInfo& info) {
        RegistryVersion version;
        version.number =
            CAIRN_TRY(with_registry([](ListRegistry& registry) { return registry.next_number(); }));
        version.file_name = fmt::format("{}-{}{}", info.version_id, version.number, kIndexSuffix);
        AtomicFile file = CAIRN_TRY(AtomicFile::create(path_of(version), S_IRUSR | S_IWUSR));
        const IndexHeader header = CAIRN_TRY(builder.write(file.fd()));
        version.file_sha256 = CAIRN_TRY(sha256_of_file(file.fd()));
        info.entries = header.entries;
        info.digests = header.digest_records;
        info.pdq_codes = header.pdq_codes;
        info.file_size_bytes = CAIRN_TRY(size_of_file(file.fd()));
        CAIRN_TRY(file.commit());
        version.info = info;
        CAIRN_TRY(with_registry([&](ListRegistry& registry) { return registry.switch_to(version); })
        );
        return remove_leftovers();
    }

    const std::string folder_;
    const crypto::SecretKey key_;
    std::mutex mutex_;
    std::unique_ptr<ListRegistry> registry_;
};

}  // namespace

Result<std::unique_ptr<ListStore>> ListStore::open(
    const std::string& folder, const crypto::SecretKey& key
) {
    CAIRN_TRY(make_folder(folder));
    auto registry = CAIRN_TRY(ListRegistry::open(folder + "/lists.db", key));
    return std::unique_ptr<ListStore>(
        std::make_unique<FolderListStore>(folder, key, std::move(registry))
    );
}

}  // namespace cairn::hashlist
