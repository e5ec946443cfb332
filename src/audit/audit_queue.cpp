#include "audit/audit_queue.h"

#include <algorithm>
#include <iterator>

namespace cairn::audit {

using Clock = std::chrono::steady_clock;

Result<std::unique_ptr<AuditQueue>> AuditQueue::start(
    const Options& options, const crypto::SigningKey& key
) {
    std::unique_ptr<AuditQueue> queue(new AuditQueue(options, key));
    queue->records_ = CAIRN_TRY(db::Database::open(options.location, {}));
    queue->log_ = CAIRN_TRY(AuditLog::open(*queue->records_, options.origin));
    // What a killed program left waiting, and the check that this is the log that was signed.
    std::size_t integrated = 0;
    do {
        integrated = CAIRN_TRY(queue->log_->integrate());
    } while (integrated > 0);
    CAIRN_TRY(queue->log_->sign(key));
    queue->last_signed_ = Clock::now();
    queue->thread_ = std::thread([raw = queue.get()] { raw->run(); });
    return queue;
}

AuditQueue::AuditQueue(const Options& options, const crypto::SigningKey& key)
    : options_(options), key_(key) {}

AuditQueue::~AuditQueue() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    has_work_.notify_all();
    has_room_.notify_all();
    if (thread_.joinable()) thread_.join();
}

Status AuditQueue::append(Entry entry) {
    // Checked here, so that a batch never fails for what one entry holds.
    CAIRN_TRY(check_recordable(entry));
    std::future<Status> done;
    {
        std::unique_lock lock(mutex_);
        has_room_.wait(lock, [&] { return stopping_ || waiting_.size() < options_.waiting_max; });
        if (stopping_) return fail(Errc::unavailable, "the audit log is being closed");
        waiting_.push_back({std::move(entry), {}});
        done = waiting_.back().done.get_future();
    }
    has_work_.notify_one();
    return done.get();
}

void AuditQueue::run() {
    while (true) {
        std::vector<Waiting> batch;
        {
            std::unique_lock lock(mutex_);
            const auto ready = [&] { return stopping_ || !waiting_.empty(); };
            if (grown_ && !broken_) {
                has_work_.wait_until(lock, last_signed_ + options_.sign_interval, ready);
            } else {
                has_work_.wait(lock, ready);
            }
            if (waiting_.empty() && stopping_) break;
            const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kBatchMax));
            std::move(waiting_.begin(), waiting_.begin() + count, std::back_inserter(batch));
            waiting_.erase(waiting_.begin(), waiting_.begin() + count);
        }
        has_room_.notify_all();
        if (!batch.empty()) write(batch);
        sign_when_due(false);
    }
    sign_when_due(true);
}

void AuditQueue::write(std::vector<Waiting>& batch) {
    std::vector<Entry> entries;
    for (Waiting& one : batch) entries.push_back(std::move(one.entry));
    const Status written = write_entries(entries);
    for (Waiting& one : batch) one.done.set_value(written);
}

Status AuditQueue::write_entries(std::span<const Entry> entries) {
    if (broken_) return *broken_;
    const auto written = log_->integrate(entries);
    if (!written) return Error(written.error()).with_context("the audit log cannot be written");
    grown_ = true;
    return ok();
}

void AuditQueue::sign_when_due(bool at_end) {
    const auto now = Clock::now();
    if (!grown_ || broken_ || (!at_end && now < last_signed_ + options_.sign_interval)) return;
    const auto note = log_->sign(key_);
    last_signed_ = now;
    if (note) {
        grown_ = false;
    } else if (note.error().code == Errc::corrupt_data) {
        broken_ = note.error();
    }
}

}  // namespace cairn::audit
