#pragma once

#include <map>
#include <mutex>
#include <thread>

#include "access/world_test.h"
#include "jobs/scan_jobs.h"
#include "jobs/scan_runner.h"
#include "jobs/schema.h"
#include "support/temp_dir.h"

namespace cairn::jobs::test {

using access::test::expect_done;
using access::test::terms_for;
using access::test::value_of;

inline const access::Ground kCasework = {.purpose = access::Purpose::investigation};
inline const access::Ground kListCare = {.purpose = access::Purpose::list_care};

/// Folders that servers of one installation share: lists, evidence, spool.
struct Folders {
    Folders() {
        for (const char* name : {"lists", "evidence", "spool"}) {
            std::filesystem::create_directory(dir / name);
        }
    }
    cairn::test::TempDir dir;
};

/// Records with all tables that scans need.
class Installation : public access::test::World {
public:
    explicit Installation(const std::string& location) : World(location) {
        value_of(records().migrate(scan::ScanStore::schema()));
        value_of(records().migrate(scan::ScanStore::sharing_schema()));
        value_of(records().migrate(kSchema));
    }
};

inline crypto::SecretKey list_key() {
    std::array<std::uint8_t, crypto::SecretKey::kSize> bytes{};
    bytes.fill(7);
    return crypto::SecretKey::from_bytes(bytes);
}

/// A file of MD5 digests of these contents.
inline std::string digest_lines(const std::vector<std::string>& contents) {
    std::string lines;
    for (const std::string& one : contents) {
        lines += hex_encode(crypto::digest(as_bytes(one)).md5) + "\n";
    }
    return lines;
}

inline hashlist::ImportOptions illegal_list(const std::string& name, const std::string& file) {
    hashlist::ImportOptions options;
    options.files = {file};
    options.name = name;
    options.scheme = "us-2.0";
    options.category = "1";
    return options;
}

/// What one server has for its runner: connections of its own, and the time as it is.
class RunningServer {
public:
    struct Pace {
        std::chrono::milliseconds lease{30'000};
        std::chrono::milliseconds permission_interval{50};
    };

    RunningServer(
        const std::string& location, const Folders& folders, std::vector<ScanRoot> roots, Pace pace
    )
        : location_(location), lists_(folders.dir / "lists", list_key()) {
        records_ = value_of(db::Database::open(location, {}));
        keys_ = value_of(keyring::KeyRing::open(*records_, master_));
        log_ = value_of(audit::AuditLog::open(*records_, "log.example.org/cairn"));
        gate_ = value_of(access::Gate::open(
            {.records = *records_,
             .keys = *keys_,
             .log = *log_,
             .clock = clock_,
             .record = [this](const audit::Entry& entry
                       ) { return records_->transaction([&] { return log_->append(entry); }); },
             .witnessed = [] { return true; }}
        ));
        ScanRunner::Options options;
        options.roots = std::move(roots);
        options.program_folder = CAIRN_BIN_DIR;
        options.spool_folder = folders.dir / "spool";
        options.host = "server.example.org";
        options.version = "0.0";
        options.threads = 2;
        options.poll = std::chrono::milliseconds(20);
        options.beat = std::chrono::milliseconds(20);
        options.lease = pace.lease;
        options.permission_interval = pace.permission_interval;
        runner_ = ScanRunner::start(
            {.gate = *gate_,
             .connect = [this] { return db::Database::open(location_, {}); },
             .master = master_,
             .lists = lists_,
             .publish = [this](const bus::Event& event) { note(event); }},
            options
        );
    }

    std::size_t events(const std::string& topic) const {
        const std::lock_guard lock(mutex_);
        const auto found = events_.find(topic);
        return found == events_.end() ? 0 : found->second;
    }
    std::optional<Error> last_error() const { return runner_->last_error(); }

private:
    void note(const bus::Event& event) {
        const std::lock_guard lock(mutex_);
        ++events_[event.topic];
    }

