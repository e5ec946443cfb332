#include "oversight/agency_log.h"

#include <gmock/gmock.h>

#include "access/cases.h"
#include "access/people.h"
#include "audit/log_names.h"
#include "oversight/log_world_test.h"

namespace cairn::oversight {
namespace {

using access::Actor;
using access::AgencyId;
using access::CaseId;
using access::Purpose;
using access::Role;
using access::test::for_purpose;
using test::value_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const access::Ground kOversight = for_purpose(Purpose::oversight);
const access::Ground kInvestigation = for_purpose(Purpose::investigation);

/// One agency with some acts, and another that is only there in one of two worlds.
class Overseen : public testing::TestWithParam<db::Engine> {
protected:
    cairn::test::Records place_{GetParam()};
    test::LogWorld logs_{place_.location()};
    access::test::World& world_ = logs_.world;
    AgencyId agency_ = world_.add_agency("North");
    Actor chief_ = world_.add_user(agency_, "chief", {Role::supervisor});
    Actor maria_ = world_.add_user(agency_, "maria", {Role::investigator});
    Actor auditor_ = world_.add_user(agency_, "auditor", {Role::auditor});
    access::Cases cases_{world_.gate()};
    AgencyLog log_{world_.gate(), test::kInstallation};

    CaseId open_case(const Actor& actor) {
        const CaseId id = value_of(cases_.open(actor, kInvestigation, {.title = "Harbour"}));
        logs_.settle();
        return id;
    }
    std::vector<std::string> operations(const ActPage& page) {
        std::vector<std::string> names;
        for (const FoundAct& act : page.acts) {
            names.push_back(act.entry ? act.entry->operation : "unreadable");
        }
        return names;
    }
    std::vector<std::string> found(const ActQuery& query) {
        logs_.settle();
        return operations(value_of(log_.search(auditor_, kOversight, query)));
    }
    /// Nobody's acts but those of the log under test.
    template <typename T>
    void expect_refused(const Result<T>& answer, std::string_view reason) {
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().reason, reason) << answer.error().message;
    }
};

INSTANTIATE_TEST_SUITE_P(Engines, Overseen, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(Overseen, AuditorsFindActsByEachOfTheirMarks) {
    const CaseId id = open_case(maria_);
    value_of(cases_.show(maria_, kInvestigation, id));
    world_.clock().advance(std::chrono::minutes(1));
    value_of(cases_.show(chief_, kInvestigation, id));
    EXPECT_FALSE(cases_.show(maria_, {}, id));  // refused: no purpose
    const auto only = [](ActFilter filter) { return ActQuery{.filter = std::move(filter)}; };
    EXPECT_THAT(found(only({})), ElementsAre("case_show", "case_show", "case_show", "case_open"));
    EXPECT_THAT(found(only({.actor = chief_.user.text()})), ElementsAre("case_show"));
    EXPECT_THAT(found(only({.operation = "case_open"})), ElementsAre("case_open"));
    EXPECT_THAT(
        found(only({.actor = maria_.user.text(), .operation = "case_show"})),
        ElementsAre("case_show", "case_show")
    );
    EXPECT_THAT(
        found(only({.case_id = id.text()})), ElementsAre("case_show", "case_show", "case_show")
    );
    EXPECT_THAT(found(only({.object = "case:" + id.text()})), testing::Contains("case_open"));
    EXPECT_THAT(found(only({.outcome = audit::Outcome::refused})), ElementsAre("case_show"));
    const UtcTime now = world_.clock().now();
    EXPECT_THAT(
        found(only({.operation = "case_show", .from = now})), ElementsAre("case_show", "case_show")
    );
    EXPECT_THAT(found(only({.operation = "case_show", .until = now})), ElementsAre("case_show"));
    EXPECT_THAT(found(only({.from = now + std::chrono::hours(1)})), IsEmpty());
    EXPECT_THAT(found(only({.object = "case:0123"})), IsEmpty());
}

TEST_P(Overseen, PagesGoOnBehindTheLastAct) {
    const CaseId id = open_case(maria_);
    for (int i = 0; i < 6; ++i) value_of(cases_.show(maria_, kInvestigation, id));
    logs_.settle();
    for (const Order order : {Order::newest_first, Order::oldest_first}) {
        ActQuery query = {.filter = {.case_id = id.text()}, .order = order, .limit = 4};
        const ActPage first = value_of(log_.search(auditor_, kOversight, query));
        ASSERT_EQ(first.acts.size(), 4U);
        EXPECT_TRUE(first.more);
        query.after = first.acts.back().index;
        const ActPage second = value_of(log_.search(auditor_, kOversight, query));
        ASSERT_EQ(second.acts.size(), 2U);
        EXPECT_FALSE(second.more);
        std::vector<std::uint64_t> indexes;
        for (const ActPage& page : {first, second}) {
            for (const FoundAct& act : page.acts) indexes.push_back(act.index);
        }
        if (order == Order::newest_first) std::reverse(indexes.begin(), indexes.end());
        EXPECT_THAT(indexes, ElementsAre(1U, 2U, 3U, 4U, 5U, 6U));
    }
}

TEST_P(Overseen, ASearchIsItselfOnRecord) {
    value_of(log_.search(
        auditor_, kOversight, {.filter = {.actor = maria_.user.text(), .object = "scan:5f0c"}}
    ));
    EXPECT_EQ(world_.last_recorded().operation, "audit_search");
    EXPECT_EQ(
        std::get<std::vector<std::string>>(world_.last_recorded().objects),
        (std::vector<std::string>{"user:" + maria_.user.text(), "scan:5f0c"})
    );
    world_.can_record = false;
    EXPECT_EQ(log_.search(auditor_, kOversight, {}).error().code, Errc::unavailable);
}

TEST_P(Overseen, OnlyAuditorsSeeWhatEverybodyDid) {
    open_case(maria_);
    for (const Actor& one : {chief_, maria_}) {
        expect_refused(log_.search(one, kOversight, {}), "role_forbids");
        expect_refused(log_.entry_bundle(one, kOversight, "tile/entries/000.p/1"), "role_forbids");
    }
    expect_refused(log_.search(auditor_, kInvestigation, {}), "purpose_forbids");
    EXPECT_TRUE(log_.entry_bundle(auditor_, kOversight, "tile/entries/000.p/1"));
}

TEST_P(Overseen, EverybodySeesTheirOwnActsAndNoOthers) {
    const CaseId id = open_case(maria_);
    value_of(cases_.show(chief_, kInvestigation, id));
    logs_.settle();
    ActQuery query;
    query.filter.actor = chief_.user.text();
    const ActPage own = value_of(log_.search_own(maria_, kInvestigation, query));
    EXPECT_THAT(operations(own), ElementsAre("case_open"));
    EXPECT_EQ(value_of(log_.show(maria_, kInvestigation, 0)).entry->operation, "case_open");
    const auto others = log_.show(maria_, kInvestigation, 1);
    const auto none = log_.show(maria_, kInvestigation, 99);
    ASSERT_FALSE(others || none);
    EXPECT_EQ(others.error().code, Errc::not_found);
    EXPECT_EQ(others.error().message, "no act 1 in the log");
    EXPECT_EQ(none.error().message, "no act 99 in the log");
    EXPECT_EQ(log_.prove(maria_, kInvestigation, 1).error().message, "no act 1 in the log");
    EXPECT_EQ(value_of(log_.show(auditor_, kOversight, 1)).entry->actor, chief_.user.text());
}

TEST_P(Overseen, SupervisorsSeeTheActsInACaseTheyMayRead) {
    const CaseId id = open_case(maria_);
    value_of(cases_.show(maria_, kInvestigation, id));
    logs_.settle();
    const ActPage page = value_of(log_.search_case(chief_, kOversight, id, {}));
    EXPECT_THAT(operations(page), ElementsAre("case_show"));
    expect_refused(log_.search_case(maria_, kOversight, id, {}), "role_forbids");
    const AgencyId south = world_.add_agency("South");
    const Actor stranger = world_.add_user(south, "chief", {Role::supervisor});
    expect_refused(log_.search_case(stranger, kOversight, id, {}), "no_such_case");
}

TEST_P(Overseen, AProofConvincesWhoHasTheKeyAlone) {
    open_case(maria_);
    const audit::ProofFile proof = value_of(log_.prove(maria_, kInvestigation, 0));
    audit::ProofPolicy policy;
    const std::string origin = audit::origin_of_log(test::kInstallation, agency_.text());
    const std::vector<audit::VerifierKey> known = {audit::test::log_verifier()};
    policy.log_keys = audit::keys_of_log(known, origin);
    const auto proven = audit::verify_proof_file(proof, policy);
    ASSERT_TRUE(proven) << proven.error().message;
    EXPECT_EQ(proven->checkpoint.origin, origin);
}

TEST_P(Overseen, CheckpointsTilesAndConsistencyAreOfTheOwnLog) {
    EXPECT_EQ(log_.checkpoint(chief_, kOversight).error().code, Errc::not_found);
    const CaseId id = open_case(maria_);
    for (int i = 0; i < 3; ++i) value_of(cases_.show(maria_, kInvestigation, id));
    logs_.settle();
    const std::string note = value_of(log_.checkpoint(chief_, kOversight));
    EXPECT_THAT(note, HasSubstr(agency_.text()));
    // The first question was put on record as well.
    const audit::Checkpoint last =
        value_of(audit::parse_checkpoint(value_of(audit::parse_note(note)).text));
    ASSERT_EQ(last.head.size, 5U);
    const ByteVector tile = value_of(log_.hash_tile(chief_, kOversight, "tile/0/000.p/5"));
    const auto hashes = value_of(audit::parse_hash_tile(tile, 5));
    const auto proof = value_of(log_.consistency(chief_, kOversight, 1, 5));
    EXPECT_TRUE(audit::verify_consistency({.size = 1, .root = hashes[0]}, last.head, proof));
    EXPECT_EQ(log_.consistency(chief_, kOversight, 3, 2).error().code, Errc::invalid_argument);
    EXPECT_EQ(log_.consistency(chief_, kOversight, 1, 999).error().code, Errc::invalid_argument);
    for (const char* path : {"tile/entries/000.p/1", "tile/0/0", "../key", "checkpoint"}) {
        EXPECT_EQ(log_.hash_tile(chief_, kOversight, path).error().code, Errc::invalid_argument)
            << path;
    }
    EXPECT_EQ(log_.hash_tile(chief_, kOversight, "tile/0/001").error().code, Errc::not_found);
    expect_refused(log_.checkpoint(maria_, kOversight), "role_forbids");
}

TEST_P(Overseen, RefusesWhatCouldNotBeAsked) {
    const auto refused = [&](const ActQuery& query) {
        const auto answer = log_.search(auditor_, kOversight, query);
        return answer ? std::string() : answer.error().message;
    };
    EXPECT_THAT(refused({.limit = 0}), HasSubstr("1,000"));
    EXPECT_THAT(refused({.limit = 1001}), HasSubstr("1,000"));
    EXPECT_THAT(refused({.filter = {.actor = "maria"}}), HasSubstr("actor"));
    EXPECT_THAT(refused({.filter = {.case_id = "Harbour"}}), HasSubstr("case"));
    EXPECT_THAT(refused({.filter = {.object = "name:Maria"}}), HasSubstr("object"));
    EXPECT_THAT(refused({.filter = {.operation = "x' OR 1=1"}}), HasSubstr("operation"));
    const UtcTime now = world_.clock().now();
    EXPECT_THAT(refused({.filter = {.from = now, .until = now}}), HasSubstr("time"));
}

TEST_P(Overseen, WhatOtherAgenciesDoShowsInNoAnswer) {
    const auto answers = [&] {
        logs_.settle();
        std::string out;
        const ActPage page = value_of(log_.search(auditor_, kOversight, {}));
        for (const FoundAct& act : page.acts) {
            out += fmt::format("{} {}\n", act.index, act.entry->operation);
        }
        return out + fmt::format("{} {}", page.entered, page.more);
    };
    const std::string before = answers();
    const AgencyId south = world_.add_agency("South");
    const Actor other = world_.add_user(south, "other", {Role::investigator});
    open_case(other);
    // What was added is the agency's own search, and nothing else.
    const std::string after = answers();
    EXPECT_EQ(before, "0 false");
    EXPECT_EQ(after, "0 audit_search\n1 false");
}

TEST_P(Overseen, WhatIsNoEntryIsFoundByItsPlace) {
    open_case(maria_);
    value_of(world_.records().execute("UPDATE audit_entry SET entry = CAST('x' AS BLOB)"));
    const ActPage page = value_of(log_.search(auditor_, kOversight, {}));
    EXPECT_THAT(operations(page), ElementsAre("unreadable"));
}

}  // namespace
}  // namespace cairn::oversight
