#include "jobs/scan_runner.h"

#include <algorithm>
#include <csignal>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jobs/server_test.h"

namespace cairn::jobs {
namespace {

using test::kCasework;
using testing::ElementsAre;

class AnyScanRunner : public test::AnyServer {
protected:
    /// A scan that is in the middle of a file that takes minutes.
    ScanId begin_endless() {
        add_endless_file();
        return begin();
    }
    static bool has_done_the_rest(const ScanJob& job) {
        return job.state == JobState::running && job.progress.files == 3 &&
               job.progress.matches == 2;
    }

    std::int64_t count(const std::string& sql) {
        auto query = test::value_of(server_.records().prepare(sql));
        return test::value_of(query.run_for_integer());
    }
};

INSTANTIATE_TEST_SUITE_P(
    Engines, AnyScanRunner, cairn::test::kEngines, cairn::test::name_of_engine
);

TEST_P(AnyScanRunner, StopsWhenAskedAndGoesOnWhereItWas) {
    const auto running = start();
    const ScanId id = begin_endless();
    wait_for(id, has_done_the_rest);
    EXPECT_GE(running->events("scan_progressed"), 1U);
    test::expect_done(jobs_.stop(one_, kCasework, *case_, id));
    EXPECT_EQ(wait_until(id, JobState::stopped).reason, "asked");
    EXPECT_THAT(names_found(id), ElementsAre("a.txt", "deep/copy.txt"));
    EXPECT_EQ(
        test::value_of(jobs_.coverage(one_, kCasework, *case_, id)).verdict,
        scan::CoverageVerdict::partial
    );
    remove_endless_file();
    test::expect_done(jobs_.resume(one_, kCasework, *case_, id));
    const ScanJob done = wait_until(id, JobState::finished);
    EXPECT_EQ(done.progress.files, 4U);
    EXPECT_EQ(done.progress.matches, 2U);
    EXPECT_THAT(names_found(id), ElementsAre("a.txt", "deep/copy.txt"));
    EXPECT_EQ(count("SELECT count(*) FROM item"), 4);
}

TEST_P(AnyScanRunner, StopsWhenWhoAskedForItMayNotAnyMore) {
    const auto running = start();
    const ScanId id = begin_endless();
    wait_for(id, has_done_the_rest);
    // Membership ends.
    test::expect_done(
        access::Cases(server_.gate())
            .set_member(
                chief_, kCasework, *case_, {.user = one_.user, .level = access::Level::read}
            )
    );
    const ScanJob stopped = wait_until(id, JobState::stopped);
    EXPECT_EQ(stopped.reason, "level_too_low");
    EXPECT_EQ(count("SELECT count(*) FROM item"), 3);
    EXPECT_EQ(running->events("scan_stopped"), 1U);
    const auto entries = server_.entries();
    const auto refusals = std::ranges::count_if(entries, [](const audit::Entry& entry) {
        return entry.outcome == audit::Outcome::refused && entry.reason == "level_too_low" &&
               entry.operation == "scan_run";
    });
    EXPECT_EQ(refusals, 1);
}

TEST_P(AnyScanRunner, StopsWhenWhoAskedForItIsDisabled) {
    const auto running = start();
    const ScanId id = begin_endless();
    wait_for(id, has_done_the_rest);
    const auto admin = server_.add_user(agency_, "admin", {access::Role::administrator});
    test::expect_done(access::People(server_.gate())
                          .disable(admin, {.purpose = access::Purpose::administration}, one_.user));
    EXPECT_EQ(wait_until(id, JobState::stopped).reason, "role_forbids");
    // Another one who may goes on with it, in their own name.
    remove_endless_file();
    const auto two = server_.add_user(agency_, "two", {access::Role::investigator});
    test::expect_done(
        access::Cases(server_.gate())
            .set_member(chief_, kCasework, *case_, {.user = two.user, .level = access::Level::work})
    );
    test::expect_done(jobs_.resume(two, kCasework, *case_, id));
    EXPECT_EQ(wait_until(id, JobState::finished).user, two.user);
}

TEST_P(AnyScanRunner, StopsWhenItsCaseIsGone) {
    const auto running = start();
    const ScanId id = begin_endless();
    wait_for(id, has_done_the_rest);
    test::expect_done(server_.records().transaction([&]() -> Status {
        CAIRN_TRY(server_.records().execute("DELETE FROM case_file"));
        return access::Visibility::changed(server_.records());
    }));
    // The runner is free again for what comes next.
    remove_endless_file();
    case_ =
        test::value_of(access::Cases(server_.gate()).open(one_, kCasework, {.title = "Another"}));
    wait_until(begin(), JobState::finished);
    EXPECT_EQ(count("SELECT count(*) FROM scan"), 1);
}

TEST_P(AnyScanRunner, AServerThatGoesDownLeavesItsScanWaiting) {
    auto running = start();
    const ScanId id = begin_endless();
    wait_for(id, has_done_the_rest);
    running.reset();
    EXPECT_EQ(job(id).state, JobState::waiting);
    remove_endless_file();
    running = start();
    wait_until(id, JobState::finished);
    EXPECT_EQ(count("SELECT count(*) FROM item"), 4);
}

TEST_P(AnyScanRunner, AnotherServerFinishesWhatAKilledOneLeft) {
    const ScanId id = begin_endless();
    const test::RunningServer::Pace pace = {.lease = std::chrono::seconds(2)};
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto running = start(pace);
        ::pause();
        ::_exit(0);
    }
    wait_for(id, has_done_the_rest);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int ended = 0;
    ASSERT_EQ(::waitpid(child, &ended, 0), child);
    EXPECT_TRUE(WIFSIGNALED(ended));
    EXPECT_EQ(job(id).state, JobState::running);
    remove_endless_file();
    const auto running = start(pace);
    wait_until(id, JobState::finished);
    EXPECT_EQ(count("SELECT count(*) FROM item"), 4);
    EXPECT_EQ(count("SELECT count(*) FROM scan"), 1);
    EXPECT_THAT(names_found(id), ElementsAre("a.txt", "deep/copy.txt"));
}

TEST_P(AnyScanRunner, TwoServersDoEachScanOnce) {
    const auto first = start();
    const auto second = start();
    std::vector<ScanId> ids;
    for (int i = 0; i < 8; ++i) ids.push_back(begin());
    for (const ScanId& id : ids) wait_until(id, JobState::finished);
    EXPECT_EQ(first->events("scan_finished") + second->events("scan_finished"), ids.size());
    EXPECT_EQ(count("SELECT count(*) FROM scan"), 8);
    EXPECT_EQ(count("SELECT count(*) FROM item"), 24);
}

TEST_P(AnyScanRunner, SaysWhyAScanFailed) {
    const ScanId id = begin({.root = "uploads", .path = "deep"});
    std::filesystem::remove_all(folders_.dir / "evidence/deep");
    const auto running = start();
    const ScanJob failed = wait_until(id, JobState::failed);
    EXPECT_THAT(failed.error, testing::HasSubstr("uploads/deep"));
    EXPECT_EQ(running->events("scan_failed"), 1U);
    folders_.dir.write("evidence/deep/copy.txt", "listed content");
    test::expect_done(jobs_.resume(one_, kCasework, *case_, id));
    EXPECT_EQ(wait_until(id, JobState::finished).error, "");
}

TEST_P(AnyScanRunner, GoesOnWithTheListsItBeganWith) {
    auto running = start();
    const ScanId id = begin_endless();
    wait_for(id, has_done_the_rest);
    running.reset();
    test::expect_done(agency_lists_.remove(chief_, test::kListCare, "known"));
    remove_endless_file();
    running = start();
    EXPECT_THAT(wait_until(id, JobState::failed).error, testing::HasSubstr("began with"));
}

}  // namespace
}  // namespace cairn::jobs
