#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "api/event_feed.h"
#include "api/server_log.h"
#include "api/workplace.h"
#include "oversight/witness_client.h"
#include "oversight/witness_watch.h"

namespace cairn::api {

/// Does what is to be done from time to time, on a thread and a connection of its own: follows the
/// audit log so that acts can be found, asks witnesses, takes away what is over. Several servers
/// may do it at once. What fails is told in the server's log and tried again.
class Housekeeper {
public:
    /// All must outlive it.
    struct Parts {
        const Resources& resources;
        EventFeed& events;
        ServerLog& log;
    };

    static Result<std::unique_ptr<Housekeeper>> start(const Parts& parts);
    ~Housekeeper();
    Housekeeper(const Housekeeper&) = delete;
    Housekeeper& operator=(const Housekeeper&) = delete;

private:
    using Clock = std::chrono::steady_clock;

    Housekeeper(const Parts& parts, Foundation foundation);
    void run();
    void follow_log();
    void ask_witnesses();
    void keep_house();
    void tell(std::string_view event, const Error& error);

    Parts parts_;
    Foundation foundation_;
    fetch::HttpsClient web_;
    std::vector<oversight::Witness> witnesses_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

/// The keys by which the configuration names witnesses.
Result<audit::WitnessPolicy> witness_policy(const config::Audit& settings);

/// Whether other organisations vouch for the log, for all threads of a server.
class WitnessGuard {
public:
    /// A connection of its own; `clock` must outlive it.
    static Result<std::unique_ptr<WitnessGuard>> open(
        const config::Configuration& configuration, const cairn::Clock& clock
    );

    bool witnessed();

private:
    WitnessGuard(
        std::unique_ptr<db::Database> records,
        const std::string& origin,
        audit::WitnessPolicy policy,
        const cairn::Clock& clock
    )
        : records_(std::move(records)), watch_(*records_, origin, std::move(policy), clock) {}

    std::mutex mutex_;
    std::unique_ptr<db::Database> records_;
    oversight::WitnessWatch watch_;
};

}  // namespace cairn::api
