#include "db/database.h"

#include <array>
#include <numeric>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/engines.h"
#include "support/records.h"

namespace cairn::db {
namespace {

constexpr std::array kFirst = {
    Migration{1, "CREATE TABLE note(id INTEGER PRIMARY KEY, body BLOB, number INTEGER)"}};
constexpr std::array kBoth = {kFirst[0], Migration{2, "ALTER TABLE note ADD COLUMN title TEXT"}};
constexpr Schema kNotes{"note", kFirst};
constexpr Schema kTitledNotes{"note", kBoth};

std::unique_ptr<Database> open(const std::string& location) {
    auto database = Database::open(location, {});
    EXPECT_TRUE(database) << (database ? "" : database.error().message);
    return database ? std::move(*database) : nullptr;
}

std::int64_t number_from(Database& database, std::string_view sql) {
    auto query = database.prepare(sql);
    EXPECT_TRUE(query);
    const auto row = query->step();
    EXPECT_TRUE(row && *row) << (row ? "no row" : row.error().message);
    return query->integer(0);
}

std::int64_t count_notes(Database& database) {
    return number_from(database, "SELECT count(*) FROM note");
}

void expect_done(const Status& status) {
    EXPECT_TRUE(status) << (status ? "" : status.error().message);
}

/// The same tests on both engines.
class AnyDatabase : public testing::TestWithParam<Engine> {
protected:
    test::Records records_{GetParam()};
    std::unique_ptr<Database> database_ = open(records_.location());
};

INSTANTIATE_TEST_SUITE_P(Engines, AnyDatabase, test::kEngines, test::name_of_engine);

TEST_P(AnyDatabase, AsksForMembersOfASet) {
    expect_done(database_->migrate(kNotes));
    expect_done(database_->execute("INSERT INTO note(number) VALUES (0), (1), (2), (-3), (NULL)"));
    auto count = database_->prepare("SELECT count(*) FROM note WHERE in_set(number, ?)");
    ASSERT_TRUE(count);
    const auto counted = [&](const std::vector<std::int64_t>& values) {
        const IntegerSet set(values);
        return *count->bind(1, set).run_for_integer();
    };
    EXPECT_EQ(counted({}), 0);
    EXPECT_EQ(counted({0}), 1);
    EXPECT_EQ(counted({1, 2, 99}), 2);
    EXPECT_EQ(counted({1, -3, IntegerSet::kNumberMax + 1}), 1);
    std::vector<std::int64_t> many(5000);
    std::iota(many.begin(), many.end(), 2);
    EXPECT_EQ(counted(many), 1);
}

TEST_P(AnyDatabase, StoresAllByteValues) {
    expect_done(database_->migrate(kTitledNotes));
    ByteVector all(256);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(i);
    std::string text;
    for (char c = 1; c < 127; ++c) text.push_back(c);
    text += "\xc3\xa9\xf0\x9f\x97\xbb";
    auto insert = database_->prepare("INSERT INTO note(body, title) VALUES(?, ?)");
    ASSERT_TRUE(insert);
    for (const Bytes bytes : {Bytes(all), Bytes()}) {
        expect_done(insert->bind(1, bytes).bind(2, text).run());
    }
    auto query = database_->prepare("SELECT body, title FROM note ORDER BY id");
    ASSERT_TRUE(query);
    ASSERT_TRUE(*query->step());
    EXPECT_EQ(ByteVector(query->bytes(0).begin(), query->bytes(0).end()), all);
    EXPECT_EQ(query->text(1), text);
    ASSERT_TRUE(*query->step());
    EXPECT_FALSE(query->is_null(0));
    EXPECT_TRUE(query->bytes(0).empty());
    EXPECT_FALSE(*query->step());
}

TEST_P(AnyDatabase, StoresNumbersAndNothing) {
    expect_done(database_->migrate(kNotes));
    constexpr std::array<std::int64_t, 6> kNumbers = {
        0,
        1,
        -1,
        255,
        std::numeric_limits<std::int64_t>::min(),
        std::numeric_limits<std::int64_t>::max()};
    auto insert = database_->prepare("INSERT INTO note(number) VALUES(?)");
    for (const std::int64_t number : kNumbers) expect_done(insert->bind(1, number).run());
    expect_done(insert->bind_null(1).run());
    expect_done(insert->bind_optional(1, std::optional<std::int64_t>()).run());
    auto pair = database_->prepare("INSERT INTO note(number, body) VALUES(?, ?)");
    expect_done(pair->bind(1, 7).run());  // what is not bound is null
    auto query = database_->prepare("SELECT number, number IS NULL, body FROM note ORDER BY id");
    for (const std::int64_t number : kNumbers) {
        ASSERT_TRUE(*query->step());
        EXPECT_EQ(query->optional_integer(0), number);
        EXPECT_EQ(query->integer(1), 0);
    }
    ASSERT_TRUE(*query->step());
    EXPECT_TRUE(query->is_null(0));
    EXPECT_EQ(query->optional_integer(0), std::nullopt);
    EXPECT_EQ(query->integer(1), 1);
    ASSERT_TRUE(*query->step());
    ASSERT_TRUE(*query->step());
    EXPECT_EQ(query->integer(0), 7);
    EXPECT_TRUE(query->is_null(2));
}

TEST_P(AnyDatabase, TellsTheIdItGave) {
    expect_done(database_->migrate(kNotes));
    auto insert = database_->prepare("INSERT INTO note(number) VALUES(?) RETURNING id");
    for (std::int64_t i = 1; i <= 3; ++i) {
        ASSERT_TRUE(*insert->bind(1, i).step());
        EXPECT_EQ(insert->integer(0), i);
        EXPECT_FALSE(*insert->step());
    }
}

TEST_P(AnyDatabase, SaysWhatIsWrong) {
    expect_done(database_->migrate(kNotes));
    const auto fails = [&](std::string_view sql) {
        auto statement = database_->prepare(sql);
        if (!statement) return statement.error().code;
        const auto row = statement->step();
        return row ? Errc::cancelled : row.error().code;
    };
    EXPECT_EQ(fails("SELECT nothing FROM note"), Errc::internal);
    EXPECT_EQ(fails("INSERT INTO note(id) VALUES(7)"), Errc::cancelled);
    EXPECT_EQ(fails("INSERT INTO note(id) VALUES(7)"), Errc::conflict);
    // The message of a conflict names no value.
    const Status status = database_->execute("INSERT INTO note(id) VALUES(7)");
    EXPECT_EQ(status.error().message.find("(7)"), std::string::npos) << status.error().message;
    EXPECT_EQ(count_notes(*database_), 1);
}

TEST_P(AnyDatabase, FailedTransactionLeavesNothing) {
    expect_done(database_->migrate(kNotes));
    const auto status = database_->transaction([&]() -> Status {
        CAIRN_TRY(database_->execute("INSERT INTO note(body) VALUES(x'00')"));
        return fail(Errc::cancelled, "on purpose");
    });
    EXPECT_EQ(status.error().code, Errc::cancelled);
    const auto broken = database_->transaction([&]() -> Status {
        CAIRN_TRY(database_->execute("INSERT INTO note(id) VALUES(1)"));
        return database_->execute("INSERT INTO note(id) VALUES(1)");
    });
    EXPECT_EQ(broken.error().code, Errc::conflict);
    EXPECT_EQ(count_notes(*database_), 0);
}

TEST_P(AnyDatabase, TransactionsDoNotLoseEachOthersWork) {
    expect_done(database_->migrate(kNotes));
    expect_done(database_->execute("INSERT INTO note(number) VALUES(0)"));
    constexpr int kThreads = 4;
    constexpr int kTurns = 25;
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&] {
            const auto own = open(records_.location());
            for (int i = 0; i < kTurns; ++i) {
                expect_done(own->transaction([&]() -> Status {
                    auto read = CAIRN_TRY(own->prepare("SELECT number FROM note"));
                    CAIRN_TRY(read.step());
                    const std::int64_t number = read.integer(0);
                    read.reset();
                    auto write = CAIRN_TRY(own->prepare("UPDATE note SET number = ?"));
                    return write.bind(1, number + 1).run();
                }));
            }
        });
    }
    threads.clear();
    EXPECT_EQ(number_from(*database_, "SELECT number FROM note"), kThreads * kTurns);
}