    const crypto::SecretKey master_ = access::test::World::master();
    const SystemClock clock_;
    std::string location_;
    ListFolders lists_;
    std::unique_ptr<db::Database> records_;
    std::unique_ptr<keyring::KeyRing> keys_;
    std::unique_ptr<audit::AuditLog> log_;
    std::unique_ptr<access::Gate> gate_;
    mutable std::mutex mutex_;
    std::map<std::string, std::size_t> events_;
    std::unique_ptr<ScanRunner> runner_;  ///< last: its thread uses the others
};

/// An agency with people, a case, a list named "known" and a folder to scan named "uploads".
class AnyServer : public testing::TestWithParam<db::Engine> {
protected:
    AnyServer() {
        folders_.dir.write("evidence/a.txt", "listed content");
        folders_.dir.write("evidence/deep/planted-name.txt", "other content");
        folders_.dir.write("evidence/deep/copy.txt", "listed content");
        const std::string file = folders_.dir.write("known.txt", digest_lines({"listed content"}));
        value_of(agency_lists_.import(chief_, kListCare, illegal_list("known", file)));
        access::Cases cases(server_.gate());
        case_ = value_of(cases.open(one_, kCasework, {.title = "Harbour"}));
        expect_done(cases.set_member(
            one_, kCasework, *case_, {.user = chief_.user, .level = access::Level::work}
        ));
    }

    std::vector<ScanRoot> roots() const {
        return {
            {.name = "uploads", .path = folders_.dir / "evidence", .agencies = {"Agency A"}},
            {.name = "theirs", .path = folders_.dir / "evidence", .agencies = {"Agency B"}}};
    }

    std::unique_ptr<RunningServer> start(RunningServer::Pace pace = {}) {
        return std::make_unique<RunningServer>(place_.location(), folders_, roots(), pace);
    }

    ScanId begin(const ScanRequest& request = {.root = "uploads"}) {
        return value_of(jobs_.start(one_, kCasework, *case_, request));
    }
    ScanJob job(const ScanId& id) { return value_of(jobs_.show(one_, kCasework, *case_, id)); }

    /// Waits until the scan is as wanted; fails after half a minute.
    template <typename Condition>
    ScanJob wait_for(const ScanId& id, const Condition& condition) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (true) {
            ScanJob now = job(id);
            if (condition(now)) return now;
            if (std::chrono::steady_clock::now() > end) {
                ADD_FAILURE() << "still " << name_of(now.state) << " " << now.reason << now.error;
                return now;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
    ScanJob wait_until(const ScanId& id, JobState state) {
        return wait_for(id, [&](const ScanJob& one) { return one.state == state; });
    }

    /// A file that takes minutes to read, last of its folder.
    void add_endless_file() {
        const std::string path = folders_.dir.write("evidence/zzz", "");
        std::filesystem::resize_file(path, 1ULL << 38U);
    }
    void remove_endless_file() { std::filesystem::resize_file(folders_.dir / "evidence/zzz", 1); }

    std::vector<std::string> names_found(const ScanId& id) {
        std::vector<std::string> names;
        const auto page =
            value_of(jobs_.findings(one_, kCasework, *case_, id, {}, std::nullopt, 100));
        for (const scan::FoundItem& found : page.findings) {
            names.emplace_back(found.item.path.name());
        }
        std::ranges::sort(names);
        return names;
    }

    cairn::test::Records place_{GetParam()};
    Folders folders_;
    Installation server_{place_.location()};
    access::AgencyId agency_ = server_.add_agency("Agency A");
    access::AgencyId other_ = server_.add_agency("Agency B");
    access::Actor chief_ = server_.add_user(agency_, "chief", {access::Role::supervisor});
    access::Actor one_ = server_.add_user(agency_, "one", {access::Role::investigator});
    access::Actor stranger_ = server_.add_user(
        other_, "stranger", {access::Role::supervisor, access::Role::investigator}
    );
    ListFolders lists_{folders_.dir / "lists", list_key()};
    AgencyLists agency_lists_{server_.gate(), lists_};
    std::vector<ScanRoot> roots_ = roots();
    ScanJobs jobs_{
        {.gate = server_.gate(),
         .lists = lists_,
         .roots = roots_,
         .spool_folder = folders_.dir / "spool"}};
    std::optional<access::CaseId> case_;
};

}  // namespace cairn::jobs::test
