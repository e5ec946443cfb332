#include "scan/scan_run.h"

#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

#include "base/bounded_queue.h"

namespace cairn::scan {
namespace {

using evidence::FolderEntry;
using evidence::FolderWalk;
using evidence::Step;

constexpr std::size_t kTaskQueueLength = 256;
constexpr std::size_t kRecordQueueLength = 4096;
/// Content of archive members that may wait in memory for a free thread.
constexpr std::uint64_t kWaitingBytesMax = 64U << 20U;

struct FileTask {
    const FolderWalk* walk;
    FolderEntry entry;
    ItemRecord record;
};

using Task = std::variant<FileTask, MemberTask>;

/// Says why an entry that is no regular file is not read.
void note_unread(const FolderEntry& entry, ItemRecord& record) {
    const auto gap = [&](Coverage coverage, const char* code) {
        record.coverage = coverage;
        record.findings.push_back(make_finding(Finding::Kind::error, code, entry.problem, true));
    };
    switch (entry.kind) {
        case FolderEntry::Kind::file:
            break;
        case FolderEntry::Kind::symlink:
            record.coverage = Coverage::symlink;
            break;
        case FolderEntry::Kind::fifo:
        case FolderEntry::Kind::socket:
        case FolderEntry::Kind::device:
            record.coverage = Coverage::special;
            break;
        case FolderEntry::Kind::excluded:
            record.coverage = Coverage::excluded;
            break;
        case FolderEntry::Kind::unreadable_folder:
            gap(Coverage::unreadable, "unreadable_folder");
            break;
        case FolderEntry::Kind::vanished:
            gap(Coverage::vanished, "vanished");
            break;
        case FolderEntry::Kind::too_deep:
            record.coverage = Coverage::limited;
            record.findings.push_back(
                make_finding(Finding::Kind::limit, "limit_folder_depth", entry.problem, true)
            );
            break;
    }
}

/// One scan at work: the queues, the threads and what they share.
class ScanRun final : public ItemSink {
public:
    ScanRun(
        ScanStore& store,
        std::int64_t id,
        const ScanRunOptions& options,
        const Tools& tools,
        Progress& progress,
        const std::atomic<bool>& stop
    )
        : store_(store),
          id_(id),
          options_(options),
          tools_(tools),
          progress_(progress),
          stop_(stop) {}

    Result<RunEnd> run();

    void emit(ItemRecord&& record) override;
    bool offer(MemberTask& task) override;
    bool stopping() const override { return stop_.load() || aborted_.load(); }
    void abort(Error error) override;

private:
    Result<std::unique_ptr<FolderWalk>> open_source(const std::string& source) const;
    void walk_all();
    bool take(const FolderWalk& walk, const std::string& source, FolderEntry entry);
    void work();
    void examine(Examiner& examiner, Task task);
    void write();
    void count_totals();
    void task_done();
    /// Runs the body of a thread; what escapes it stops the scan.
    template <typename Body>
    void guarded(const char* what, Body body);

    ScanStore& store_;
    const std::int64_t id_;
    const ScanRunOptions& options_;
    const Tools& tools_;
    Progress& progress_;
    const std::atomic<bool>& stop_;

    BoundedQueue<Task> tasks_{kTaskQueueLength};
    BoundedQueue<ItemRecord> records_{kRecordQueueLength};
    std::atomic<std::uint64_t> pending_{1};  ///< tasks not done yet, and the walk itself
    std::atomic<std::uint64_t> waiting_bytes_{0};
    std::atomic<bool> aborted_{false};
    std::mutex error_mutex_;
    std::optional<Error> error_;

