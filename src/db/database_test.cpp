#include "db/database.h"

#include <array>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/temp_dir.h"

namespace cairn::db {
namespace {

constexpr std::array kFirst = {
    Migration{1, "CREATE TABLE note(id INTEGER PRIMARY KEY, body BLOB)"}};
constexpr std::array kBoth = {kFirst[0], Migration{2, "ALTER TABLE note ADD COLUMN title TEXT"}};

std::unique_ptr<Database> open(const std::string& path) {
    auto database = Database::open(path, {});
    EXPECT_TRUE(database) << (database ? "" : database.error().message);
    return database ? std::move(*database) : nullptr;
}

std::int64_t count_notes(Database& database) {
    auto query = database.prepare("SELECT count(*) FROM note");
    EXPECT_TRUE(query && query->step());
    return query->integer(0);
}

TEST(Database, StoresAllByteValues) {
    const test::TempDir dir;
    const auto database = open(dir / "a.db");
    ASSERT_TRUE(database->migrate(kFirst));
    ByteVector all(256);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(i);
    auto insert = database->prepare("INSERT INTO note(body) VALUES(?)");
    ASSERT_TRUE(insert && insert->bind(1, Bytes(all)).run());
    auto query = database->prepare("SELECT body FROM note");
    ASSERT_TRUE(query && query->step());
    EXPECT_EQ(ByteVector(query->bytes(0).begin(), query->bytes(0).end()), all);
}

TEST(Database, FileIsForItsOwnerOnly) {
    const test::TempDir dir;
    const auto database = open(dir / "a.db");
    struct stat info {};
    ASSERT_EQ(::stat((dir / "a.db").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(Database, FailedTransactionLeavesNothing) {
    const test::TempDir dir;
    const auto database = open(dir / "a.db");
    ASSERT_TRUE(database->migrate(kFirst));
    const auto status = database->transaction([&]() -> Status {
        CAIRN_TRY(database->execute("INSERT INTO note(body) VALUES('x')"));
        return fail(Errc::cancelled, "on purpose");
    });
    EXPECT_EQ(status.error().code, Errc::cancelled);
    EXPECT_EQ(count_notes(*database), 0);
}

TEST(Database, MigratesForwardAndRefusesANewerFile) {
    const test::TempDir dir;
    ASSERT_TRUE(open(dir / "a.db")->migrate(kFirst));
    ASSERT_TRUE(open(dir / "a.db")->migrate(kBoth));
    ASSERT_TRUE(open(dir / "a.db")->migrate(kBoth));
    const auto refused = open(dir / "a.db")->migrate(kFirst);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unsupported);
}

TEST(Database, RefusesAFileThatIsNone) {
    const test::TempDir dir;
    const auto path = dir.write("a.db", std::string(4096, 'x'));
    const auto database = Database::open(path, {});
    ASSERT_FALSE(database);
    EXPECT_EQ(database.error().code, Errc::corrupt_data);
}

TEST(Database, CallsAFunctionOfOurs) {
    const test::TempDir dir;
    const auto database = open(dir / "a.db");
    const auto twice = [](Bytes bytes) {
        ByteVector out(bytes.begin(), bytes.end());
        out.insert(out.end(), bytes.begin(), bytes.end());
        return out;
    };
    ASSERT_TRUE(database->define_function("twice", twice));
    auto query = database->prepare("SELECT twice(x'0102'), twice(x'')");
    ASSERT_TRUE(query && query->step());
    EXPECT_EQ(as_text(query->bytes(0)), "\x01\x02\x01\x02");
    EXPECT_TRUE(query->bytes(1).empty());
}

TEST(Database, NamesAMissingFolder) {
    const auto database = Database::open("/nonexistent/a.db", {});
    ASSERT_FALSE(database);
    EXPECT_EQ(database.error().code, Errc::not_found);
}

}  // namespace
}  // namespace cairn::db
