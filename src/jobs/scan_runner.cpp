#include "jobs/scan_runner.h"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "jobs/scan_jobs.h"
#include "jobs/scan_work.h"

namespace cairn::jobs {
namespace {

/// A scan that took so many servers with it is not tried again by itself.
constexpr std::int64_t kLostRunsMax = 5;
/// Between two words on the bus about one scan.
constexpr std::chrono::seconds kPublishInterval{1};

using Steady = std::chrono::steady_clock;

/// Why a scan at work is to stop.
enum class Cause : std::uint8_t { none, asked, refused, lost, shutdown };

/// Whether an error says that something may not be done, rather than that it could not.
bool is_refusal(const Error& error) {
    return error.code == Errc::permission_denied || error.code == Errc::not_found;
}

std::string_view reason_of(const Error& error) {
    return error.reason.empty() ? "failed" : error.reason;
}

}  // namespace

class ScanRunner::Loop {
public:
    Loop(const Parts& parts, Options options)
        : parts_(parts),
          options_(std::move(options)),
          runner_(crypto::random_id<RunnerId>()),
          queue_(parts.gate.records(), runner_, options_.lease),
          thread_([this] { run(); }) {}
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    ~Loop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

    std::optional<Error> last_error() const {
        const std::lock_guard lock(mutex_);
        return last_error_;
    }

private:
    /// One scan while it runs.
    struct Run {
        const TakenScan& taken;
        access::Actor actor;
        access::Act act;
        ScanWork& work;
        std::atomic<bool> stop{false};
        Cause cause = Cause::none;
        std::string_view refusal{};
        Steady::time_point last_beat = Steady::now();
        Steady::time_point last_asked = Steady::now();
        Steady::time_point last_published{};
    };

    void run();
    /// The first scan that waits; false when there was none.
    Result<bool> do_next();
    Status do_scan(const TakenScan& taken);
    Status do_work(
        const TakenScan& taken, const access::Actor& actor, const access::Act& act, ScanWork& work
    );
    void supervise(Run& run);
    Cause cause_to_stop(Run& run);
    Status conclude(Run& run, const Result<scan::RunEnd>& ended);
    Result<access::Actor> actor_of(const TakenScan& taken);
    Status still_permitted(const access::Actor& actor, const access::Act& act);

    /// On record, unless the act itself is refused; then it is stopped for that.
    Status end_on_record(
        const TakenScan& taken,
        const access::Actor& actor,
        const access::Act& act,
        std::int64_t scan,
        const JobEnd& end
    );
    Status end_now(const TakenScan& taken, std::int64_t scan, const JobEnd& end);
    Status store_end(const TakenScan& taken, std::int64_t scan, const JobEnd& end);
    Status give_back(const TakenScan& taken, std::int64_t scan);
    JobEnd failure_of(const TakenScan& taken, const access::CaseKey& key, const Error& error);
    void publish(const TakenScan& taken, std::string topic);

    bool is_stopping() const {
        const std::lock_guard lock(mutex_);
        return stopping_;
    }
    void note(std::optional<Error> error) {
        const std::lock_guard lock(mutex_);
        last_error_ = std::move(error);
    }

    const Parts parts_;
    const Options options_;
    const RunnerId runner_;
    ScanQueue queue_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    bool work_done_ = false;  ///< the thread of the scan at work has ended
    std::optional<Error> last_error_;
    std::thread thread_;
};

void ScanRunner::Loop::run() {
    while (!is_stopping()) {
        const auto did = [this]() -> Result<bool> {
            try {
                return do_next();
            } catch (const std::exception& exception) {
                return fail(Errc::internal, "scan runner: {}", exception.what());
            }
        }();
        note(did ? std::nullopt : std::optional(did.error()));
        if (did && *did) continue;
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, options_.poll, [this] { return stopping_; });
    }
}

Result<bool> ScanRunner::Loop::do_next() {
    const auto taken = CAIRN_TRY(queue_.take(parts_.gate.clock().now()));
    if (!taken) return false;
    CAIRN_TRY(do_scan(*taken));
    return true;
}

