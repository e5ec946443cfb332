#include <gtest/gtest.h>

#include "audit/audit_log.h"
#include "audit/bound_log.h"
#include "audit/keys_test.h"
#include "audit/log_folder.h"
#include "audit/log_names.h"
#include "audit/log_records.h"
#include "support/engines.h"
#include "support/records.h"

namespace cairn::audit {
namespace {

constexpr const char* kInstallation = test::kLogName;
const UtcTime kNow{std::chrono::seconds(1'790'000'000)};

Entry act_of(const std::string& agency) {
    Entry entry;
    entry.time = kNow;
    entry.actor = "user-1";
    entry.agency = agency;
    entry.operation = "item_show";
    return entry;
}

/// Verifies a place as the command does; what was found, by log.
std::map<std::string, LogReport> verify(const std::string& location) {
    const auto place = *LogPlace::open(location);
    const std::vector given = {test::log_verifier()};
    std::map<std::string, LogReport> reports;
    const auto origins = *place->origins();
    for (const std::string& origin : origins) {
        const auto log = *place->log(origin);
        LogVerifierOptions options;
        options.origin = origin;
        options.log_keys = keys_of_log(given, origin);
        BoundLog bound(*log, *place, options.findings_max);
        LogReport report = verify_log(bound, options);
        bound.add_to(report);
        reports.emplace(origin, std::move(report));
    }
    return reports;
}

std::vector<FindingKind> kinds(const LogReport& report) {
    std::vector<FindingKind> kinds;
    for (const Finding& finding : report.findings) kinds.push_back(finding.kind);
    return kinds;
}

/// The same tests on both engines.
class AgencyLogs : public testing::TestWithParam<db::Engine> {
protected:
    AgencyLogs() : records_(*db::Database::open(place_.location(), {})) {
        log_ = *AuditLog::open(*records_, kInstallation);
    }

    void grow(const std::string& agency, std::size_t count) {
        const std::vector acts(count, *encode_act(act_of(agency)));
        EXPECT_TRUE(log_->integrate(acts));
    }
    void bind() { EXPECT_EQ(*log_->bind_agencies(kNow), true); }
    void sign() { EXPECT_TRUE(log_->sign(test::log_key())); }

    void expect_good(const std::string& location) {
        for (const auto& [origin, report] : verify(location)) {
            EXPECT_EQ(report.verdict, Verdict::good) << origin;
            for (const Finding& finding : report.findings) ADD_FAILURE() << finding.text;
        }
    }

    void execute(const std::string& sql) {
        const Status done = records_->execute(sql);
        EXPECT_TRUE(done) << (done ? "" : done.error().message);
    }

    cairn::test::Records place_{GetParam()};
    std::unique_ptr<db::Database> records_;
    std::unique_ptr<AuditLog> log_;
};

INSTANTIATE_TEST_SUITE_P(Engines, AgencyLogs, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(AgencyLogs, AreTreesOfTheirOwnUnderOneKey) {
    std::vector<EncodedAct> mixed;
    for (int i = 0; i < 600; ++i) {
        mixed.push_back(*encode_act(act_of(i % 3 == 0 ? "" : i % 3 == 1 ? "north" : "south")));
    }
    EXPECT_EQ(*log_->integrate(mixed), 600U);
    grow("north", 100);
    sign();
    EXPECT_EQ(log_->head()->size, 200U);
    EXPECT_EQ(log_->head("north")->size, 300U);
    EXPECT_EQ(log_->head("south")->size, 200U);
    EXPECT_EQ(log_->head("west")->size, 0U);
    const auto note = parse_note(**log_->checkpoint("south"));
    EXPECT_EQ(parse_checkpoint(note->text)->origin, "log.example.org/cairn/agency/south");
    EXPECT_EQ(verify(place_.location()).size(), 3U);
    expect_good(place_.location());
}

TEST_P(AgencyLogs, NoneIsMadeByAnActThatWasRolledBack) {
    const auto act = [&](const std::string& agency, bool succeeds) {
        return records_->transaction([&]() -> Status {
            for (int i = 0; i < 2; ++i) CAIRN_TRY(log_->append(act_of(agency)));
            return succeeds ? ok() : Status(fail(Errc::cancelled, "on purpose"));
        });
    };
    for (const bool succeeds : {false, true, false, true}) {
        EXPECT_EQ(act("north", succeeds).has_value(), succeeds);
        EXPECT_EQ(act("", succeeds).has_value(), succeeds);
    }
    EXPECT_FALSE(act("south", false));
    EXPECT_EQ(*log_->integrate(), 8U);
    sign();
    EXPECT_EQ(stored_logs(*records_)->size(), 2U);
    EXPECT_EQ(log_->head("north")->size, 4U);
    expect_good(place_.location());
}

TEST_P(AgencyLogs, RefuseNamesThatAreNone) {
    for (const char* agency : {"a b", "a/agency/b", "a+b", "\xC3\xA4", "a\n"}) {
        EXPECT_EQ(encode_act(act_of(agency)).error().code, Errc::invalid_argument) << agency;
    }
}

TEST_P(AgencyLogs, AreBoundByTheInstallation) {
    EXPECT_EQ(*log_->bind_agencies(kNow), false);  // there are none yet
    grow("north", 300);
    grow("south", 2);
    bind();
    sign();
    grow("north", 300);
    bind();
    bind();  // nothing grew: the pace shows nothing
    grow("south", 1);
    bind();
    sign();
    EXPECT_EQ(log_->head()->size, 4U);
    expect_good(place_.location());
    const cairn::test::TempDir dir;
    const auto place = *LogPlace::open(place_.location());
    const auto origins = *place->origins();
    for (const std::string& origin : origins) {
        const auto log = *place->log(origin);
        const std::string folder = dir / *log_folder_name(origin);
        ASSERT_TRUE(export_log(*log, folder, [](auto, auto) {}));
    }
    expect_good(dir.path().string());
}

TEST_P(AgencyLogs, ShowNothingOfTheirActivityInTheInstallationsLog) {
    const cairn::test::Records quiet_place{GetParam()};
    const auto quiet_records = *db::Database::open(quiet_place.location(), {});
    const auto quiet = *AuditLog::open(*quiet_records, kInstallation);
    const auto act = [](AuditLog& log, const std::string& agency) {
        const EncodedAct one = *encode_act(act_of(agency));
        EXPECT_TRUE(log.integrate(std::span(&one, 1)));
    };
    act(*log_, "south");
    act(*quiet, "south");
    act(*quiet, "north");
    for (int round = 0; round < 5; ++round) {
        act(*log_, "north");
        act(*log_, "north");
        EXPECT_TRUE(log_->bind_agencies(kNow));
        EXPECT_TRUE(quiet->bind_agencies(kNow));
        EXPECT_EQ(log_->head()->size, quiet->head()->size);
        EXPECT_EQ(log_->head("south")->size, quiet->head("south")->size);
    }
}

/// Makes an agency's log anew with fewer entries, signed with the installation's own key: what the
/// holder of the key could do.
TEST_P(AgencyLogs, CannotBeMadeAnewOnceTheyWereBound) {
    grow("north", 300);
    bind();
    grow("south", 1);
    sign();
    const std::string north = "(SELECT id FROM audit_log WHERE origin LIKE '%north')";
    for (const char* table : {"audit_entry", "audit_tile", "audit_checkpoint"}) {
        execute(fmt::format("DELETE FROM {} WHERE log = {}", table, north));
    }
    execute("DELETE FROM audit_writer");
    auto head = records_->prepare("UPDATE audit_log SET size = 0, root = ? WHERE id = " + north);
    EXPECT_TRUE(head->bind(1, Bytes(empty_root())).run());
    log_ = *AuditLog::open(*records_, kInstallation);
    grow("north", 299);
    sign();
    auto reports = verify(place_.location());
    EXPECT_EQ(reports.at("log.example.org/cairn/agency/north").verdict, Verdict::good);
    EXPECT_EQ(kinds(reports.at(kInstallation)), std::vector{FindingKind::binding_differs});
    grow("north", 10);
    sign();
    reports = verify(place_.location());
    EXPECT_EQ(kinds(reports.at(kInstallation)), std::vector{FindingKind::binding_differs});
    EXPECT_EQ(reports.at(kInstallation).findings[0].first, 0U);
}

TEST_P(AgencyLogs, AlteredRecordsOfBindingsAreNamed) {
    grow("north", 3);
    bind();
    grow("north", 3);
    bind();
    sign();
    execute("UPDATE audit_bound_head SET size = 2 WHERE place = 1");
    EXPECT_EQ(
        kinds(verify(place_.location()).at(kInstallation)),
        (std::vector{FindingKind::binding_differs, FindingKind::binding_differs})
    );
    execute("DELETE FROM audit_bound_head WHERE place = 1");
    execute("DELETE FROM audit_binding WHERE place = 1");
    EXPECT_EQ(
        kinds(verify(place_.location()).at(kInstallation)),
        std::vector{FindingKind::binding_missing}
    );
}

TEST_P(AgencyLogs, WritersThatWereForgottenGoOnUnderAnotherName) {
    grow("north", 3);
    grow("", 3);
    EXPECT_TRUE(log_->forget_writers(kNow));
    grow("north", 3);
    EXPECT_TRUE(log_->forget_writers(kNow + std::chrono::seconds(1)));
    grow("north", 3);
    grow("", 3);
    sign();
    auto writers = records_->prepare("SELECT count(*) FROM audit_writer");
    EXPECT_EQ(*writers->run_for_integer(), 2);
    expect_good(place_.location());
}

}  // namespace
}  // namespace cairn::audit