TEST_P(AnyDatabase, TakesManyRowsAtOnce) {
    expect_done(database_->migrate(kTitledNotes));
    constexpr std::array<std::string_view, 4> kColumns = {"id", "body", "number", "title"};
    constexpr std::int64_t kRows = 5000;
    const auto row_bytes = [](std::int64_t i) {
        return ByteVector(static_cast<std::size_t>(i % 90), static_cast<std::uint8_t>(i));
    };
    expect_done(database_->transaction([&]() -> Status {
        auto bulk = CAIRN_TRY(database_->bulk_insert("note", kColumns));
        for (std::int64_t i = 0; i < kRows; ++i) {
            bulk.add(i).add(row_bytes(i));
            bulk.add_optional(i % 3 == 0 ? std::nullopt : std::optional(-i));
            bulk.add(std::string_view("title \xc3\xa9"));
            CAIRN_TRY(bulk.end_row());
        }
        return bulk.finish();
    }));
    auto query = database_->prepare("SELECT id, body, number, title FROM note ORDER BY id");
    for (std::int64_t i = 0; i < kRows; ++i) {
        ASSERT_TRUE(*query->step());
        ASSERT_EQ(query->integer(0), i);
        ASSERT_EQ(ByteVector(query->bytes(1).begin(), query->bytes(1).end()), row_bytes(i));
        ASSERT_EQ(query->optional_integer(2), i % 3 == 0 ? std::nullopt : std::optional(-i));
        ASSERT_EQ(query->text(3), "title \xc3\xa9");
    }
    EXPECT_FALSE(*query->step());
}