    std::vector<std::unique_ptr<FolderWalk>> walks_;
    std::optional<ScanLookup> lookup_;  ///< the walking thread's own connection, on resume
    /// Files with several names: (device, inode) to the first name met.
    std::map<std::pair<std::uint64_t, std::uint64_t>, evidence::ItemId> linked_;
};

Result<RunEnd> ScanRun::run() {
    if (options_.resume) {
        CAIRN_TRY(store_.drop_unfinished(id_));
        lookup_ = CAIRN_TRY(store_.lookup());
    }
    for (const std::string& source : options_.sources) {
        auto walk = CAIRN_TRY(open_source(source));
        walks_.push_back(std::move(walk));
    }
    std::jthread writer([this] { guarded("writing", [this] { write(); }); });
    {
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < options_.jobs; ++i) {
            threads.emplace_back([this] { guarded("examining", [this] { work(); }); });
        }
        if (options_.count_ahead) {
            threads.emplace_back([this] { guarded("counting", [this] { count_totals(); }); });
        }
        guarded("walking", [this] { walk_all(); });
        task_done();
    }
    records_.close();
    writer.join();
    if (error_) return std::move(*error_);
    return stop_.load() ? RunEnd::interrupted : RunEnd::finished;
}

template <typename Body>
void ScanRun::guarded(const char* what, Body body) {
    try {
        body();
    } catch (const std::exception& exception) {
        abort(fail(Errc::internal, "{}: {}", what, exception.what()));
    }
}

void ScanRun::abort(Error error) {
    {
        const std::lock_guard lock(error_mutex_);
        if (!error_) error_ = std::move(error);
    }
    aborted_ = true;
    tasks_.close();
    records_.close();
}

void ScanRun::task_done() {
    if (pending_.fetch_sub(1) == 1) tasks_.close();
}

Result<std::unique_ptr<FolderWalk>> ScanRun::open_source(const std::string& source) const {
    const FolderWalk::Options options{.exclude = options_.exclude};
    return options_.open_source ? options_.open_source(source, options)
                                : FolderWalk::open(source, options);
}

void ScanRun::walk_all() {
    for (std::size_t i = 0; i < walks_.size(); ++i) {
        while (!stopping()) {
            auto entry = walks_[i]->next();
            if (!entry || !take(*walks_[i], options_.sources[i], std::move(*entry))) break;
        }
    }
}

bool ScanRun::take(const FolderWalk& walk, const std::string& source, FolderEntry entry) {
    Step from;
    from.kind = Step::Kind::source;
    from.name = source;
    Step file;
    file.kind = Step::Kind::file;
    file.name = entry.relative;
    ItemRecord record;
    record.path = evidence::EvidencePath({std::move(from), std::move(file)});
    record.id = record.path.item_id();
    record.size_bytes = entry.size_bytes;
    record.modified = entry.modified;
    if (entry.kind == FolderEntry::Kind::file && entry.link_count > 1) {
        const auto [first, fresh] = linked_.try_emplace({entry.device_id, entry.inode}, record.id);
        if (!fresh) {
            record.link_of = first->second;
            record.coverage = Coverage::linked;
        }
    }
    if (lookup_) {
        const auto known = lookup_->contains(id_, record.id);
        if (!known) {
            abort(Error(known.error()));
            return false;
        }
        if (*known) {
            progress_.files_done += 1;
            progress_.file_bytes_done += entry.size_bytes;
            return true;
        }
    }
    if (record.coverage == Coverage::linked || entry.kind != FolderEntry::Kind::file) {
        note_unread(entry, record);
        emit(std::move(record));
        return true;
    }
    pending_ += 1;
    return tasks_.push(FileTask{&walk, std::move(entry), std::move(record)});
}

void ScanRun::work() {
    Examiner examiner(tools_, *this);
    while (auto task = tasks_.pop()) {
        if (!stopping()) examine(examiner, std::move(*task));
        task_done();
    }
}

void ScanRun::examine(Examiner& examiner, Task task) {
    if (auto* file = std::get_if<FileTask>(&task)) {
        examiner.examine_file(*file->walk, file->entry, std::move(file->record));
        progress_.files_done += 1;
        progress_.file_bytes_done += file->entry.size_bytes;
        return;
    }
    auto& member = std::get<MemberTask>(task);
    const std::uint64_t size = member.content.size_bytes();
    examiner.examine_member(std::move(member));
    waiting_bytes_ -= size;
}

bool ScanRun::offer(MemberTask& task) {
    const std::uint64_t size = task.content.size_bytes();
    if (waiting_bytes_.fetch_add(size) + size > kWaitingBytesMax) {
        waiting_bytes_ -= size;
        return false;
    }
    pending_ += 1;
    Task wrapped(std::move(task));
    if (tasks_.try_push(std::move(wrapped))) return true;
    task = std::move(std::get<MemberTask>(wrapped));
    pending_ -= 1;  // never the last one: the offering task is still at work
    waiting_bytes_ -= size;
    return false;
}

void ScanRun::emit(ItemRecord&& record) {
    progress_.items += 1;
    if (record.coverage == Coverage::covered) progress_.bytes += record.size_bytes;
    bool matched = false;
    for (const Finding& finding : record.findings) {
        if (!finding.match) {
            progress_.problems += 1;
        } else {
            matched |= finding.match->weight == hashlist::Weight::counts;
        }
    }
    if (matched) progress_.matches += 1;
    records_.push(std::move(record));
}

void ScanRun::write() {
    while (true) {
        // What queued while the last batch was written: one durable commit for all of it.
        const std::vector<ItemRecord> batch = records_.pop_some(kRecordQueueLength);
        if (batch.empty()) return;
        if (auto written = store_.append(id_, batch); !written) {
            abort(std::move(written).error().with_context("case folder " + store_.folder()));
            return;
        }
    }
}

void ScanRun::count_totals() {
    for (const std::string& source : options_.sources) {
        const auto walk = open_source(source);
        if (!walk) return;
        while (!stopping()) {
            const auto entry = (*walk)->next();
            if (!entry) break;
            if (entry->kind != FolderEntry::Kind::file) continue;
            progress_.files_total += 1;
            progress_.file_bytes_total += entry->size_bytes;
        }
    }
    progress_.totals_known = true;
}

}  // namespace

