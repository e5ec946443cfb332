#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "audit/audit_log.h"

namespace cairn::audit {

/// Puts entries of all agencies on record for many threads: what queued while one transaction was
/// being committed goes into the next (group commit, no timer). One thread and one connection of
/// its own. Signs the trees as they grow, and binds the agencies' logs into the installation's at a
/// steady pace, whether they grew or not: the pace shows nothing. Thread-safe.
class AuditQueue {
public:
    struct Options {
        std::string location;      ///< of the records, as Database::open takes it
        std::string installation;  ///< its name, and that of its own log
        std::chrono::milliseconds sign_interval = std::chrono::seconds(1);
        std::chrono::milliseconds bind_interval = std::chrono::seconds(60);
        std::size_t waiting_max = 20'000;  ///< entries; more wait outside
    };

    static Result<std::unique_ptr<AuditQueue>> start(
        const Options& options, const crypto::SigningKey& key
    );
    /// What was queued is written first, the agencies bound and the trees signed.
    ~AuditQueue();
    AuditQueue(const AuditQueue&) = delete;
    AuditQueue& operator=(const AuditQueue&) = delete;

    /// Returns when the entry is durable. An error means that the act must not be done, nor its
    /// answer given: Errc::unavailable when the log cannot be written.
    Status append(const Entry& entry);

    /// Errc::unavailable while what waits in the records cannot be written or signed: entries of
    /// acts that were done in transactions of their own, which nobody else would be told of.
    Status health();

private:
    using Clock = std::chrono::steady_clock;

    /// What one transaction will write. All who wait for it are woken at once.
    struct Batch {
        std::vector<EncodedAct> acts;
        std::promise<Status> done;
        std::shared_future<Status> result = done.get_future().share();
    };

    AuditQueue(const Options& options, const crypto::SigningKey& key);
    void run();
    /// The next batch; null when a time came first, or at the end.
    std::shared_ptr<Batch> next_batch();
    Status write(std::span<const EncodedAct> acts);
    void poll_when_due(bool at_end);
    void bind_when_due(bool at_end);
    void sign_when_due(bool at_end);

    enum class Work : std::uint8_t { write, bind, sign };
    void note(Work work, const Status& outcome);

    Options options_;
    crypto::SigningKey key_;
    std::unique_ptr<db::Database> records_;
    std::unique_ptr<AuditLog> log_;
    Clock::time_point last_signed_;
    Clock::time_point last_bound_;
    Clock::time_point last_polled_;  ///< what waits in the records was taken
    bool grown_ = false;             ///< since it was signed
    bool agencies_ = false;          ///< there are logs of agencies
    /// Why nothing can be signed any more, and so nothing be written.
    std::optional<Error> broken_;

    std::mutex mutex_;
    std::condition_variable has_work_;
    std::condition_variable has_room_;
    std::deque<std::shared_ptr<Batch>> batches_;
    std::size_t waiting_ = 0;  ///< entries in them
    bool stopping_ = false;
    std::array<std::optional<Error>, 3> troubles_{};  ///< of each Work the last time
    std::thread thread_;
};

}  // namespace cairn::audit