Result<access::Actor> ScanRunner::Loop::actor_of(const TakenScan& taken) {
    db::Database& records = parts_.gate.records();
    const auto user = CAIRN_TRY(access::stored_user(records, parts_.gate.keys(), taken.user));
    const auto agency = CAIRN_TRY(access::stored_agency(records, taken.agency));
    const bool is_active = user.state == access::UserState::active;
    return access::Actor{
        .user = taken.user,
        .agency = taken.agency,
        .profile = agency.profile,
        // Whoever is disabled has no role to do anything in.
        .roles = is_active ? user.roles : access::Roles{}};
}

Status ScanRunner::Loop::still_permitted(const access::Actor& actor, const access::Act& act) {
    const access::Permit permit{.actor = actor, .operation = access::operation(act.operation)};
    return parts_.gate.still_permitted(permit, act);
}

JobEnd ScanRunner::Loop::failure_of(
    const TakenScan& taken, const access::CaseKey& key, const Error& error
) {
    JobEnd end = {.state = JobState::failed, .reason = reason_of(error)};
    auto sealed = parts_.gate.keys().seal(
        key.key, as_bytes(error.message), {.column = kErrorColumn, .row = taken.id.bytes()}
    );
    if (sealed) end.error = *std::move(sealed);
    return end;
}

Status ScanRunner::Loop::do_scan(const TakenScan& taken) {
    const std::int64_t before = taken.scan.value_or(0);
    if (taken.stopping) {
        return end_now(taken, before, {.state = JobState::stopped, .reason = "asked"});
    }
    if (taken.lost_runs > kLostRunsMax) {
        return end_now(taken, before, {.state = JobState::failed, .reason = "lost_too_often"});
    }
    const auto actor = CAIRN_TRY(actor_of(taken));
    const access::Act act = {
        .operation = access::OperationId::scan_run,
        .ground = {.purpose = taken.purpose},
        .case_id = taken.case_id,
        .objects = {"case:" + taken.case_id.text(), "scan:" + taken.id.text()}};
    if (const Status standing = still_permitted(actor, act); !standing) {
        if (!is_refusal(standing.error())) return Error(standing.error());
        return end_now(
            taken, before, {.state = JobState::stopped, .reason = reason_of(standing.error())}
        );
    }
    const auto key = CAIRN_TRY(parts_.gate.visibility().find(actor, taken.case_id));
    if (!key) return ok();  // gone a moment ago, and its scans with it
    auto work = ScanWork::prepare(parts_, options_, runner_, queue_, taken, *key);
    if (!work) {
        const JobEnd end = failure_of(taken, *key, work.error());
        return end_on_record(taken, actor, act, before, end);
    }
    return do_work(taken, actor, act, **work);
}

Status ScanRunner::Loop::do_work(
    const TakenScan& taken, const access::Actor& actor, const access::Act& act, ScanWork& work
) {
    Run run{.taken = taken, .actor = actor, .act = act, .work = work};
    work_done_ = false;
    Result<scan::RunEnd> ended = scan::RunEnd::interrupted;
    std::thread worker([&] {
        try {
            ended = work.run(run.stop);
        } catch (const std::exception& exception) {
            ended = fail(Errc::internal, "scan: {}", exception.what());
        }
        const std::lock_guard lock(mutex_);
        work_done_ = true;
        changed_.notify_all();
    });
    supervise(run);
    worker.join();
    return conclude(run, ended);
}

void ScanRunner::Loop::supervise(Run& run) {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            const auto ends = [&] { return work_done_ || (stopping_ && !run.stop); };
            changed_.wait_for(lock, options_.beat, ends);
            if (work_done_) return;
        }
        const Cause cause = cause_to_stop(run);
        if (cause != Cause::none && run.cause == Cause::none) {
            run.cause = cause;
            run.stop = true;
        }
    }
}

Cause ScanRunner::Loop::cause_to_stop(Run& run) {
    const auto now = Steady::now();
    const auto standing =
        queue_.beat(run.taken.number, run.work.progress(), parts_.gate.clock().now());
    if (standing) {
        run.last_beat = now;
        if (*standing == ScanQueue::Standing::lost) return Cause::lost;
        if (*standing == ScanQueue::Standing::stopping) return Cause::asked;
    } else if (now - run.last_beat > options_.lease) {
        return Cause::lost;
    }
    if (now - run.last_published >= kPublishInterval) {
        run.last_published = now;
        publish(run.taken, "scan_progressed");
    }
    if (is_stopping()) return Cause::shutdown;
    if (run.cause != Cause::none || now - run.last_asked < options_.permission_interval) {
        return Cause::none;
    }
    run.last_asked = now;
    auto actor = actor_of(run.taken);
    const Status permitted =
        actor ? still_permitted(*actor, run.act) : Status(Error(actor.error()));
    if (permitted) return Cause::none;
    // What cannot be asked or put on record does not go on either.
    run.refusal = reason_of(permitted.error());
    return Cause::refused;
}

