#include <array>
#include <filesystem>

#include <gtest/gtest.h>

#include "db/backup.h"
#include "db/database.h"
#include "support/file_size_limit.h"
#include "support/temp_dir.h"

namespace cairn::db {
namespace {

constexpr std::array kMigrations = {
    Migration{1, "CREATE TABLE note(id INTEGER PRIMARY KEY, body BLOB)"}};
constexpr Schema kNotes{"note", kMigrations};
constexpr std::size_t kRowBytes = 4000;

class FullDisk : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(database_->migrate(kNotes));
        ASSERT_TRUE(insert(100));
    }

    Status insert(int rows) {
        return database_->transaction([&]() -> Status {
            auto insert = CAIRN_TRY(database_->prepare("INSERT INTO note(body) VALUES(?)"));
            for (int i = 0; i < rows; ++i) {
                CAIRN_TRY(insert.bind(1, Bytes(ByteVector(kRowBytes, 7))).run());
            }
            return ok();
        });
    }

    std::int64_t rows() {
        return *database_->prepare("SELECT count(*) FROM note")->run_for_integer();
    }

    std::uint64_t log_bytes() const { return std::filesystem::file_size(path_ + "-wal"); }

    cairn::test::TempDir dir_;
    std::string path_ = dir_ / "a.db";
    std::unique_ptr<Database> database_ =
        *Database::open(path_, {.cache_bytes = 64 << 10});  // the transaction does not fit
};

TEST_F(FullDisk, ATransactionFailsWholeAndSaysWhy) {
    {
        const cairn::test::FileSizeLimit limit(log_bytes() + 50'000);
        const Status refused = insert(500);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::limit_exceeded);
        EXPECT_NE(refused.error().message.find(path_), std::string::npos)
            << refused.error().message;
        EXPECT_NE(refused.error().message.find("File too large"), std::string::npos)
            << refused.error().message;
        EXPECT_EQ(rows(), 100);
    }
    // With room again all goes on, and the file is good.
    EXPECT_TRUE(insert(500));
    EXPECT_EQ(rows(), 600);
    auto check = database_->prepare("PRAGMA integrity_check");
    ASSERT_TRUE(*check->step());
    EXPECT_EQ(check->text(0), "ok");
}

TEST_F(FullDisk, ABackupThatDoesNotFitLeavesNothing) {
    const std::string file = dir_ / "backup";
    {
        const cairn::test::FileSizeLimit limit(100'000);
        const auto refused = back_up(path_, file, {}, [](const BackupProgress&) {});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::limit_exceeded) << refused.error().message;
    }
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
        EXPECT_TRUE(entry.path().filename().string().starts_with("a.db")) << entry.path();
    }
    EXPECT_TRUE(back_up(path_, file, {}, [](const BackupProgress&) {}));
}

}  // namespace
}  // namespace cairn::db
