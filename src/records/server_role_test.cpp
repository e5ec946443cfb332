#include "records/server_role.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "access/world_test.h"
#include "audit/audit_queue.h"
#include "audit/checkpoint.h"
#include "audit/keys_test.h"
#include "audit/log_records.h"
#include "audit/witness_memory.h"
#include "db/table_list.h"
#include "jobs/server_test.h"
#include "oversight/act_index.h"
#include "oversight/witness_service.h"
#include "records/schemas.h"
#include "scan/scan_store.h"
#include "support/engines.h"
#include "support/records.h"

namespace cairn::records {
namespace {

using testing::HasSubstr;

void expect_done(const Status& status) {
    EXPECT_TRUE(status) << (status ? "" : status.error().message);
}

std::unique_ptr<db::Database> connect(const std::string& location) {
    auto database = db::Database::open(location, {});
    EXPECT_TRUE(database) << (database ? "" : database.error().message);
    return *std::move(database);
}

audit::Entry entry_of(std::string actor, std::string agency = {}) {
    audit::Entry entry;
    entry.time = UtcTime(std::chrono::seconds(1'790'000'000));
    entry.actor = std::move(actor);
    entry.agency = std::move(agency);
    entry.operation = "item_show";
    return entry;
}

/// Records on PostgreSQL with an owner and a server role of their own.
class ServerRole : public testing::Test {
protected:
    void SetUp() override {
        expect_done(server_->execute(fmt::format("CREATE ROLE {} LOGIN", role_)));
        for (const db::Schema& schema : schemas()) expect_done(owner_->migrate(schema));
        expect_done(grant_server_role(*owner_, role_));
        // What the server itself puts on record, waiting entries among it.
        const auto records = connect(location_);
        const auto log = audit::AuditLog::open(*records, audit::test::kLogName);
        ASSERT_TRUE(log) << log.error().message;
        for (int i = 0; i < 300; ++i) {
            expect_done(records->transaction([&] { return (*log)->append(entry_of("user-1")); }));
            if (i % 100 != 99) continue;
            ASSERT_TRUE((*log)->integrate());
        }
        ASSERT_TRUE((*log)->sign(audit::test::log_key()));
    }

    void TearDown() override {
        connection_.reset();
        expect_done(owner_->execute(fmt::format("DROP OWNED BY {}", role_)));
        expect_done(server_->execute(fmt::format("DROP ROLE {}", role_)));
    }

    /// What happens when a server that was taken over tries this.
    Errc tries(const std::string& sql) {
        if (!connection_) connection_ = connect(location_);
        const Status done = connection_->transaction([&] { return connection_->execute(sql); });
        return done ? Errc::cancelled : done.error().code;
    }

    void expect_denied(const std::string& sql) {
        EXPECT_EQ(tries(sql), Errc::permission_denied) << sql;
    }

    cairn::test::Records place_{db::Engine::postgresql};
    std::string role_ = fmt::format("cairn_server_{}", ::getpid());
    std::unique_ptr<db::Database> owner_ = connect(place_.location());
    std::unique_ptr<db::Database> server_ = connect(cairn::test::Records::url_of("postgres"));
    std::string location_ = [&] {
        std::string location = place_.location();
        return location.replace(location.find("user=cairn"), 10, "user=" + role_);
    }();
    std::unique_ptr<db::Database> connection_;
};

TEST_F(ServerRole, CannotAlterOrDeleteWhatWasPutOnRecord) {
    for (const std::string_view table : {"audit_entry", "audit_tile", "audit_checkpoint"}) {
        expect_denied(fmt::format("DELETE FROM {}", table));
        expect_denied(fmt::format("TRUNCATE {}", table));
        expect_denied(fmt::format("UPDATE {} SET log = 1", table));
        expect_denied(fmt::format("DROP TABLE {}", table));
        expect_denied(fmt::format("ALTER TABLE {} DISABLE TRIGGER ALL", table));
    }
    expect_denied("UPDATE audit_entry SET entry = ''");
    expect_denied("UPDATE audit_entry SET leaf_hash = ''");
    expect_denied("UPDATE audit_tile SET hashes = ''");
    expect_denied("UPDATE audit_tile SET hashes = hashes || 'x', place = 7");
    expect_denied("UPDATE audit_tile SET hashes = 'x' || hashes");
    expect_denied("UPDATE audit_checkpoint SET note = ''");
    expect_denied("UPDATE audit_checkpoint SET note = replace(note, '300', '299')");
    expect_denied("UPDATE audit_checkpoint SET size = 7");
    expect_denied("UPDATE audit_log SET size = size - 1");
    expect_denied("UPDATE audit_log SET root = 'x'");
    expect_denied("UPDATE audit_log SET origin = 'other.example.org'");
    expect_denied("DELETE FROM audit_log");
    expect_done(owner_->execute("UPDATE audit_writer SET entries = entries + 1, used = used * 2"));
    expect_denied("DELETE FROM audit_writer");
    expect_denied("UPDATE audit_writer SET entries = 0");
    expect_denied("UPDATE act SET reason = ''");
    expect_denied("DELETE FROM act");
    expect_denied("UPDATE schema_version SET number = 9");
    expect_denied("CREATE TABLE mine(id INTEGER PRIMARY KEY)");
    expect_denied("CREATE SCHEMA mine");
    expect_denied(
        "CREATE OR REPLACE FUNCTION audit_guard_tile() RETURNS trigger LANGUAGE plpgsql "
        "AS 'BEGIN RETURN NEW; END'"
    );
    expect_denied("SET session_replication_role = replica");
}

TEST_F(ServerRole, CannotMakeAWaitingEntryVanish) {
    const auto records = connect(location_);
    const auto log = audit::AuditLog::open(*records, audit::test::kLogName);
    for (const char* agency : {"", "agency-1", "agency-2"}) {
        expect_done(records->transaction([&] { return (*log)->append(entry_of("user-2", agency)); })
        );
    }
    expect_denied("DELETE FROM audit_pending");
    // Nor with tables of its own in front of those of the log.
    expect_denied(
        "CREATE TEMP TABLE audit_entry(log INTEGER, place INTEGER, entry BLOB);"
        "CREATE TEMP TABLE audit_log(id INTEGER, size INTEGER);"
        "INSERT INTO pg_temp.audit_log SELECT log, 1 FROM audit_pending;"
        "INSERT INTO pg_temp.audit_entry SELECT log, 0, entry FROM audit_pending;"
        "DELETE FROM audit_pending"
    );
    const auto integrated = (*log)->integrate();
    ASSERT_TRUE(integrated) << integrated.error().message;
    EXPECT_EQ(*integrated, 3U);
}

TEST_F(ServerRole, CannotPutAWaitingEntryIntoAnotherLog) {
    const auto records = connect(location_);
    const auto log = audit::AuditLog::open(*records, audit::test::kLogName);
    expect_done(records->transaction([&] { return (*log)->append(entry_of("user-3", "one")); }));
    expect_denied(
        "INSERT INTO audit_entry SELECT p.log, l.size, 'x', p.entry FROM audit_pending AS p "
        "JOIN audit_log AS l ON l.id = p.log;"
        "UPDATE audit_log SET size = size + 1, root = 'x' "
        "WHERE id = (SELECT log FROM audit_pending);"
        "DELETE FROM audit_pending"
    );
}

TEST_F(ServerRole, CanDoAllThatTheLogNeeds) {
    audit::AuditQueue::Options options;
    options.location = location_;
    options.installation = audit::test::kLogName;
    options.sign_interval = std::chrono::milliseconds(1);
    {
        const auto queue = audit::AuditQueue::start(options, audit::test::log_key());
        ASSERT_TRUE(queue) << queue.error().message;
        for (int i = 0; i < 20; ++i) expect_done((*queue)->append(entry_of("user-3")));
        audit::Entry of_agency = entry_of("user-4");
        of_agency.agency = "agency-1";
        for (int i = 0; i < 20; ++i) expect_done((*queue)->append(of_agency));
    }
    const auto records = connect(location_);
    const auto log = audit::AuditLog::open(*records, audit::test::kLogName);
    ASSERT_TRUE((*log)->prove(319));
    // A witness signs, and signs again later.
    const audit::SignedNote note = *audit::parse_note(**(*log)->checkpoint());
    for (const std::uint64_t seconds : {1'790'000'100U, 1'790'000'200U}) {
        const auto cosignature = audit::cosign_note(
            note.text, audit::test::kWitnessName, audit::test::witness_key(), seconds
        );
        expect_done(
            audit::add_cosignature(*records, *audit::parse_checkpoint(note.text), cosignature)
        );
    }
    expect_denied(
        "UPDATE audit_checkpoint SET note = substring(note FROM '^.*?\n\n[^\n]*\n')"
        " WHERE note LIKE '%" +
        std::string(audit::test::kWitnessName) + "%'"
    );
    const auto source = audit::open_stored_log(*records, audit::test::kLogName);
    audit::LogVerifierOptions verifier;
    verifier.log_keys = {audit::test::log_verifier()};
    const auto report = audit::verify_log(**source, verifier);
    EXPECT_EQ(report.verdict, audit::Verdict::good);
    EXPECT_GT(report.rows, 320U);  // and what bound the agency's log
    expect_done((*log)->forget_writers(UtcTime(std::chrono::seconds(1'791'000'000))));
}

TEST_F(ServerRole, CanDoAllThatOversightNeeds) {
    const auto records = connect(location_);
    for (std::int64_t entered = 0; entered < 300;) {
        const auto followed = oversight::follow_logs(*records);
        ASSERT_TRUE(followed) << followed.error().message;
        ASSERT_GT(*followed, 0);
        entered += *followed;
    }
    const auto log = audit::AuditLog::open(*records, audit::test::kLogName);
    ASSERT_TRUE((*log)->integrate(std::vector{*audit::encode_act(entry_of("user-5"))}));
    EXPECT_EQ(*oversight::follow_logs(*records), 1);
    // As a witness, twice for one log.
    const SystemClock clock;
    oversight::WitnessService service(
        *records,
        {audit::test::log_verifier()},
        {.name = audit::test::kWitnessName, .key = audit::test::witness_key()},
        clock
    );
    const auto stored = audit::open_stored_log(*records, audit::test::kLogName);
    for (const std::uint64_t old_size : {0U, 300U}) {
        const auto request =
            audit::make_request(**stored, *(*stored)->latest_notes()->last, old_size);
        const auto answer = service.add_checkpoint(audit::format_add_checkpoint(*request));
        ASSERT_TRUE(answer) << answer.error().message;
        EXPECT_EQ(answer->status, 200) << answer->body;
        ASSERT_TRUE((*log)->sign(audit::test::log_key()));
    }
    expect_denied("DELETE FROM indexed_act");
    expect_denied("DELETE FROM contradicting_note");
    expect_denied("DELETE FROM witnessed_log");
}

TEST_F(ServerRole, CanDoAllThatScansNeed) {
    access::test::World world(location_);
    const access::Actor actor =
        world.add_user(world.add_agency("Agency A"), "one", {access::Role::investigator});
    const access::Ground ground = {.purpose = access::Purpose::investigation};
    const auto opened = access::Cases(world.gate()).open(actor, ground, {.title = "Harbour"});
    const auto key = world.gate().visibility().find(actor, *opened);
    const auto store = scan::ScanStore::over(
        {.database = world.records(),
         .keys = world.keys(),
         .case_key = (*key)->key,
         .case_number = (*key)->number}
    );
    scan::ScanInfo info;
    info.sources = {"/x"};
    info.lists.resize(1);
    const auto id = store->begin(info);
    ASSERT_TRUE(id) << id.error().message;
    scan::ItemRecord item;
    item.path = evidence::EvidencePath({evidence::Step{evidence::Step::Kind::source, "", 0, "/x"}});
    item.findings.resize(1);
    expect_done(store->append(*id, {item}));
    expect_done(store->spread_to_links(*id));
    expect_done(store->drop_unfinished(*id));
    expect_done(store->set_state(*id, scan::ScanState::finished, info.started));
    expect_done(store->remove(*id, {}));
}

TEST_F(ServerRole, DoesAllThatScansOfAgenciesNeed) {
    using access::test::value_of;
    jobs::test::Installation server(location_);
    const jobs::test::Folders folders;
    folders.dir.write("evidence/a", "listed");
    const access::AgencyId agency = server.add_agency("Agency A");
    const access::Actor actor =
        server.add_user(agency, "one", {access::Role::supervisor, access::Role::investigator});
    const access::Ground ground = {.purpose = access::Purpose::investigation};
    const auto id =
        value_of(access::Cases(server.gate()).open(actor, ground, {.title = "Harbour"}));
    jobs::ListFolders lists(folders.dir / "lists", jobs::test::list_key());
    const std::string file = folders.dir.write("l", jobs::test::digest_lines({"listed"}));
    value_of(jobs::AgencyLists(server.gate(), lists)
                 .import(
                     actor,
                     {.purpose = access::Purpose::list_care},
                     jobs::test::illegal_list("known", file)
                 ));
    const std::vector<jobs::ScanRoot> roots = {
        {.name = "uploads", .path = folders.dir / "evidence", .agencies = {"Agency A"}}};
    jobs::ScanJobs scans(
        {.gate = server.gate(),
         .lists = lists,
         .roots = roots,
         .spool_folder = folders.dir / "spool"}
    );
    const auto scan = value_of(scans.start(actor, ground, id, {.root = "uploads"}));
    expect_done(scans.stop(actor, ground, id, scan));
    expect_done(scans.resume(actor, ground, id, scan));
    const jobs::test::RunningServer running(location_, folders, roots, {});
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    auto job = value_of(scans.show(actor, ground, id, scan));
    while (job.state != jobs::JobState::finished && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        job = value_of(scans.show(actor, ground, id, scan));
    }
    EXPECT_EQ(job.state, jobs::JobState::finished) << job.reason << job.error;
    EXPECT_EQ(job.progress.matches, 1U);
}

TEST_F(ServerRole, DoesAllThatPeopleAndCasesNeed) {
    using access::test::terms_for;
    using access::test::value_of;
    access::test::World world(location_);
    const access::AgencyId agency = world.add_agency("Agency A");
    const access::AgencyId other = world.add_agency("Agency B");
    const access::Actor chief =
        world.add_user(agency, "chief", {access::Role::supervisor, access::Role::investigator});
    const access::Actor second = world.add_user(agency, "second", {access::Role::supervisor});
    const access::Actor admin = world.add_user(agency, "admin", {access::Role::administrator});
    const access::Ground ground = {.purpose = access::Purpose::investigation};
    const access::Ground administration = {.purpose = access::Purpose::administration};
    access::People people(world.gate());
    expect_done(people.set_roles(admin, administration, second.user, second.roles));
    expect_done(people.disable(admin, administration, second.user));
    expect_done(people.enable(admin, administration, second.user));
    access::Authorities authorities(world.gate(), {});
    const auto authority = value_of(authorities.draft(
        chief, ground, terms_for({access::AuthorityAct::share}, world.clock().now())
    ));
    expect_done(authorities.activate(second, ground, authority));
    access::Cases cases(world.gate());
    const access::CaseId id = value_of(cases.open(chief, ground, {.title = "Case"}));
    expect_done(cases.set_share(chief, ground, id, other, access::Level::read));
    expect_done(cases.set_share(chief, ground, id, other, access::Level::none));
    expect_done(cases.set_member(chief, ground, id, {second.user, access::Level::read}));
    expect_done(cases.close(chief, ground, id));
    access::BreakGlasses glasses(world.gate(), {});
    const auto glass = value_of(glasses.open(
        chief,
        {.purpose = access::Purpose::danger_to_life},
        id,
        "A child said today that he will be there tonight."
    ));
    expect_done(glasses.review(
        second, {.purpose = access::Purpose::oversight}, glass, access::BreakGlassFinding::justified
    ));
    value_of(glasses.escalate_overdue());
    access::Approvals approvals(world.gate(), {});
    access::Ground shredding = administration;
    shredding.approval = value_of(approvals.request(
        chief, administration, {access::OperationId::case_shred, id, "{}", "its time is over"}
    ));
    expect_done(approvals.approve(second, administration, *shredding.approval));
    expect_done(cases.shred(chief, shredding, id));
}

TEST_F(ServerRole, OpensTheRecordsWithoutTheRightToMakeTables) {
    const auto records = connect(location_);
    for (const db::Schema& schema : schemas()) expect_done(records->migrate(schema));
    constexpr std::array kNewer = {
        db::Migration{1, "SELECT 1"},
        db::Migration{2, "CREATE TABLE more(id INTEGER PRIMARY KEY)"}};
    const Status refused = records->migrate({"audit", kNewer});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::permission_denied);
    EXPECT_THAT(refused.error().message, HasSubstr("run `cairn db migrate` as their owner"));
}

TEST_F(ServerRole, IsGivenItsRightsAgainAfterLosingOrGainingSome) {
    expect_done(owner_->execute(
        fmt::format("GRANT ALL ON audit_entry TO {}; REVOKE ALL ON finding FROM {}", role_, role_)
    ));
    EXPECT_EQ(tries("DELETE FROM audit_entry"), Errc::cancelled);
    expect_done(grant_server_role(*owner_, role_));
    expect_denied("DELETE FROM audit_entry");
    EXPECT_EQ(tries("SELECT 1 FROM finding"), Errc::cancelled);
}

TEST_F(ServerRole, IsRefusedWhereItHasRightsThatAreNotTheOwnersToTake) {
    expect_done(owner_->execute(fmt::format("GRANT CREATE ON SCHEMA public TO {}", role_)));
    EXPECT_EQ(grant_server_role(*owner_, role_).error().code, Errc::conflict);
    expect_done(owner_->execute(fmt::format("REVOKE CREATE ON SCHEMA public FROM {}", role_)));
    expect_done(server_->execute(fmt::format("ALTER ROLE {} SUPERUSER", role_)));
    EXPECT_EQ(grant_server_role(*owner_, role_).error().code, Errc::conflict);
    expect_done(server_->execute(fmt::format("ALTER ROLE {} NOSUPERUSER", role_)));
    expect_done(owner_->execute(fmt::format("ALTER TABLE act OWNER TO {}", role_)));
    EXPECT_EQ(grant_server_role(*owner_, role_).error().code, Errc::conflict);
    expect_done(owner_->execute("ALTER TABLE act OWNER TO cairn"));
    expect_done(grant_server_role(*owner_, role_));
}

TEST_F(ServerRole, IsNotTheOwnerNorUnknown) {
    EXPECT_EQ(grant_server_role(*owner_, "cairn").error().code, Errc::conflict);
    const Status unknown = grant_server_role(*owner_, "no such \"role\"; DROP TABLE act");
    EXPECT_EQ(unknown.error().code, Errc::not_found);
}

TEST(ServerRoleOnSqlite, IsNoSuchThing) {
    const cairn::test::Records place(db::Engine::sqlite);
    const auto owner = connect(place.location());
    EXPECT_EQ(grant_server_role(*owner, "x").error().code, Errc::unsupported);
}

}  // namespace
}  // namespace cairn::records
