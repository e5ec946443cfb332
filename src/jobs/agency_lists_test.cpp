#include "jobs/agency_lists.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "jobs/server_test.h"

namespace cairn::jobs {
namespace {

using test::illegal_list;
using test::kCasework;
using test::kListCare;
using testing::HasSubstr;
using testing::Not;

class AnyAgencyLists : public test::AnyServer {};

INSTANTIATE_TEST_SUITE_P(
    Engines, AnyAgencyLists, cairn::test::kEngines, cairn::test::name_of_engine
);

TEST_P(AnyAgencyLists, ImportsUpdatesComparesAndRemoves) {
    const auto first = test::value_of(agency_lists_.show(one_, kCasework, "known"));
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].entries, 1U);
    hashlist::UpdateOptions more;
    more.name = "known";
    more.add = {folders_.dir.write("more.txt", test::digest_lines({"new", "newer"}))};
    more.category = "1";
    const auto updated = test::value_of(agency_lists_.update(chief_, kListCare, more));
    EXPECT_EQ(updated.entries_added, 2U);
    const auto versions = test::value_of(agency_lists_.show(one_, kListCare, "known"));
    ASSERT_EQ(versions.size(), 2U);
    const auto changes = test::value_of(agency_lists_.difference(
        one_, kListCare, "known", versions[1].version_id, versions[0].version_id
    ));
    EXPECT_EQ(changes.added, 2U);
    EXPECT_EQ(changes.unchanged, 1U);
    EXPECT_EQ(test::value_of(agency_lists_.statistics(one_, kListCare, "known")).entries, 3U);
    test::expect_done(agency_lists_.verify(chief_, kListCare, "known"));
    test::expect_done(agency_lists_.remove(chief_, kListCare, "known"));
    EXPECT_TRUE(test::value_of(agency_lists_.list(one_, kCasework)).empty());
}

TEST_P(AnyAgencyLists, TheSameContentAgainChangesNothing) {
    const auto again =
        agency_lists_.import(chief_, kListCare, illegal_list("known", folders_.dir / "known.txt"));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(again->unchanged);
}

TEST_P(AnyAgencyLists, ShowToTheirAgencyAlone) {
    EXPECT_TRUE(test::value_of(agency_lists_.list(stranger_, kCasework)).empty());
    const auto hidden = agency_lists_.show(stranger_, kCasework, "known");
    const auto absent = agency_lists_.show(stranger_, kCasework, "knowm");
    EXPECT_EQ(hidden.error().code, Errc::not_found);
    std::string expected = absent.error().message;
    expected.replace(expected.find("knowm"), 5, "known");
    EXPECT_EQ(hidden.error().message, expected);
    // The same list of another agency shares no file with it.
    const std::string file = folders_.dir / "known.txt";
    test::value_of(agency_lists_.import(stranger_, kListCare, illegal_list("known", file)));
    EXPECT_EQ(test::value_of(agency_lists_.list(stranger_, kCasework)).size(), 1U);
    test::expect_done(agency_lists_.remove(stranger_, kListCare, "known"));
    EXPECT_EQ(test::value_of(agency_lists_.list(one_, kCasework)).size(), 1U);
}

TEST_P(AnyAgencyLists, AreCaredForBySupervisorsAlone) {
    const std::string file = folders_.dir / "known.txt";
    const auto admin = server_.add_user(agency_, "admin", {access::Role::administrator});
    for (const access::Actor* actor : {static_cast<const access::Actor*>(&one_), &admin}) {
        EXPECT_EQ(
            agency_lists_.import(*actor, kListCare, illegal_list("new", file)).error().reason,
            "role_forbids"
        );
        EXPECT_EQ(agency_lists_.remove(*actor, kListCare, "known").error().reason, "role_forbids");
    }
    EXPECT_EQ(
        agency_lists_.import(chief_, kCasework, illegal_list("new", file)).error().reason,
        "purpose_forbids"
    );
    EXPECT_EQ(agency_lists_.list(admin, kListCare).error().reason, "role_forbids");
}

TEST_P(AnyAgencyLists, AnImportIsOnRecordBeforeItBeginsAndWhenItEnds) {
    const std::string file = folders_.dir.write("b.txt", test::digest_lines({"b"}));
    const auto before = server_.entries().size();
    test::value_of(agency_lists_.import(chief_, kListCare, illegal_list("secret-name", file)));
    const auto entries = server_.entries();
    ASSERT_EQ(entries.size(), before + 2);
    const auto objects_of = [](const audit::Entry& entry) {
        std::string text;
        for (const std::string& one : std::get<std::vector<std::string>>(entry.objects)) {
            text += one + " ";
        }
        return text;
    };
    EXPECT_THAT(objects_of(entries[before]), HasSubstr("stage:begun"));
    EXPECT_THAT(objects_of(entries[before + 1]), HasSubstr("list_version:"));
    EXPECT_THAT(objects_of(entries[before]), Not(HasSubstr("secret-name")));

    EXPECT_FALSE(agency_lists_.import(chief_, kListCare, illegal_list("bad", "/nowhere")));
    EXPECT_EQ(server_.entries().size(), before + 4);
    EXPECT_EQ(server_.last_entry().outcome, audit::Outcome::error);

    server_.can_record = false;
    const auto unrecorded =
        agency_lists_.import(chief_, kListCare, illegal_list("unrecorded", file));
    EXPECT_EQ(unrecorded.error().code, Errc::unavailable);
    server_.can_record = true;
    EXPECT_FALSE(agency_lists_.show(one_, kListCare, "unrecorded"));
}

}  // namespace
}  // namespace cairn::jobs
