#include "db/backup.h"

#include <array>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/engines.h"
#include "support/records.h"

namespace cairn::db {
namespace {

const auto kQuiet = [](const BackupProgress&) {};

constexpr std::array kMigrations = {
    Migration{1, "CREATE TABLE note(id INTEGER PRIMARY KEY, body BLOB)"}};
constexpr Schema kNotes{"note", kMigrations};

void expect_done(const Status& status) {
    EXPECT_TRUE(status) << (status ? "" : status.error().message);
}

std::unique_ptr<Database> connect(const std::string& location) {
    auto database = Database::open(location, {});
    EXPECT_TRUE(database) << (database ? "" : database.error().message);
    return *std::move(database);
}

std::int64_t count_notes(const std::string& location) {
    const auto database = connect(location);
    return *database->prepare("SELECT count(*) FROM note")->run_for_integer();
}

class AnyBackup : public testing::TestWithParam<Engine> {
protected:
    void SetUp() override {
        const auto database = connect(place_.location());
        expect_done(database->migrate(kNotes));
        auto insert = database->prepare("INSERT INTO note(body) VALUES(?)");
        expect_done(database->transaction([&]() -> Status {
            for (int i = 0; i < 200; ++i) {
                CAIRN_TRY(insert->bind(1, Bytes(ByteVector(100, 7))).run());
            }
            return ok();
        }));
    }

    cairn::test::Records place_{GetParam()};
    cairn::test::Records empty_{GetParam()};
    cairn::test::TempDir dir_;
    std::string file_ = dir_ / "backup";
};

INSTANTIATE_TEST_SUITE_P(Engines, AnyBackup, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(AnyBackup, ComesBackWhole) {
    const auto bytes = back_up(place_.location(), file_, {}, kQuiet);
    ASSERT_TRUE(bytes) << bytes.error().message;
    EXPECT_EQ(*bytes, std::filesystem::file_size(file_));
    struct stat info {};
    ASSERT_EQ(::stat(file_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    expect_done(restore(file_, empty_.location(), kQuiet));
    EXPECT_EQ(count_notes(empty_.location()), 200);
    // Numbers go on.
    const auto database = connect(empty_.location());
    expect_done(database->migrate(kNotes));
    auto insert = database->prepare("INSERT INTO note(body) VALUES(NULL) RETURNING id");
    EXPECT_EQ(*insert->run_for_integer(), 201);
}

TEST_P(AnyBackup, LeavesTheRowsOfATableOutWithoutATrace) {
    const auto database = connect(place_.location());
    expect_done(database->execute("CREATE TABLE apart(body BLOB)"));
    const std::string planted = "planted in the table that is left out";
    auto insert = database->prepare("INSERT INTO apart(body) VALUES(?)");
    expect_done(insert->bind(1, as_bytes(planted)).run());
    ASSERT_TRUE(back_up(place_.location(), file_, "apart", kQuiet));
    std::ifstream in(file_, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(in), {});
    EXPECT_EQ(bytes.find(planted), std::string::npos);
    expect_done(restore(file_, empty_.location(), kQuiet));
    EXPECT_EQ(count_notes(empty_.location()), 200);
    const auto restored = connect(empty_.location());
    auto rows = restored->prepare("SELECT count(*) FROM apart");
    EXPECT_EQ(*rows->run_for_integer(), 0);
}

TEST_P(AnyBackup, WithoutATableThatIsNotThereNothingIsLeftOut) {
    ASSERT_TRUE(back_up(place_.location(), file_, "apart", kQuiet));
    expect_done(restore(file_, empty_.location(), kQuiet));
    EXPECT_EQ(count_notes(empty_.location()), 200);
}

TEST_P(AnyBackup, NeverOverwrites) {
    dir_.write("backup", "precious");
    EXPECT_EQ(back_up(place_.location(), file_, {}, kQuiet).error().code, Errc::conflict);
    EXPECT_EQ(std::filesystem::file_size(file_), 8U);
    const std::string other = dir_ / "other";
    ASSERT_TRUE(back_up(place_.location(), other, {}, kQuiet));
    EXPECT_EQ(restore(other, place_.location(), kQuiet).error().code, Errc::conflict);
    EXPECT_EQ(count_notes(place_.location()), 200);
}

TEST_P(AnyBackup, IsOneStateWhileOthersWrite) {
    std::atomic<bool> stop = false;
    std::jthread writer([&] {
        const auto own = connect(place_.location());
        // Ten rows at a time, or none.
        while (!stop) {
            expect_done(own->transaction([&]() -> Status {
                for (int i = 0; i < 10; ++i) {
                    CAIRN_TRY(own->execute("INSERT INTO note(body) VALUES(x'00')"));
                }
                return ok();
            }));
        }
    });
    const auto bytes = back_up(place_.location(), file_, {}, kQuiet);
    stop = true;
    writer.join();
    ASSERT_TRUE(bytes) << bytes.error().message;
    expect_done(restore(file_, empty_.location(), kQuiet));
    EXPECT_EQ(count_notes(empty_.location()) % 10, 0);
}

TEST_P(AnyBackup, ADamagedFileIsRefusedAndLeavesThePlaceEmpty) {
    ASSERT_TRUE(back_up(place_.location(), file_, {}, kQuiet));
    std::filesystem::resize_file(file_, std::filesystem::file_size(file_) / 2);
    const Status refused = restore(file_, empty_.location(), kQuiet);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::corrupt_data) << refused.error().message;
    const std::string nonsense = dir_.write("nonsense", "no backup");
    EXPECT_EQ(restore(nonsense, empty_.location(), kQuiet).error().code, Errc::invalid_argument);
    const auto database = connect(empty_.location());
    EXPECT_EQ(*database->schema_version(kNotes), 0);
}

TEST_P(AnyBackup, SaysWhichEngineAFileIsFor) {
    ASSERT_TRUE(back_up(place_.location(), file_, {}, kQuiet));
    const bool sqlite = GetParam() == Engine::sqlite;
    const cairn::test::Records other(sqlite ? Engine::postgresql : Engine::sqlite);
    const Status refused = restore(file_, other.location(), kQuiet);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    EXPECT_NE(refused.error().message.find("cairn db copy"), std::string::npos);
}

TEST(Backup, SaysThatNothingIsThere) {
    const cairn::test::TempDir dir;
    EXPECT_FALSE(back_up(dir / "none.db", dir / "file", {}, kQuiet));
    EXPECT_FALSE(back_up("postgresql:///x?host=/nonexistent", dir / "file", {}, kQuiet));
    EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(Restore, RefusesAPlaceWhereALogWasLeftBehind) {
    const cairn::test::TempDir dir;
    expect_done(connect(dir / "a.db")->migrate(kNotes));
    ASSERT_TRUE(back_up(dir / "a.db", dir / "file", {}, kQuiet));
    dir.write("b.db-wal", "left behind");
    EXPECT_EQ(restore(dir / "file", dir / "b.db", kQuiet).error().code, Errc::conflict);
}

}  // namespace
}  // namespace cairn::db
