#include "hashlist/list_store.h"

#include <algorithm>
#include <mutex>
#include <type_traits>

#include <sys/stat.h>

#include "base/fd.h"
#include "base/hex.h"
#include "base/text.h"
#include "hashlist/list_folder.h"
#include "hashlist/list_import.h"
#include "hashlist/list_merge.h"
#include "hashlist/list_registry_store.h"
#include "hashlist/list_update.h"
#include "hashlist/low_priority.h"
#include "hashlist/version_files.h"

namespace cairn::hashlist {
namespace {

constexpr std::size_t kNameBytesMax = 64;
/// How often a version is looked up anew because its files went while it was opened.
constexpr int kLoadsMax = 10;

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

std::string day_of(UtcTime time) {
    constexpr std::size_t kDayChars = 10;
    return format_utc(time).substr(0, kDayChars);
}

void describe(
    const ImportOptions& options, const ListFormat& format, const ImportPlan& plan, ListInfo& info
) {
    info.name = options.name;
    info.imported_at = SystemClock().now();
    info.version = options.version.value_or(day_of(info.imported_at));
    info.source = options.source.value_or("");
    info.scheme = plan.scheme;
    info.kind = plan.kind;
    info.format = format.name;
}

class FolderListStore final : public ListStore {
public:
    FolderListStore(
        ListFolder folder, const crypto::SecretKey& key, std::unique_ptr<ListRegistry> registry
    )
        : folder_(std::move(folder)),
          files_(folder_, key),
          key_(key),
          registry_(std::move(registry)) {}

    Result<ImportReport> import(const ImportOptions& options) override {
        CAIRN_TRY(check_name(options.name));
        if (options.files.empty()) return fail(Errc::invalid_argument, "no list file given");
        CAIRN_TRY(sweep());
        ImportReport report;
        {
            const FolderLock work = CAIRN_TRY(folder_.note_work());
            CAIRN_TRY(import_version(options, report));
        }
        CAIRN_TRY(sweep());
        return report;
    }

    Result<UpdateReport> update(const UpdateOptions& options) override {
        CAIRN_TRY(check_name(options.name));
        if (options.add.empty() && options.withdraw.empty()) {
            return fail(Errc::invalid_argument, "no rows to add or to withdraw given");
        }
        UpdateReport report;
        bool merge_now = false;
        {
            const FolderLock work = CAIRN_TRY(folder_.note_work());
            merge_now = CAIRN_TRY(update_version(options, report));
        }
        CAIRN_TRY(sweep());
        if (merge_now && options.merge) {
            merge_after_update(options.name, report);
        }
        return report;
    }

