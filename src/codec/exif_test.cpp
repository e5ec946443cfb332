#include "codec/exif.h"

#include <string>

#include <gtest/gtest.h>

namespace cairn::codec {
namespace {

using namespace std::string_literals;

/// One directory with the orientation, big-endian.
std::string exif_with(char type, char orientation) {
    return "MM\0*\0\0\0\x08\0\x01\x01\x12\0"s + type + "\0\0\0\x01\0"s + orientation + "\0\0"s +
           "\0\0\0\0"s;
}

TEST(ParseExif, ReadsTheOrientation) {
    EXPECT_EQ(parse_exif(as_bytes(exif_with(3, 6))).orientation, 6);
    EXPECT_EQ(parse_exif(as_bytes("Exif\0\0"s + exif_with(3, 8))).orientation, 8);
}

TEST(ParseExif, TakesWhatIsMalformedAsAbsent) {
    EXPECT_EQ(parse_exif({}).orientation, 1);
    EXPECT_EQ(parse_exif(as_bytes(exif_with(3, 9))).orientation, 1);
    EXPECT_EQ(parse_exif(as_bytes(exif_with(3, 0))).orientation, 1);
    EXPECT_EQ(parse_exif(as_bytes(exif_with(2, 6))).orientation, 1);  // text, not a number
    const std::string whole = exif_with(3, 6);
    for (std::size_t size = 0; size < 22; ++size) {
        const std::string cut = whole.substr(0, size);
        EXPECT_LE(parse_exif(as_bytes(cut)).orientation, 8) << size;
    }
}

TEST(ParseExif, AThumbnailMustLieWithinAndBeAJpeg) {
    const std::string entries =
        "\0\x02\x02\x01\0\x04\0\0\0\x01\0\0\0\x2C\x02\x02\0\x04\0\0\0\x01\0\0\0\x04\0\0\0\0"s;
    const std::string head = "MM\0*\0\0\0\x08\0\0\0\0\0\x0E"s;
    const std::string whole = head + entries + "\xFF\xD8\xFF\xD9"s;
    ASSERT_EQ(head.size() + entries.size(), 44U);
    EXPECT_EQ(parse_exif(as_bytes(whole)).thumbnail.size(), 4U);
    EXPECT_TRUE(parse_exif(as_bytes(whole.substr(0, 47))).thumbnail.empty());
    EXPECT_TRUE(parse_exif(as_bytes(head + entries + "\x89PNG"s)).thumbnail.empty());
}

}  // namespace
}  // namespace cairn::codec