TEST_P(AnyDatabase, GivesManyRowsInPagesOfOneState) {
    expect_done(database_->migrate(kNotes));
    constexpr std::int64_t kRows = 3000;  // whole pages: the end must be seen there too
    expect_done(database_->transaction([&]() -> Status {
        const auto ids = CAIRN_TRY(database_->new_ids("note", kRows));
        constexpr std::array<std::string_view, 2> kColumns = {"id", "number"};
        auto bulk = CAIRN_TRY(database_->bulk_insert("note", kColumns));
        for (const std::int64_t id : ids) CAIRN_TRY(bulk.add(id).add(-id).end_row());
        return bulk.finish();
    }));
    auto query = database_->prepare_paged("SELECT id, number FROM note WHERE id > ? ORDER BY id");
    for (const std::int64_t first : {0, 1000, 2999, 3000}) {
        query->bind(1, first);
        for (std::int64_t id = first + 1; id <= kRows; ++id) {
            ASSERT_TRUE(*query->step());
            ASSERT_EQ(query->integer(0), id);
            // Others go on meanwhile.
            if (id % 500 == 1) {
                expect_done(database_->execute("UPDATE note SET number = 7 WHERE id = 3000"));
            }
        }
        EXPECT_FALSE(*query->step());
    }
    query->bind(1, 5);
    ASSERT_TRUE(*query->step());
    query->reset();
    EXPECT_EQ(count_notes(*database_), kRows);
    auto wrong = database_->prepare_paged("SELECT nothing FROM note");
    EXPECT_FALSE(wrong && wrong->step());
}

TEST_P(AnyDatabase, NewIdsAreThoseThatWouldBeGiven) {
    expect_done(database_->migrate(kNotes));
    expect_done(database_->execute("INSERT INTO note(number) VALUES(1), (2)"));
    expect_done(database_->transaction([&]() -> Status {
        const auto ids = CAIRN_TRY(database_->new_ids("note", 3));
        EXPECT_EQ(ids, (std::vector<std::int64_t>{3, 4, 5}));
        auto insert = CAIRN_TRY(database_->prepare("INSERT INTO note(id) VALUES(?)"));
        for (const std::int64_t id : ids) CAIRN_TRY(insert.bind(1, id).run());
        return ok();
    }));
    auto next = database_->prepare("INSERT INTO note(number) VALUES(3) RETURNING id");
    EXPECT_EQ(*next->run_for_integer(), 6);
}

TEST_P(AnyDatabase, GivesUpRowsThatWereNotFinished) {
    expect_done(database_->migrate(kNotes));
    constexpr std::array<std::string_view, 2> kColumns = {"id", "number"};
    const auto given_up = database_->transaction([&]() -> Status {
        auto bulk = CAIRN_TRY(database_->bulk_insert("note", kColumns));
        bulk.add(1).add(1);
        CAIRN_TRY(bulk.end_row());
        bulk.add(2);
        return bulk.end_row();
    });
    EXPECT_EQ(given_up.error().code, Errc::invalid_argument);
    EXPECT_EQ(count_notes(*database_), 0);
    const auto twice = database_->transaction([&]() -> Status {
        auto bulk = CAIRN_TRY(database_->bulk_insert("note", kColumns));
        for (int i = 0; i < 2; ++i) CAIRN_TRY(bulk.add(1).add(1).end_row());
        return bulk.finish();
    });
    EXPECT_EQ(twice.error().code, Errc::conflict);
    EXPECT_EQ(count_notes(*database_), 0);
}

