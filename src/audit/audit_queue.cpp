#include "audit/audit_queue.h"

#include <algorithm>

namespace cairn::audit {
namespace {

/// A connection that wrote nothing for so long is gone.
constexpr std::chrono::hours kWriterKept{7 * 24};

}  // namespace

Result<std::unique_ptr<AuditQueue>> AuditQueue::start(
    const Options& options, const crypto::SigningKey& key
) {
    std::unique_ptr<AuditQueue> queue(new AuditQueue(options, key));
    queue->records_ = CAIRN_TRY(db::Database::open(options.location, {}));
    queue->log_ = CAIRN_TRY(AuditLog::open(*queue->records_, options.installation));
    AuditLog& log = *queue->log_;
    const UtcTime now = SystemClock().now();
    CAIRN_TRY(log.forget_writers(now - kWriterKept));
    // What a killed program left waiting, and the check that these are the logs that were signed.
    std::size_t integrated = 0;
    do {
        integrated = CAIRN_TRY(log.integrate());
    } while (integrated > 0);
    CAIRN_TRY(log.sign(key));
    queue->agencies_ = CAIRN_TRY(log.bind_agencies(now));
    CAIRN_TRY(log.sign(key));
    queue->last_signed_ = Clock::now();
    queue->last_bound_ = queue->last_signed_;
    queue->last_polled_ = queue->last_signed_;
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

Status AuditQueue::append(const Entry& entry) {
    // Encoded here, so that a batch never fails for what one entry holds and the one thread that
    // writes has little to do.
    EncodedAct act = CAIRN_TRY(encode_act(entry));
    std::shared_ptr<Batch> batch;
    {
        std::unique_lock lock(mutex_);
        has_room_.wait(lock, [&] { return stopping_ || waiting_ < options_.waiting_max; });
        if (stopping_) return fail(Errc::unavailable, "the audit log is being closed");
        if (batches_.empty() || batches_.back()->acts.size() == kBatchMax) {
            batches_.push_back(std::make_shared<Batch>());
        }
        batch = batches_.back();
        batch->acts.push_back(std::move(act));
        ++waiting_;
    }
    has_work_.notify_one();
    return batch->result.get();
}

void AuditQueue::run() {
    while (true) {
        const std::shared_ptr<Batch> batch = next_batch();
        if (batch) {
            batch->done.set_value(write(batch->acts));
        } else {
            const std::lock_guard lock(mutex_);
            if (stopping_) break;
        }
        poll_when_due(false);
        bind_when_due(false);
        sign_when_due(false);
    }
    poll_when_due(true);
    bind_when_due(true);
    sign_when_due(true);
}

std::shared_ptr<AuditQueue::Batch> AuditQueue::next_batch() {
    std::shared_ptr<Batch> batch;
    {
        std::unique_lock lock(mutex_);
        const auto ready = [&] { return stopping_ || !batches_.empty(); };
        if (broken_) {
            has_work_.wait(lock, ready);
        } else {
            has_work_.wait_until(lock, last_polled_ + options_.sign_interval, ready);
        }
        // Those who were just woken come again at once: a batch is worth more when they are in it.
        for (std::size_t seen = 0; waiting_ != seen && waiting_ < kBatchMax;) {
            seen = waiting_;
            lock.unlock();
            std::this_thread::yield();
            lock.lock();
        }
        if (batches_.empty()) return nullptr;
        batch = std::move(batches_.front());
        batches_.pop_front();
        waiting_ -= batch->acts.size();
    }
    has_room_.notify_all();
    return batch;
}

Status AuditQueue::write(std::span<const EncodedAct> acts) {
    if (broken_) return *broken_;
    const auto written = log_->integrate(acts);
    note(Work::write, written ? ok() : Status(Error(written.error())));
    if (!written) return Error(written.error()).with_context("the audit log cannot be written");
    last_polled_ = Clock::now();
    grown_ = true;
    const auto of_agency = [](const EncodedAct& act) { return !act.agency().empty(); };
    agencies_ = agencies_ || std::ranges::any_of(acts, of_agency);
    return ok();
}

/// Entries that acts put on record in transactions of their own wait for nobody else.
void AuditQueue::poll_when_due(bool at_end) {
    const auto now = Clock::now();
    if (broken_ || (!at_end && now < last_polled_ + options_.sign_interval)) return;
    last_polled_ = now;
    const auto integrated = log_->integrate();
    note(Work::write, integrated ? ok() : Status(Error(integrated.error())));
    if (!integrated || *integrated == 0) return;
    grown_ = true;
    agencies_ = true;  // perhaps
}

void AuditQueue::note(Work work, const Status& outcome) {
    if (!outcome && outcome.error().code == Errc::corrupt_data) broken_ = outcome.error();
    const std::lock_guard lock(mutex_);
    auto& trouble = troubles_.at(static_cast<std::size_t>(work));
    if (outcome) {
        trouble.reset();
    } else {
        trouble = outcome.error();
    }
}

Status AuditQueue::health() {
    const std::lock_guard lock(mutex_);
    for (const auto& trouble : troubles_) {
        if (!trouble) continue;
        return fail(Errc::unavailable, "the audit log cannot be written: {}", trouble->message);
    }
    return ok();
}

void AuditQueue::bind_when_due(bool at_end) {
    const auto now = Clock::now();
    if (!agencies_ || broken_) return;
    if (!at_end && now < last_bound_ + options_.bind_interval) return;
    last_bound_ = now;
    const auto bound = log_->bind_agencies(SystemClock().now());
    note(Work::bind, bound ? ok() : Status(Error(bound.error())));
    if (!bound) return;
    agencies_ = *bound;
    grown_ = grown_ || *bound;
}

void AuditQueue::sign_when_due(bool at_end) {
    const auto now = Clock::now();
    if (!grown_ || broken_ || (!at_end && now < last_signed_ + options_.sign_interval)) return;
    const auto signed_note = log_->sign(key_);
    last_signed_ = now;
    note(Work::sign, signed_note ? ok() : Status(Error(signed_note.error())));
    if (signed_note) grown_ = false;
}

}  // namespace cairn::audit
