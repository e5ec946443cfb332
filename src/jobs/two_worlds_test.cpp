// World Y is world X without anything that agency A keeps: neither scans nor lists. Whatever agency
// B asks of its own and of what is hidden, the answers must be the same to the byte.
#include <filesystem>

#include <gmock/gmock.h>

#include "jobs/server_test.h"

namespace cairn::jobs {
namespace {

using test::kCasework;
using test::kListCare;
using test::value_of;

/// What one agency has.
struct Holdings {
    access::Actor actor;
    access::CaseId case_id;
    ScanId scan;
};

Holdings furnish(
    test::Installation& server,
    const access::AgencyId& agency,
    const test::Folders& folders,
    std::vector<ScanRoot> roots,
    const std::string& location
) {
    const auto actor =
        server.add_user(agency, "one", {access::Role::supervisor, access::Role::investigator});
    ListFolders lists(folders.dir / "lists", test::list_key());
    const std::string file = folders.dir.write("known", test::digest_lines({"listed"}));
    value_of(AgencyLists(server.gate(), lists)
                 .import(actor, kListCare, test::illegal_list("known", file)));
    const auto case_id =
        value_of(access::Cases(server.gate()).open(actor, kCasework, {.title = "Harbour"}));
    ScanJobs jobs(
        {.gate = server.gate(),
         .lists = lists,
         .roots = roots,
         .spool_folder = folders.dir / "spool"}
    );
    const auto scan = value_of(jobs.start(actor, kCasework, case_id, {.root = "uploads"}));
    const test::RunningServer running(location, folders, roots, {});
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (value_of(jobs.show(actor, kCasework, case_id, scan)).state != JobState::finished) {
        if (std::chrono::steady_clock::now() > end) throw std::runtime_error("no end of the scan");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return {.actor = actor, .case_id = case_id, .scan = scan};
}

std::string text(const Error& error) {
    return fmt::format(
        "error {} {} {}\n", static_cast<int>(error.code), error.message, error.reason
    );
}
std::string text(std::monostate) {
    return "done\n";
}
std::string text(const hashlist::ListInfo& list) {
    return fmt::format("list {} {} {}\n", list.name, list.version_id, list.entries);
}
std::string text(const ScanJob& job) {
    return fmt::format(
        "scan {} {} {} {} {} {} {}\n",
        job.id.text(),
        name_of(job.state),
        job.request.root,
        job.progress.files,
        job.progress.matches,
        microseconds_of(job.requested),
        job.ended ? microseconds_of(*job.ended) : 0
    );
}
std::string text(const scan::FindingPage& page) {
    std::string out;
    for (const scan::FoundItem& one : page.findings) {
        out += hex_encode(one.item.id) + " " + std::string(one.item.path.name()) + "\n";
    }
    if (page.next) {
        out += fmt::format("next {} {}\n", hex_encode(page.next->item), page.next->given);
    }
    return out;
}
std::string text(const scan::Report& report) {
    return fmt::format(
        "report {} {} {} {}\n",
        report.public_id,
        report.scan.id,
        report.counts.items_matched,
        report.scan.lists.size()
    );
}
template <typename T>
std::string text(const std::vector<T>& all) {
    std::string out = fmt::format("{} of them\n", all.size());
    for (const T& one : all) out += text(one);
    return out;
}
template <typename T>
std::string text(const Result<T>& result) {
    return result ? text(*result) : text(result.error());
}

/// Both worlds, from one furnished for B.
class TwoWorldsOfScans : public testing::TestWithParam<db::Engine> {
protected:
    TwoWorldsOfScans() {
        for (const Folders* one : {&folders_x_, &folders_y_}) {
            one->dir.write("evidence/a", "listed");
        }
        {
            test::Installation first(place_x_.location());
            a_ = first.add_agency("Agency A");
            b_ = first.add_agency("Agency B");
            own_ = furnish(first, *b_, folders_x_, roots(folders_x_), place_x_.location());
        }
        place_y_ = std::make_unique<cairn::test::Records>(cairn::test::Records::CopyOf{place_x_});
        std::filesystem::copy(
            folders_x_.dir / "lists",
            folders_y_.dir / "lists",
            std::filesystem::copy_options::recursive |
                std::filesystem::copy_options::overwrite_existing
        );
        test::Installation x(place_x_.location());
        hidden_ = furnish(x, *a_, folders_x_, roots(folders_x_), place_x_.location());
    }

    using Folders = test::Folders;

    /// "theirs" is A's alone, in world X.
    std::vector<ScanRoot> roots(const Folders& folders) const {
        std::vector<ScanRoot> all = {
            {.name = "uploads",
             .path = folders.dir / "evidence",
             .agencies = {"Agency A", "Agency B"}}};
        if (&folders == &folders_x_) {
            all.push_back(
                {.name = "theirs", .path = folders.dir / "evidence", .agencies = {"Agency A"}}
            );
        }
        return all;
    }

    /// Everything B can ask.
    std::string answers(const std::string& location, const Folders& folders) {
        test::Installation server(location);
        ListFolders lists(folders.dir / "lists", test::list_key());
        AgencyLists care(server.gate(), lists);
        const auto there = roots(folders);
        ScanJobs jobs(
            {.gate = server.gate(),
             .lists = lists,
             .roots = there,
             .spool_folder = folders.dir / "spool"}
        );
        const access::Actor& b = own_->actor;
        std::string out = text(care.list(b, kCasework));
        for (const char* name : {"known", "nothing"}) {
            out += text(care.show(b, kListCare, name));
            out += text(care.verify(b, kListCare, name));
        }
        for (const access::CaseId& in : {own_->case_id, hidden_->case_id}) {
            out += text(jobs.list(b, kCasework, in, std::nullopt, 10));
            for (const ScanId& id : {own_->scan, hidden_->scan}) {
                out += text(jobs.show(b, kCasework, in, id));
                out += text(jobs.findings(b, kCasework, in, id, {}, std::nullopt, 1));
                out += text(jobs.coverage(b, kCasework, in, id));
                out += text(jobs.stop(b, kCasework, in, id));
                out += text(jobs.resume(b, kCasework, in, id));
            }
            for (const char* root : {"theirs", "absent"}) {
                const auto begun = jobs.start(b, kCasework, in, {.root = root});
                out += begun ? "begun" : text(begun.error());
            }
        }
        return out;
    }

    cairn::test::Records place_x_{GetParam()};
    std::unique_ptr<cairn::test::Records> place_y_;
    Folders folders_x_;
    Folders folders_y_;
    std::optional<access::AgencyId> a_;
    std::optional<access::AgencyId> b_;
    std::optional<Holdings> own_;
    std::optional<Holdings> hidden_;
};

INSTANTIATE_TEST_SUITE_P(
    Engines, TwoWorldsOfScans, cairn::test::kEngines, cairn::test::name_of_engine
);

TEST_P(TwoWorldsOfScans, NoAnswerTellsWhetherTheOtherAgencyHasAnything) {
    const std::string x = answers(place_x_.location(), folders_x_);
    const std::string y = answers(place_y_->location(), folders_y_);
    EXPECT_EQ(x, y);
    EXPECT_THAT(x, testing::HasSubstr(own_->scan.text() + " finished uploads 1 1"));
}

}  // namespace
}  // namespace cairn::jobs