    Result<bool> merge(const std::string& name) override {
        const FolderLock lock = CAIRN_TRY(folder_.lock_for_merge());
        return merge_locked(name);
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

    Result<std::vector<ListInfo>> versions(const std::string& name) override {
        CAIRN_TRY(current(name));
        const auto kept = CAIRN_TRY(with_registry([&name](ListRegistry& registry) {
            return registry.versions(name);
        }));
        std::vector<ListInfo> infos;
        for (const RegistryVersion& version : kept) infos.push_back(version.info);
        return infos;
    }

    Result<std::shared_ptr<const ListIndex>> load(const std::string& name) override {
        const LoadedList loaded = CAIRN_TRY(load_version(name, std::nullopt));
        return loaded.index;
    }

    Result<LoadedList> load_version(
        const std::string& name, const std::optional<std::string>& version_id
    ) override {
        LoadedVersion loaded = CAIRN_TRY(load_segments(name, version_id));
        return LoadedList{std::move(loaded.info), std::move(loaded.index)};
    }

    Result<ListStatistics> statistics(const std::string& name) override {
        const LoadedVersion loaded = CAIRN_TRY(load_segments(name, std::nullopt));
        ListStatistics statistics = statistics_of(*loaded.index);
        statistics.pdq_refused = loaded.info.pdq_refused;
        return statistics;
    }

    Result<ListDifference> difference(
        const std::string& name, const std::string& before, const std::string& after
    ) override {
        const LoadedVersion old_one = CAIRN_TRY(load_segments(name, before));
        const LoadedVersion new_one = CAIRN_TRY(load_segments(name, after));
        return difference_of(*old_one.index, *new_one.index);
    }

    Status verify(const std::string& name) override {
        const RegistryVersion version = CAIRN_TRY(current(name));
        return files_.verify(version);
    }

    Status remove(const std::string& name) override {
        const FolderLock lock = CAIRN_TRY(folder_.lock_for_change());
        CAIRN_TRY(current(name));
        CAIRN_TRY(with_registry([&](ListRegistry& registry) { return registry.remove(name); }));
        return sweep_locked();
    }

private:
    struct LoadedVersion {
        ListInfo info;
        std::shared_ptr<const SegmentedIndex> index;
    };

    template <typename Use>
    std::invoke_result_t<Use, ListRegistry&> with_registry(const Use& use) {
        const std::lock_guard lock(mutex_);
        return use(*registry_);
    }

    Result<std::optional<RegistryVersion>> find_current(const std::string& name) {
        return with_registry([&](ListRegistry& registry) { return registry.current_version(name); }
        );
    }

    Result<RegistryVersion> current(const std::string& name) {
        auto version = CAIRN_TRY(find_current(name));
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

    Result<RegistryVersion> version_with_id(const std::string& name, const std::string& id) {
        CAIRN_TRY(current(name));
        auto version = CAIRN_TRY(with_registry([&](ListRegistry& registry) {
            return registry.version_with_id(name, id);
        }));
        if (version) return *std::move(version);
        return fail(
            Errc::not_found,
            "list \"{}\": version {} is no longer kept (the last {} are); use the current version",
            printable(name),
            printable(id),
            ListRegistry::kVersionsKept
        );
    }

    /// A merge may take the files away between the look into the registry and their opening; then
    /// the registry names others.
    Result<LoadedVersion> load_segments(
        const std::string& name, const std::optional<std::string>& version_id
    ) {
        for (int attempt = 1;; ++attempt) {
            const RegistryVersion version =
                CAIRN_TRY(version_id ? version_with_id(name, *version_id) : current(name));
            auto index = files_.open(version);
            if (index) return LoadedVersion{version.info, *std::move(index)};
            if (index.error().code != Errc::not_found) return std::move(index).error();
            const auto now =
                CAIRN_TRY(version_id ? version_with_id(name, *version_id) : current(name));
            if (now.number == version.number || attempt == kLoadsMax) {
                return std::move(index).error();
            }
        }
    }

    Status sweep() {
        const FolderLock lock = CAIRN_TRY(folder_.lock_for_change());
        return sweep_locked();
    }

    Status sweep_locked() {
        const auto names =
            CAIRN_TRY(with_registry([](ListRegistry& registry) { return registry.file_names(); }));
        folder_.sweep(names);
        return ok();
    }

    /// What is in force must be the same, and readable.
    Result<bool> is_current(const ListInfo& info) {
        const auto now = CAIRN_TRY(find_current(info.name));
        return now && now->info.version_id == info.version_id && files_.open(*now).has_value();
    }

    Status import_version(const ImportOptions& options, ImportReport& report) {
        ListBuilder builder(folder_.path(), key_, options.name);
        CAIRN_TRY(read_import(options, builder, report));
        CAIRN_TRY(builder.merge(report.list.kind, report.list.scheme));
        if (builder.entries() == 0) {
            return fail(
                Errc::invalid_argument, "{}: no entry that could match", options.files.front()
            );
        }
        count_merged(builder, report);
        report.list.version_id = hex_encode(builder.version_id());
        report.unchanged = CAIRN_TRY(is_current(report.list));
        if (!report.unchanged) {
            RegistryVersion version;
            version.info = report.list;
            version.info.pdq_refused = pdq_refused(report);
            NewFile file = CAIRN_TRY(files_.begin_index(report.list.version_id));
            const IndexHeader header = CAIRN_TRY(builder.write(file.fd()));
            RegistrySegment segment = CAIRN_TRY(files_.finish_index(file, header));
            version.segments.push_back(std::move(segment));
            const FolderLock lock = CAIRN_TRY(folder_.lock_for_change());
            CAIRN_TRY(file.file.commit());
            report.list = CAIRN_TRY(publish(std::move(version)));
        } else {
            report.list = CAIRN_TRY(info(options.name));
        }
        if (report.list.pdq_quarantined > 0) {
            report.warnings["crowded_pdq"] += report.list.pdq_quarantined;
        }
        return ok();
    }

    Status read_import(const ImportOptions& options, ListBuilder& builder, ImportReport& report) {
        FileReading reading{options.files, {}, options.progress};
        reading.type_of_64 = CAIRN_TRY(parse_hash_type(options.hash_type));
        const ListFormat format = CAIRN_TRY(one_format(reading));
        auto planned = plan_import(options, format);
        if (!planned) return std::move(planned).error().with_context(options.files.front());
        describe(options, format, *planned, report.list);
        ImportSink sink(*planned, builder, report);
        report.file_sha256 = CAIRN_TRY(read_list_files(reading, sink));
        if (options.confirm_refused) return ok();
        return check_refused_share(report, options.refused_share_max);
    }

    /// Values refused for what they are, whether or not their row was kept for another.
    static std::uint64_t pdq_refused(const ImportReport& report) {
        std::uint64_t count = 0;
        for (const char* const reason : {"degenerate_pdq", "suspicious_pdq", "low_pdq_quality"}) {
            for (const auto* const counts : {&report.refused, &report.warnings}) {
                const auto found = counts->find(reason);
                if (found != counts->end()) count += found->second;
            }
        }
        return count;
    }

    static void count_merged(const ListBuilder& builder, ImportReport& report) {
        report.rows_merged = builder.merged();
        report.rows_accepted -= builder.merged();
        if (builder.hash_conflicts() > 0) {
            report.warnings["hash_conflict"] += builder.hash_conflicts();
        }
    }

    /// Reads before it locks, so that an urgent withdrawal waits for no other's long file.
    Result<bool> update_version(const UpdateOptions& options, UpdateReport& report) {
        const ListInfo list = CAIRN_TRY(info(options.name));
        ImportReport withdrawing;
        WithdrawalSink withdrawals(folder_.path(), withdrawing);
        CAIRN_TRY(read_withdrawals(options, withdrawals, withdrawing));
        report.withdraw_rows = withdrawing.rows_read;
        for (const auto& [reason, count] : withdrawing.refused) report.withdraw_refused += count;
        ListBuilder builder(folder_.path(), key_, options.name);
        CAIRN_TRY(read_additions(options, list, builder, report.added));

        const FolderLock lock = CAIRN_TRY(folder_.lock_for_change());
        RegistryVersion version = CAIRN_TRY(current(options.name));
        if (version.info.kind != list.kind || version.info.scheme != list.scheme) {
            return fail(
                Errc::conflict, "list \"{}\" was imported anew meanwhile; try again", options.name
            );
        }
        const auto index = CAIRN_TRY(files_.open(version));
        ListChange change(*index, report);
        CAIRN_TRY(change.withdraw(withdrawals));
        CAIRN_TRY(builder.merge(list.kind, list.scheme, [&](EntryRow& row) {
            return change.take(row, builder.texts());
        }));
        count_merged(builder, report.added);
        report.added.list = version.info;
        report.added.unchanged = builder.entries() == 0 && report.entries_withdrawn == 0;
        if (report.added.unchanged) return false;
        const auto before = hex_decode_array<32>(version.info.version_id);
        if (!before) return fail(Errc::corrupt_data, "list registry: version id is damaged");
        const std::string id = hex_encode(change.version_id(*before, builder.version_id()));
        CAIRN_TRY(files_.withdraw(version, *index, change.withdrawn(), id));
        if (builder.entries() > 0) {
            NewFile file = CAIRN_TRY(files_.begin_index(id));
            const IndexHeader header = CAIRN_TRY(builder.write(file.fd()));
            RegistrySegment segment = CAIRN_TRY(files_.finish_index(file, header));
            CAIRN_TRY(file.file.commit());
            version.segments.push_back(std::move(segment));
        }
        version.info.version_id = id;
        version.info.pdq_refused += pdq_refused(report.added);
        version.info.imported_at = SystemClock().now();
        version.info.version = options.version.value_or(day_of(version.info.imported_at));
        report.added.list = CAIRN_TRY(publish(version));
        return needs_merge(version);
    }

    Status read_withdrawals(
        const UpdateOptions& options, WithdrawalSink& sink, ImportReport& report
    ) {
        if (options.withdraw.empty()) return ok();
        FileReading reading{options.withdraw, {}, {}};
        reading.type_of_64 = CAIRN_TRY(parse_hash_type(options.hash_type));
        CAIRN_TRY(read_list_files(reading, sink));
        if (options.confirm_refused) return ok();
        return check_refused_share(report, options.refused_share_max);
    }

    Status read_additions(
        const UpdateOptions& options,
        const ListInfo& list,
        ListBuilder& builder,
        ImportReport& report
    ) {
        if (options.add.empty()) return ok();
        ImportOptions import;
        import.files = options.add;
        import.name = options.name;
        import.kind = list.kind;
        if (!list.scheme.empty()) import.scheme = list.scheme;
        import.category = options.category;
        FileReading reading{options.add, {}, options.progress};
        reading.type_of_64 = CAIRN_TRY(parse_hash_type(options.hash_type));
        const ListFormat format = CAIRN_TRY(one_format(reading));
        const bool other_scheme =
            !format.scheme.empty() && format.scheme != list.scheme && list.kind != ListKind::ignore;
        auto planned = plan_import(import, format);
        if (!planned) return std::move(planned).error().with_context(options.add.front());
        if (other_scheme || planned->scheme != list.scheme) {
            return fail(
                Errc::invalid_argument,
                "{}: its rows are categorised by {}, list \"{}\" by {}; import it as another list",
                options.add.front(),
                other_scheme ? format.scheme : planned->scheme,
                list.name,
                list.scheme
            );
        }
        ImportSink sink(*planned, builder, report);
        report.file_sha256 = CAIRN_TRY(read_list_files(reading, sink));
        if (options.confirm_refused) return ok();
        return check_refused_share(report, options.refused_share_max);
    }

    /// The files are complete and on disk before the registry names them. Under the change lock.
    Result<ListInfo> publish(RegistryVersion version) {
        CAIRN_TRY(files_.count(version));
        CAIRN_TRY(with_registry([&](ListRegistry& registry) { return registry.switch_to(version); })
        );
        return version.info;
    }

    /// The update stands whether or not this succeeds; the next one tries again.
    void merge_after_update(const std::string& name, UpdateReport& report) {
        const auto lock = folder_.try_lock_for_merge();
        if (!lock) return;  // another merges
        const auto merged = merge_locked(name);
        if (!merged) {
            report.merge_problem = merged.error().message;
        } else if (*merged) {
            report.merged = true;
            const auto now = info(name);
            if (now) report.added.list = *now;
        }
    }

    /// Under the merge lock; the change lock is taken for the switch alone.
    Result<bool> merge_locked(const std::string& name) {
        bool merged = false;
        {
            const FolderLock work = CAIRN_TRY(folder_.note_work());
            CAIRN_TRY(run_at_low_priority([&]() -> Status {
                merged = CAIRN_TRY(merge_version(name));
                return ok();
            }));
        }
        CAIRN_TRY(sweep());
        return merged;
    }

    Result<bool> merge_version(const std::string& name) {
        const RegistryVersion version = CAIRN_TRY(current(name));
        if (version.segments.size() == 1 && version.info.withdrawn == 0) return false;
        const auto index = CAIRN_TRY(files_.open(version));
        NewFile file = CAIRN_TRY(files_.begin_index(version.info.version_id));
        ListMerge merge(index);
        const IndexHeader header = CAIRN_TRY(merge.write(file.fd()));
        RegistrySegment base = CAIRN_TRY(files_.finish_index(file, header));

        const FolderLock lock = CAIRN_TRY(folder_.lock_for_change());
        const RegistryVersion now = CAIRN_TRY(current(name));
        if (!builds_on(now, version)) {
            return fail(Errc::conflict, "list \"{}\" was imported anew while it was merged", name);
        }
        const auto index_now = CAIRN_TRY(files_.open(now));
        RegistryVersion next;
        next.info = now.info;
        CAIRN_TRY(file.file.commit());
        const std::vector<std::uint32_t> withdrawn = merge.withdrawn_since(*index_now);
        CAIRN_TRY(files_.withdraw_from(base, header.content, withdrawn, now.info.version_id));
        next.segments.push_back(std::move(base));
        next.segments.insert(
            next.segments.end(),
            now.segments.begin() + static_cast<std::ptrdiff_t>(version.segments.size()),
            now.segments.end()
        );
        CAIRN_TRY(publish(std::move(next)));
        return true;
    }

    const ListFolder folder_;
    const VersionFiles files_;
    const crypto::SecretKey key_;
    std::mutex mutex_;
    std::unique_ptr<ListRegistry> registry_;
};

}  // namespace

Result<std::unique_ptr<ListStore>> ListStore::open(
    const std::string& folder, const crypto::SecretKey& key
) {
    ListFolder opened = CAIRN_TRY(ListFolder::open(folder));
    auto registry = CAIRN_TRY(ListRegistry::open(opened.path_of("lists.db"), key));
    return std::unique_ptr<ListStore>(
        std::make_unique<FolderListStore>(std::move(opened), key, std::move(registry))
    );
}

}  // namespace cairn::hashlist
