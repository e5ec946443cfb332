#pragma once

#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "audit/audit_log.h"

namespace cairn::audit {

/// Puts entries on record for many threads: what queued while one transaction was being committed
/// goes into the next (group commit, no timer). One thread and one connection of its own. Signs the
/// tree as it grows. Thread-safe.
class AuditQueue {
public:
    struct Options {
        std::string location;  ///< of the records, as Database::open takes it
        std::string origin;
        std::chrono::milliseconds sign_interval = std::chrono::seconds(1);
        std::size_t waiting_max = 20'000;  ///< entries; more wait outside
    };

    static Result<std::unique_ptr<AuditQueue>> start(
        const Options& options, const crypto::SigningKey& key
    );
    /// What was queued is written first, and the tree signed.
    ~AuditQueue();
    AuditQueue(const AuditQueue&) = delete;
    AuditQueue& operator=(const AuditQueue&) = delete;

    /// Returns when the entry is durable. An error means that the act must not be done, nor its
    /// answer given: Errc::unavailable when the log cannot be written.
    Status append(Entry entry);

private:
    struct Waiting {
        Entry entry;
        std::promise<Status> done;
    };

    AuditQueue(const Options& options, const crypto::SigningKey& key);
    void run();
    void write(std::vector<Waiting>& batch);
    Status write_entries(std::span<const Entry> entries);
    void sign_when_due(bool at_end);

    Options options_;
    crypto::SigningKey key_;
    std::unique_ptr<db::Database> records_;
    std::unique_ptr<AuditLog> log_;
    std::chrono::steady_clock::time_point last_signed_;
    bool grown_ = false;  ///< since it was signed
    /// Why nothing can be signed any more, and so nothing be written.
    std::optional<Error> broken_;

    std::mutex mutex_;
    std::condition_variable has_work_;
    std::condition_variable has_room_;
    std::vector<Waiting> waiting_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace cairn::audit