TEST_P(AnyDatabase, MigratesForwardAndRefusesANewerSchema) {
    EXPECT_EQ(*database_->schema_version(kNotes), 0);
    expect_done(database_->migrate(kNotes));
    EXPECT_EQ(*database_->schema_version(kNotes), 1);
    expect_done(open(records_.location())->migrate(kTitledNotes));
    expect_done(open(records_.location())->migrate(kTitledNotes));
    EXPECT_EQ(*database_->schema_version(kNotes), 2);
    const auto refused = database_->migrate(kNotes);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unsupported);
    EXPECT_NE(refused.error().message.find("newer Cairn"), std::string::npos);
}

TEST_P(AnyDatabase, KeepsTheSchemasOfModulesApart) {
    constexpr std::array kOther = {Migration{1, "CREATE TABLE other(id INTEGER PRIMARY KEY)"}};
    expect_done(database_->migrate(kTitledNotes));
    expect_done(database_->migrate({"other", kOther}));
    EXPECT_EQ(*database_->schema_version({"other", kOther}), 1);
    EXPECT_EQ(*database_->schema_version(kTitledNotes), 2);
}

TEST_P(AnyDatabase, AFailedMigrationLeavesTheFormerSchema) {
    constexpr std::array kBroken = {
        kFirst[0], Migration{2, "ALTER TABLE note ADD COLUMN title TEXT; CREATE TABLE ("}};
    expect_done(database_->migrate(kNotes));
    EXPECT_FALSE(database_->migrate({"note", kBroken}));
    EXPECT_EQ(*database_->schema_version(kNotes), 1);
    expect_done(database_->migrate(kTitledNotes));
}

TEST_P(AnyDatabase, TwoMigrationsAtOnceMakeOne) {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] { expect_done(open(records_.location())->migrate(kTitledNotes)); }
        );
    }
    threads.clear();
    EXPECT_EQ(*database_->schema_version(kTitledNotes), 2);
}

TEST_P(AnyDatabase, ReadersChangeNothing) {
    expect_done(database_->migrate(kNotes));
    const auto reader = Database::open(records_.location(), {.read_only = true});
    ASSERT_TRUE(reader);
    EXPECT_EQ(count_notes(**reader), 0);
    const Status refused = (*reader)->execute("INSERT INTO note(number) VALUES(1)");
    EXPECT_EQ(refused.error().code, Errc::permission_denied);
}