Status ScanRunner::Loop::conclude(Run& run, const Result<scan::RunEnd>& ended) {
    const std::int64_t scan = run.work.scan();
    if (run.cause == Cause::lost) return ok();
    const auto standing =
        CAIRN_TRY(queue_.beat(run.taken.number, run.work.progress(), parts_.gate.clock().now()));
    if (standing == ScanQueue::Standing::lost) return ok();
    if (run.cause == Cause::refused) {
        return end_now(run.taken, scan, {.state = JobState::stopped, .reason = run.refusal});
    }
    // The records were away for a while: the scan is taken again when its lease is over, as one
    // that a killed server left.
    if (!ended && ended.error().code == Errc::unavailable) return Error(ended.error());
    if (!ended) {
        const auto key = CAIRN_TRY(parts_.gate.visibility().find(run.actor, run.taken.case_id));
        if (!key) return ok();
        const JobEnd end = failure_of(run.taken, *key, ended.error());
        return end_on_record(run.taken, run.actor, run.act, scan, end);
    }
    if (*ended == scan::RunEnd::finished) {
        return end_on_record(run.taken, run.actor, run.act, scan, {.state = JobState::finished});
    }
    if (run.cause == Cause::asked) {
        return end_now(run.taken, scan, {.state = JobState::stopped, .reason = "asked"});
    }
    return give_back(run.taken, scan);
}

Status ScanRunner::Loop::store_end(const TakenScan& taken, std::int64_t scan, const JobEnd& end) {
    const auto now = parts_.gate.clock().now();
    if (scan != 0) {
        CAIRN_TRY(scan::store_scan_state(
            parts_.gate.records(),
            scan,
            end.state == JobState::finished ? scan::ScanState::finished
                                            : scan::ScanState::interrupted,
            now
        ));
    }
    return queue_.end(taken.number, end, now);
}

Status ScanRunner::Loop::end_now(const TakenScan& taken, std::int64_t scan, const JobEnd& end) {
    CAIRN_TRY(parts_.gate.records().transaction([&] { return store_end(taken, scan, end); }));
    publish(taken, fmt::format("scan_{}", name_of(end.state)));
    return ok();
}

Status ScanRunner::Loop::end_on_record(
    const TakenScan& taken,
    const access::Actor& actor,
    const access::Act& act,
    std::int64_t scan,
    const JobEnd& end
) {
    access::Act last = act;
    last.objects.push_back(fmt::format("state:{}", name_of(end.state)));
    const Status done = parts_.gate.change(actor, last, [&](access::Permit&) {
        return store_end(taken, scan, end);
    });
    if (done) {
        publish(taken, fmt::format("scan_{}", name_of(end.state)));
        return ok();
    }
    if (!is_refusal(done.error())) return Error(done.error());
    return end_now(taken, scan, {.state = JobState::stopped, .reason = reason_of(done.error())});
}

Status ScanRunner::Loop::give_back(const TakenScan& taken, std::int64_t scan) {
    return parts_.gate.records().transaction([&]() -> Status {
        CAIRN_TRY(scan::store_scan_state(
            parts_.gate.records(), scan, scan::ScanState::interrupted, parts_.gate.clock().now()
        ));
        return queue_.give_back(taken.number);
    });
}

void ScanRunner::Loop::publish(const TakenScan& taken, std::string topic) {
    parts_.publish(
        {.topic = std::move(topic),
         .agency = taken.agency.text(),
         .case_id = taken.case_id.text(),
         .object = taken.id.text()}
    );
}

ScanRunner::ScanRunner(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}

ScanRunner::~ScanRunner() = default;

std::unique_ptr<ScanRunner> ScanRunner::start(const Parts& parts, Options options) {
    return std::unique_ptr<ScanRunner>(
        new ScanRunner(std::make_unique<Loop>(parts, std::move(options)))
    );
}

std::optional<Error> ScanRunner::last_error() const {
    return loop_->last_error();
}

}  // namespace cairn::jobs
