#include "vault/sealed_file.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"
#include "support/file_size_limit.h"
#include "support/temp_dir.h"

namespace cairn::vault {
namespace {

namespace fs = std::filesystem;

class SealedFile : public testing::Test {
protected:
    Content store(const std::string& name, Bytes bytes, std::size_t at_once = 1000) {
        auto writer = SealedFileWriter::create(folder(), key_);
        EXPECT_TRUE(writer);
        for (std::size_t at = 0; at < bytes.size(); at += at_once) {
            EXPECT_TRUE(writer->write(bytes.subspan(at, std::min(at_once, bytes.size() - at))));
        }
        const auto content = writer->finish();
        EXPECT_TRUE(content);
        EXPECT_TRUE(writer->publish(name));
        return content ? *content : Content{};
    }
    Result<ByteVector> load(const std::string& name) {
        auto reader = CAIRN_TRY(SealedFileReader::open(path(name), key_));
        ByteVector all;
        for (;;) {
            const auto piece = CAIRN_TRY(reader.next());
            if (!piece) return all;
            all.insert(all.end(), piece->begin(), piece->end());
        }
    }
    std::string folder() const { return dir_.path().string(); }
    std::string path(const std::string& name) const { return dir_ / name; }
    std::string stored(const std::string& name) {
        std::ifstream in(path(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void replace(const std::string& name, const std::string& bytes) {
        std::ofstream(path(name), std::ios::binary | std::ios::trunc) << bytes;
    }

    test::TempDir dir_;
    crypto::SecretKey key_ = crypto::SecretKey::random();
};

TEST_F(SealedFile, GivesBackWhatWasWritten) {
    for (const std::size_t size :
         {std::size_t{0},
          std::size_t{1},
          kPieceBytes - 1,
          kPieceBytes,
          kPieceBytes + 1,
          3 * kPieceBytes,
          40 * kPieceBytes + 9}) {
        ByteVector bytes(size);
        for (std::size_t i = 0; i < size; ++i)
            bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
        const std::string name = fmt::format("{}", size);
        const Content content = store(name, bytes, size % 2 == 0 ? 100'000 : 777);
        EXPECT_EQ(content.size_bytes, size);
        EXPECT_EQ(content.sha256, crypto::sha256(bytes));
        const auto back = load(name);
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(*back, bytes);
        const auto read = content_of(path(name), key_);
        ASSERT_TRUE(read);
        EXPECT_EQ(*read, content);
    }
}

TEST_F(SealedFile, HasNoNameBeforeItIsWhole) {
    {
        auto writer = SealedFileWriter::create(folder(), key_);
        ASSERT_TRUE(writer);
        EXPECT_TRUE(writer->write(ByteVector(3 * kPieceBytes, 1)));
        EXPECT_TRUE(writer->finish());
        EXPECT_TRUE(fs::is_empty(folder()));
    }
    EXPECT_TRUE(fs::is_empty(folder()));
}

TEST_F(SealedFile, KeepsNoPlainTextOnTheDisk) {
    const std::string planted = "a planted sentence that must not be found";
    std::string text;
    while (text.size() < 4 * kPieceBytes) text += planted;
    store("a", as_bytes(text));
    EXPECT_EQ(stored("a").find(planted.substr(0, 12)), std::string::npos);
    EXPECT_EQ(fs::status(path("a")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(SealedFile, ReplacesNoOther) {
    store("a", as_bytes("first"));
    auto writer = SealedFileWriter::create(folder(), key_);
    ASSERT_TRUE(writer && writer->finish());
    EXPECT_EQ(writer->publish("a").error().code, Errc::conflict);
    EXPECT_EQ(as_text(*load("a")), "first");
}

TEST_F(SealedFile, SeesEveryAlteredByte) {
    store("a", ByteVector(200, 9));
    const std::string whole = stored("a");
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string altered = whole;
        altered[at] = static_cast<char>(altered[at] ^ 0x20);
        replace("a", altered);
        const auto read = load("a");
        ASSERT_FALSE(read) << at;
        EXPECT_EQ(read.error().code, Errc::corrupt_data);
    }
}

TEST_F(SealedFile, SeesWhereItWasCutOffOrGoesOn) {
    store("a", ByteVector(2 * kPieceBytes + 5, 9));
    const std::string whole = stored("a");
    const std::size_t begin = whole.size() - 2 * (kPieceBytes + 17) - 22;
    EXPECT_EQ(begin, 32U);
    for (const std::size_t size :
         {std::size_t{0},
          std::size_t{7},
          begin - 1,
          begin,
          begin + 3,
          begin + kPieceBytes + 17,
          whole.size() - 1}) {
        replace("a", whole.substr(0, size));
        EXPECT_EQ(load("a").error().code, Errc::corrupt_data) << size;
    }
    replace("a", whole + "x");
    EXPECT_EQ(load("a").error().code, Errc::corrupt_data);
}

TEST_F(SealedFile, OpensWithItsOwnKeyOnly) {
    store("a", as_bytes("text"));
    key_ = crypto::SecretKey::random();
    EXPECT_EQ(load("a").error().code, Errc::corrupt_data);
    EXPECT_EQ(load("absent").error().code, Errc::not_found);
}

TEST_F(SealedFile, SaysThatTheDiskIsFullAndLeavesNothing) {
    {
        auto writer = SealedFileWriter::create(folder(), key_);
        ASSERT_TRUE(writer);
        const test::FileSizeLimit full(kPieceBytes);
        EXPECT_FALSE(writer->write(ByteVector(3 * kPieceBytes, 1)));
    }
    EXPECT_TRUE(fs::is_empty(folder()));
}

TEST_F(SealedFile, NamesTheFolderThatIsNotThere) {
    const auto writer = SealedFileWriter::create(path("absent"), key_);
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().code, Errc::io);
    EXPECT_THAT(writer.error().message, testing::HasSubstr("absent"));
}

}  // namespace
}  // namespace cairn::vault
