// The published pictures through the confined decoder: what the reference says of them.
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "base/fd.h"
#include "fingerprint/picture_reader.h"

namespace cairn::fingerprint {
namespace {

const std::string kVectors = std::string(CAIRN_SOURCE_DIR) + "/tests/golden/vectors/pdq/";

struct Row {
    std::string path;
    std::string hash;
    std::string quality;
    std::string official;
};

std::vector<Row> read_rows() {
    std::ifstream in(kVectors + "expected/images.csv");
    std::vector<Row> rows;
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        std::stringstream cells(line);
        Row row;
        std::getline(cells, row.path, ',');
        std::getline(cells, row.hash, ',');
        std::getline(cells, row.quality, ',');
        std::getline(cells, row.official, ',');
        rows.push_back(row);
    }
    return rows;
}

Result<PictureFingerprint> read_picture(PictureReader& reader, const std::string& path) {
    const Fd fd = CAIRN_TRY(open_for_reading(path));
    const ByteVector bytes = CAIRN_TRY(read_file(path, 100'000'000));
    return reader.read(fd.get(), bytes.size(), sniff(bytes));
}

std::unique_ptr<PictureReader> make_reader(bool turns) {
    auto reader = PictureReader::create(
        {.decoder_program = std::string(CAIRN_BIN_DIR) + "/cairn-decoder", .turns = turns}
    );
    EXPECT_TRUE(reader) << reader.error().message;
    return std::move(*reader);
}

TEST(PictureVectors, GiveTheReferencesHashAndQuality) {
    const auto reader = make_reader(false);
    const auto rows = read_rows();
    ASSERT_EQ(rows.size(), 21U);
    for (const Row& row : rows) {
        SCOPED_TRACE(row.path);
        const auto picture = read_picture(*reader, kVectors + row.path);
        ASSERT_TRUE(picture) << picture.error().message;
        const PdqHash& record = picture->frames.at(0).record;
        EXPECT_EQ(to_hex(record.code), row.hash);
        EXPECT_EQ(std::to_string(record.quality), row.quality);
        if (!row.official.empty()) {
            EXPECT_LE(distance(record.code, *pdq_from_hex(row.official)), 2);
        }
        EXPECT_FALSE(picture->partial);
        EXPECT_EQ(picture->frames_total, 1U);
    }
}

TEST(PictureVectors, TrueTurnsAreCloserToTheTurnedPicturesThanDerivedOnes) {
    const auto reader = make_reader(true);
    const std::string folder = kVectors + "reg-test-input/dih/bridge-";
    const auto original = read_picture(*reader, folder + "1-original.jpg");
    ASSERT_TRUE(original) << original.error().message;
    ASSERT_TRUE(original->frames.at(0).turns);
    const auto& turns = *original->frames[0].turns;
    EXPECT_EQ(turns[0], original->frames[0].record);
    const std::vector<std::string> names = {
        "1-original",
        "2-rotate-90",
        "3-rotate-180",
        "4-rotate-270",
        "5-flipx",
        "6-flipy",
        "7-flip-plus-1",
        "8-flip-minus-1"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto turned = read_picture(*reader, folder + names[i] + ".jpg");
        ASSERT_TRUE(turned) << turned.error().message;
        // The files were turned losslessly or saved anew: a few bits at most remain.
        EXPECT_LE(distance(turns[i].code, turned->frames.at(0).record.code), 6) << names[i];
    }
}

TEST(PictureReader, NamesTheMediaType) {
    const auto reader = make_reader(false);
    const auto fd = open_for_reading(kVectors + "misc-images/modes/P.png");
    ASSERT_TRUE(fd);
    const auto type = reader->media_type(fd->get());
    ASSERT_TRUE(type) << type.error().message;
    EXPECT_EQ(*type, "image/png");
}

TEST(PictureReader, SaysThatTheDecoderIsMissing) {
    const auto reader = PictureReader::create({.decoder_program = "/nonexistent/cairn-decoder"});
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code, Errc::unavailable);
}

}  // namespace
}  // namespace cairn::fingerprint