TEST(Database, FileIsForItsOwnerOnly) {
    const test::TempDir dir;
    const auto database = open(dir / "a.db");
    struct stat info {};
    ASSERT_EQ(::stat((dir / "a.db").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

// Without them another program that looks into the file takes the write-ahead log away when it
// ends, and what is committed from then on is lost.
TEST(Database, LocksStayWhenItIsOpenedAgain) {
    const test::TempDir dir;
    const auto database = open(dir / "a.db");
    expect_done(database->migrate(kNotes));
    { const auto again = open(dir / "a.db"); }
    struct stat info {};
    ASSERT_EQ(::stat((dir / "a.db").c_str(), &info), 0);
    std::ifstream locks("/proc/locks");
    const std::string all{std::istreambuf_iterator<char>(locks), {}};
    EXPECT_NE(all.find(":" + std::to_string(info.st_ino) + " "), all.npos) << all;
}

TEST(Database, RefusesAFileThatIsALink) {
    const test::TempDir dir;
    dir.write("a.db", "");
    std::filesystem::create_symlink(dir / "a.db", dir / "b.db");
    const auto database = Database::open(dir / "b.db", {});
    ASSERT_FALSE(database);
    EXPECT_EQ(database.error().code, Errc::io);
}

TEST(Database, RefusesAFileThatIsNone) {
    const test::TempDir dir;
    const auto path = dir.write("a.db", std::string(4096, 'x'));
    const auto database = Database::open(path, {});
    ASSERT_FALSE(database);
    EXPECT_EQ(database.error().code, Errc::corrupt_data);
}

TEST(Database, NothingDeletedLingersInItsFiles) {
    const test::TempDir dir;
    const auto database = open(dir / "a.db");
    expect_done(database->migrate(kTitledNotes));
    expect_done(database->execute("INSERT INTO note(title) VALUES('planted words')"));
    expect_done(database->execute("DELETE FROM note"));
    expect_done(database->purge_deleted());
    for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string content{std::istreambuf_iterator<char>(file), {}};
        EXPECT_EQ(content.find("planted"), content.npos) << entry.path();
    }
}

TEST(Database, RefusesAFileFromBeforeTheRelease) {
    const test::TempDir dir;
    const auto database = open(dir / "a.db");
    expect_done(database->execute("CREATE TABLE note(id INTEGER); PRAGMA user_version = 2"));
    const Status refused = database->migrate(kNotes);
    EXPECT_EQ(refused.error().code, Errc::unsupported);
    EXPECT_NE(refused.error().message.find("before its release"), std::string::npos);
}

TEST(Database, NamesAMissingFolder) {
    const auto database = Database::open("/nonexistent/a.db", {});
    ASSERT_FALSE(database);
    EXPECT_EQ(database.error().code, Errc::not_found);
}

TEST(Database, SaysThatAServerIsNotThere) {
    const auto database = Database::open("postgresql:///x?host=/nonexistent", {});
    ASSERT_FALSE(database);
    EXPECT_EQ(database.error().code, Errc::unavailable);
}

TEST(Database, StoresNoTextWithAZeroByteOnPostgresql) {
    const test::Records records(Engine::postgresql);
    const auto database = open(records.location());
    auto query = database->prepare("SELECT CAST(? AS TEXT)");
    const auto row = query->bind(1, std::string_view("a\0b", 3)).step();
    ASSERT_FALSE(row);
    EXPECT_EQ(row.error().code, Errc::invalid_argument);
}

/// A connection to PostgreSQL, and another that ends it as a server that goes down does.
class LostConnection : public testing::Test {
protected:
    LostConnection() { expect_done(database_->migrate(kNotes)); }

    void lose() {
        auto end = other_->prepare("SELECT pg_terminate_backend(CAST(?1 AS int4), 10000)");
        ASSERT_TRUE(end);
        ASSERT_TRUE(*end->bind(1, session()).step());
    }
    /// The server's number of the connection, which is another after each loss.
    std::int64_t session() {
        return number_from(*database_, "SELECT CAST(pg_backend_pid() AS INTEGER)");
    }

    test::Records records_{Engine::postgresql};
    std::unique_ptr<Database> database_ = open(records_.location());
    std::unique_ptr<Database> other_ = open(records_.location());
};

TEST_F(LostConnection, IsMadeAnewWithTheNextStatement) {
    auto count = database_->prepare("SELECT count(*) FROM note");
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(count->run_for_integer());  // prepared by now
    const std::int64_t before = session();
    lose();
    const auto counted = count->run_for_integer();
    ASSERT_TRUE(counted) << counted.error().message;
    EXPECT_TRUE(count->run_for_integer());
    EXPECT_NE(session(), before);
    const char* const kTimeout =
        "SELECT CAST(setting AS INTEGER) FROM pg_settings WHERE name = "
        "'lock_timeout'";
    EXPECT_EQ(number_from(*database_, kTimeout), 30'000) << "as every connection begins";
    lose();
    expect_done(database_->transaction([&] {
        return database_->execute("INSERT INTO note(number) VALUES (1)");
    }));
    EXPECT_EQ(count_notes(*other_), 1);
}

TEST_F(LostConnection, FailsTheTransactionThatItWasInAndNotTheNext) {
    const auto lost = database_->transaction([&]() -> Status {
        CAIRN_TRY(database_->execute("INSERT INTO note(number) VALUES (1)"));
        lose();
        EXPECT_FALSE(database_->execute("INSERT INTO note(number) VALUES (2)"));
        return database_->execute("INSERT INTO note(number) VALUES (3)");
    });
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, Errc::unavailable);
    EXPECT_EQ(count_notes(*other_), 0);
    expect_done(database_->transaction([&] {
        return database_->execute("INSERT INTO note(number) VALUES (4)");
    }));
    EXPECT_EQ(count_notes(*other_), 1);
}

TEST_F(LostConnection, EndsAQueryInPagesWithoutBeginningItAgain) {
    expect_done(database_->execute("INSERT INTO note(number) SELECT generate_series(1, 5000)"));
    auto all = database_->prepare_paged("SELECT number FROM note ORDER BY id");
    ASSERT_TRUE(all);
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(*all->step());
    lose();
    Result<bool> row = all->step();
    while (row && *row) row = all->step();
    ASSERT_FALSE(row);
    EXPECT_EQ(row.error().code, Errc::unavailable);
    all->reset();
    EXPECT_EQ(count_notes(*database_), 5000);
}

}  // namespace
}  // namespace cairn::db