Result<RunEnd> run_scan(
    ScanStore& store,
    std::int64_t id,
    const ScanRunOptions& options,
    const Tools& tools,
    Progress& progress,
    const std::atomic<bool>& stop
) {
    ScanRun run(store, id, options, tools, progress, stop);
    const RunEnd end = CAIRN_TRY(run.run());
    if (end == RunEnd::finished) CAIRN_TRY(store.spread_to_links(id));
    return end;
}

Result<RunEnd> run_rematch(
    ScanStore& store,
    std::int64_t id,
    std::int64_t catalogue,
    const Matcher& matcher,
    Progress& progress,
    const std::atomic<bool>& stop
) {
    constexpr std::size_t kBatch = 4096;
    // A second connection writes while the first still reads.
    const auto reader = CAIRN_TRY(store.another());
    std::vector<std::pair<std::int64_t, Finding>> found;
    auto asked = reader->for_each_fingerprint(
        catalogue,
        [&](std::int64_t row, const ItemRecord& record) -> Status {
            if (stop.load()) return fail(Errc::cancelled, "interrupted");
            ItemRecord item = record;
            CAIRN_TRY(matcher.match(item));
            progress.items += 1;
            progress.bytes += item.size_bytes;
            for (Finding& finding : item.findings) found.emplace_back(row, std::move(finding));
            if (!item.findings.empty()) progress.matches += 1;
            if (found.size() < kBatch) return ok();
            CAIRN_TRY(store.append_findings(id, found));
            found.clear();
            return ok();
        }
    );
    if (!asked && asked.error().code != Errc::cancelled) return std::move(asked).error();
    CAIRN_TRY(store.append_findings(id, found));
    if (!asked) return RunEnd::interrupted;
    CAIRN_TRY(store.spread_to_links(id));
    return RunEnd::finished;
}

}  // namespace cairn::scan
