#include "base/fd.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/temp_dir.h"

namespace cairn {
namespace {

std::string content_of(const std::string& path) {
    const auto bytes = read_file(path, 1U << 20U);
    return bytes ? std::string(as_text(*bytes)) : bytes.error().message;
}

TEST(AtomicFile, AppearsWholeWithItsMode) {
    const test::TempDir dir;
    auto file = AtomicFile::create(dir / "a", 0600);
    ASSERT_TRUE(file && file->write(as_bytes("new")));
    EXPECT_FALSE(std::filesystem::exists(dir / "a"));
    ASSERT_TRUE(file->commit());
    EXPECT_EQ(content_of(dir / "a"), "new");
    struct stat info {};
    ASSERT_EQ(::stat((dir / "a").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(AtomicFile, LeavesTheOldFileAndNothingElseWithoutCommit) {
    const test::TempDir dir;
    dir.write("a", "old");
    {
        auto file = AtomicFile::create(dir / "a", 0600);
        ASSERT_TRUE(file && file->write(as_bytes("new")));
    }
    EXPECT_EQ(content_of(dir / "a"), "old");
    const auto entries = std::filesystem::directory_iterator(dir.path());
    EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST(AtomicFile, CommitNewLeavesAFileThatIsThere) {
    const test::TempDir dir;
    {
        auto first = AtomicFile::create(dir / "a", 0600);
        auto second = AtomicFile::create(dir / "a", 0600);
        ASSERT_TRUE(first && first->write(as_bytes("first")) && first->commit_new());
        ASSERT_TRUE(second && second->write(as_bytes("second")));
        EXPECT_EQ(second->commit_new().error().code, Errc::conflict);
    }
    EXPECT_EQ(content_of(dir / "a"), "first");
    const auto entries = std::filesystem::directory_iterator(dir.path());
    EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST(AtomicFile, NamesTheFileItCannotMake) {
    const auto file = AtomicFile::create("/nonexistent/a", 0600);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, Errc::not_found);
    EXPECT_NE(file.error().message.find("/nonexistent/a"), std::string::npos);
}

TEST(ReadFile, RefusesMoreThanItsLimit) {
    const test::TempDir dir;
    const auto path = dir.write("a", std::string(100, 'x'));
    EXPECT_TRUE(read_file(path, 100));
    EXPECT_EQ(read_file(path, 99).error().code, Errc::limit_exceeded);
}

TEST(ReadAt, StopsAtTheEnd) {
    const test::TempDir dir;
    const auto fd = open_for_reading(dir.write("a", "abcdef"));
    std::array<std::uint8_t, 10> out{};
    EXPECT_EQ(*read_at(fd->get(), 4, out), 2U);
    EXPECT_EQ(*read_at(fd->get(), 6, out), 0U);
}

}  // namespace
}  // namespace cairn
