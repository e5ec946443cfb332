#include "jobs/scan_jobs.h"

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>

#include "jobs/server_test.h"

namespace cairn::jobs {
namespace {

using test::kCasework;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class AnyScanJobs : public test::AnyServer {
protected:
    std::string text_of(const scan::Spool& spool) {
        ByteVector bytes(spool.size_bytes());
        EXPECT_TRUE(read_at(spool.fd(), 0, bytes));
        return std::string(as_text(bytes));
    }

    /// All bytes of the records' files; on PostgreSQL with the log that its databases share. Files
    /// of the log may go while they are read: other tests use the server too.
    std::string files_of_records() {
        namespace fs = std::filesystem;
        if (GetParam() == db::Engine::sqlite) {
            return bytes_beneath(fs::path(place_.location()).parent_path());
        }
        EXPECT_TRUE(server_.records().execute("CHECKPOINT"));
        auto own_folder = test::value_of(server_.records().prepare(
            "SELECT 'base/' || oid FROM pg_database WHERE datname = current_database()"
        ));
        EXPECT_TRUE(test::value_of(own_folder.step()));
        std::ifstream state(CAIRN_TEST_POSTGRESQL);
        std::string socket_folder;
        std::getline(state, socket_folder);
        const fs::path data = fs::path(socket_folder) / "data";
        return bytes_beneath(data / own_folder.text(0)) + bytes_beneath(data / "pg_wal");
    }

    static std::string bytes_beneath(const std::filesystem::path& folder) {
        std::string all;
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            std::error_code gone;
            if (!entry.is_regular_file(gone)) continue;
            std::ifstream in(entry.path(), std::ios::binary);
            if (in) all.append(std::istreambuf_iterator<char>(in), {});
        }
        return all;
    }
};

INSTANTIATE_TEST_SUITE_P(Engines, AnyScanJobs, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(AnyScanJobs, AScanFindsWhatIsListed) {
    const auto running = start();
    const ScanId id = begin();
    const ScanJob done = wait_until(id, JobState::finished);
    EXPECT_EQ(done.reason, "");
    EXPECT_EQ(done.progress.files, 3U);
    EXPECT_EQ(done.progress.matches, 2U);
    EXPECT_EQ(done.user, one_.user);
    EXPECT_TRUE(done.started && done.ended);
    EXPECT_EQ(done.request.root, "uploads");
    EXPECT_THAT(names_found(id), ElementsAre("a.txt", "deep/copy.txt"));
    const auto covered = test::value_of(jobs_.coverage(one_, kCasework, *case_, id));
    EXPECT_EQ(covered.verdict, scan::CoverageVerdict::complete);
    EXPECT_EQ(covered.counts.items_matched, 2U);
    EXPECT_EQ(covered.public_id, id.text());
    EXPECT_EQ(covered.scan.id, 0);
    EXPECT_THAT(covered.scan.sources, ElementsAre("uploads"));
    EXPECT_EQ(running->events("scan_finished"), 1U);
    EXPECT_EQ(test::value_of(jobs_.list(one_, kCasework, *case_, std::nullopt, 10)).size(), 1U);
}

TEST_P(AnyScanJobs, OnlyWhatIsBeneathTheNamedPathIsScanned) {
    const auto running = start();
    const ScanId id = begin({.root = "uploads", .path = "deep", .exclude = {"planted*"}});
    EXPECT_EQ(wait_until(id, JobState::finished).progress.matches, 1U);
    EXPECT_THAT(names_found(id), ElementsAre("copy.txt"));
}

TEST_P(AnyScanJobs, AFolderOfAnotherAgencyIsAnsweredLikeOneThatIsNotThere) {
    const auto theirs = jobs_.start(one_, kCasework, *case_, {.root = "theirs"});
    const auto absent = jobs_.start(one_, kCasework, *case_, {.root = "absent"});
    EXPECT_EQ(theirs.error().code, Errc::not_found);
    std::string expected = absent.error().message;
    expected.replace(expected.find("absent"), 6, "theirs");
    EXPECT_EQ(theirs.error().message, expected);
}

TEST_P(AnyScanJobs, NoPathLeadsOutOfTheFolder) {
    std::filesystem::create_symlink("/etc", folders_.dir / "evidence/link");
    for (const char* path : {"link", "link/ssh", "../known.txt", "deep/../..", "/etc", "nothing"}) {
        const auto started =
            jobs_.start(one_, kCasework, *case_, {.root = "uploads", .path = path});
        EXPECT_EQ(started.error().code, Errc::not_found) << path;
        EXPECT_THAT(started.error().message, Not(HasSubstr(folders_.dir / "evidence")));
    }
}

TEST_P(AnyScanJobs, RefusesWhatCannotBeScanned) {
    const auto tries = [&](const ScanRequest& request) {
        return jobs_.start(one_, kCasework, *case_, request).error().code;
    };
    EXPECT_EQ(tries({.root = "uploads", .lists = {"absent"}}), Errc::not_found);
    EXPECT_EQ(tries({.root = "uploads", .path = std::string(5000, 'x')}), Errc::limit_exceeded);
    for (int i = 0; i < 100; ++i) begin();
    EXPECT_EQ(tries({.root = "uploads"}), Errc::limit_exceeded);
    test::expect_done(access::Cases(server_.gate()).close(one_, kCasework, *case_));
    EXPECT_EQ(tries({.root = "uploads"}), Errc::conflict);
}

TEST_P(AnyScanJobs, AnotherAgencySeesNothing) {
    const ScanId id = begin();
    EXPECT_EQ(jobs_.show(stranger_, kCasework, *case_, id).error().reason, "no_such_case");
    EXPECT_EQ(
        jobs_.list(stranger_, kCasework, *case_, std::nullopt, 1).error().reason, "no_such_case"
    );
    EXPECT_EQ(jobs_.stop(stranger_, kCasework, *case_, id).error().reason, "no_such_case");
    // Nor in a case of its own.
    const auto own =
        test::value_of(access::Cases(server_.gate()).open(stranger_, kCasework, {.title = "Own"}));
    const auto hidden = jobs_.show(stranger_, kCasework, own, id);
    const auto absent = jobs_.show(stranger_, kCasework, own, crypto::random_id<ScanId>());
    EXPECT_EQ(hidden.error().code, Errc::not_found);
    EXPECT_EQ(hidden.error().reason, absent.error().reason);
    EXPECT_EQ(
        jobs_.findings(stranger_, kCasework, own, id, {}, std::nullopt, 1).error().code,
        Errc::not_found
    );
    EXPECT_EQ(jobs_.stop(stranger_, kCasework, own, id).error().code, Errc::not_found);
    EXPECT_EQ(jobs_.resume(stranger_, kCasework, own, id).error().code, Errc::not_found);
}

TEST_P(AnyScanJobs, AWaitingScanIsStoppedAndGoesOn) {
    const ScanId id = begin();
    test::expect_done(jobs_.stop(one_, kCasework, *case_, id));
    EXPECT_EQ(job(id).state, JobState::stopped);
    EXPECT_EQ(job(id).reason, "asked");
    EXPECT_EQ(jobs_.stop(one_, kCasework, *case_, id).error().reason, "wrong_state");
    EXPECT_EQ(jobs_.coverage(one_, kCasework, *case_, id).error().reason, "not_begun");
    test::expect_done(jobs_.resume(one_, kCasework, *case_, id));
    const auto running = start();
    wait_until(id, JobState::finished);
    EXPECT_EQ(jobs_.resume(one_, kCasework, *case_, id).error().reason, "wrong_state");
}

TEST_P(AnyScanJobs, AReportNeedsAnAuthorityToExport) {
    const auto running = start();
    const ScanId id = begin();
    wait_until(id, JobState::finished);
    const auto refused = jobs_.report(one_, kCasework, *case_, id, ReportForm::json);
    EXPECT_EQ(refused.error().reason, "authority_required");
    access::Authorities authorities(server_.gate(), {});
    const auto authority = test::value_of(authorities.draft(
        one_, kCasework, test::terms_for({access::AuthorityAct::export_data}, server_.clock().now())
    ));
    test::expect_done(authorities.activate(chief_, kCasework, authority));
    for (const ReportForm form : {ReportForm::json, ReportForm::csv, ReportForm::html}) {
        const auto report = jobs_.report(one_, kCasework, *case_, id, form);
        ASSERT_TRUE(report) << report.error().message;
        const std::string text = text_of(*report);
        EXPECT_THAT(text, HasSubstr("copy.txt")) << name_of(form);
        if (form != ReportForm::csv) {
            EXPECT_THAT(text, HasSubstr(id.text()));
        }
    }
    EXPECT_EQ(test::value_of(parse_report_form("csv")), ReportForm::csv);
    EXPECT_FALSE(parse_report_form("pdf"));
}

TEST_P(AnyScanJobs, AShreddedCaseLeavesNoPathOfItsEvidence) {
    const ScanId id = begin({.root = "uploads", .exclude = {"pattern-planted"}});
    {
        const auto running = start();
        wait_until(id, JobState::finished);
    }
    // What would be found had it been written: a name that records keep in clear.
    EXPECT_THAT(files_of_records(), HasSubstr("Agency A"));
    access::Approvals approvals(server_.gate(), {});
    const access::Ground administration = {.purpose = access::Purpose::administration};
    const auto approval = test::value_of(approvals.request(
        chief_,
        administration,
        {.operation = access::OperationId::case_shred,
         .case_id = *case_,
         .parameters = "{}",
         .reason = "its time is over"}
    ));
    const auto second = server_.add_user(agency_, "second", {access::Role::supervisor});
    test::expect_done(approvals.approve(second, administration, approval));
    test::expect_done(
        access::Cases(server_.gate())
            .shred(
                chief_, {.purpose = access::Purpose::administration, .approval = approval}, *case_
            )
    );
    const std::string bytes = files_of_records();
    for (const char* planted : {"planted-name", "pattern-planted", "copy.txt"}) {
        EXPECT_THAT(bytes.find(planted), std::string::npos) << planted;
    }
    for (const char* table : {"scan", "scan_source", "item", "finding", "scan_job"}) {
        auto count =
            test::value_of(server_.records().prepare(fmt::format("SELECT count(*) FROM {}", table))
            );
        EXPECT_EQ(test::value_of(count.run_for_integer()), 0) << table;
    }
}

TEST(ScanRequest, IsStoredAndReadBack) {
    const ScanRequest request = {
        .root = "uploads",
        .path = "a\nb\xFF",
        .lists = {"known", "other"},
        .exclude = {"*.iso"},
        .variants = fingerprint::QuerySet::turns};
    EXPECT_EQ(test::value_of(decode_request(encode_request(request))), request);
    for (const char* text : {"", "{}", "[]", R"({"root":1,"path":"","lists":[],"exclude":[]})"}) {
        EXPECT_EQ(decode_request(text).error().code, Errc::corrupt_data) << text;
    }
}

}  // namespace
}  // namespace cairn::jobs
