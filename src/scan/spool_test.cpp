#include "scan/spool.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace cairn::scan {
namespace {

TEST(Spool, KeepsWhatWasAppendedInOrder) {
    const test::TempDir dir;
    auto spool = Spool::create(dir.path().string());
    ASSERT_TRUE(spool && spool->append(as_bytes("abc")) && spool->append(as_bytes("def")));
    std::array<std::uint8_t, 10> out{};
    const auto got = read_at(spool->fd(), 0, out);
    ASSERT_TRUE(got);
    EXPECT_EQ(as_text(Bytes(out).first(*got)), "abcdef");
}

TEST(Spool, GoesToDiskWithoutANameWhenLarge) {
    const test::TempDir dir;
    auto spool = Spool::create(dir.path().string());
    const ByteVector piece(1U << 20U, 0x5a);
    const std::uint64_t pieces = Spool::kMemoryBytesMax / piece.size() + 3;
    for (std::uint64_t i = 0; i < pieces; ++i) ASSERT_TRUE(spool->append(piece));
    ASSERT_TRUE(spool->append(as_bytes("end")));
    EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
    std::array<std::uint8_t, 3> out{};
    ASSERT_TRUE(read_at(spool->fd(), pieces * piece.size(), out));
    EXPECT_EQ(as_text(out), "end");
    EXPECT_EQ(spool->size_bytes(), pieces * piece.size() + 3);
}

TEST(Spool, NamesTheFolderWhenItCannotWrite) {
    auto spool = Spool::create("/nonexistent");
    const ByteVector piece(Spool::kMemoryBytesMax + 1);
    const auto status = spool->append(piece);
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().message.find("/nonexistent"), std::string::npos);
}

}  // namespace
}  // namespace cairn::scan
