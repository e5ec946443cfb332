#include "robustness/artworks.h"

#include <gtest/gtest.h>

#include "robustness/overlays.h"
#include "robustness/picture_file.h"
#include "support/temp_dir.h"

namespace cairn::robustness {
namespace {

TEST(ArtworkKey, IsTheSameForVersionsOfOneArtwork) {
    const auto key = artwork_key("/w/Autumn/contents/images/1920x1080.jpg");
    EXPECT_EQ(artwork_key("/w/Autumn/contents/images_dark/2560x1600.png"), key);
    EXPECT_EQ(artwork_key("/w/Autumn/contents/screenshot.jpg"), key);
    EXPECT_EQ(artwork_key("/b/wood-l.webp"), artwork_key("/b/wood-d.webp"));
    EXPECT_EQ(artwork_key("/b/Elephants_3840x2160.jpg"), artwork_key("/b/Elephants.jpg"));
    EXPECT_EQ(artwork_key("/b/sea_4k_dark.png"), artwork_key("/b/Sea (1080p).jpg"));
    EXPECT_EQ(artwork_key("/b/Mate-Warm-no-logo.png"), artwork_key("/b/Mate-Cold-no-logo.png"));
}

TEST(ArtworkKey, DiffersForDifferentArtworks) {
    EXPECT_NE(
        artwork_key("/w/Autumn/contents/images/1920x1080.jpg"),
        artwork_key("/w/Path/contents/images/1920x1080.jpg")
    );
    EXPECT_NE(artwork_key("/b/IMG_0001.jpg"), artwork_key("/b/IMG_0002.jpg"));
    EXPECT_NE(artwork_key("/a/sea.jpg"), artwork_key("/b/sea.jpg"));
    EXPECT_NE(artwork_key("/b/x1.jpg"), artwork_key("/b/x2.jpg"));
    EXPECT_NE(artwork_key("/b/1x.jpg"), artwork_key("/b/2.jpg"));
    EXPECT_EQ(artwork_key("plain"), "plain");
}

class FindArtworks : public testing::Test {
protected:
    void put(const std::string& name, const Raster& picture) {
        const auto bytes = encode(picture, {});
        ASSERT_TRUE(bytes);
        dir_.write(name, as_text(*bytes));
    }

    test::TempDir dir_;
};

TEST_F(FindArtworks, TakesTheLargestVersionAndEachContentOnce) {
    put("sea_1920x1080.jpg", generated(160, 120, 1));
    put("sea_640x480.jpg", generated(80, 60, 1));
    put("wood.jpg", generated(160, 120, 2));
    put("copies/wood.jpg", generated(160, 120, 2));
    dir_.write("readme.txt", "no picture");
    const auto found = find_artworks({dir_.path().string()});
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->artworks.size(), 2U);
    EXPECT_EQ(found->artworks[0].path, dir_ / "copies/wood.jpg");
    EXPECT_EQ(found->artworks[1].path, dir_ / "sea_1920x1080.jpg");
    EXPECT_EQ(found->artworks[1].versions, 2U);
    EXPECT_EQ(found->same_content, 1U);
    EXPECT_EQ(found->other_files, 1U);
    EXPECT_TRUE(found->problems.empty());
}

TEST_F(FindArtworks, SaysWhenThereIsNothing) {
    dir_.write("readme.txt", "no picture");
    const auto empty = find_artworks({dir_.path().string()});
    ASSERT_FALSE(empty);
    EXPECT_EQ(empty.error().code, Errc::not_found);
    EXPECT_NE(empty.error().message.find(dir_.path().string()), std::string::npos);
    EXPECT_FALSE(find_artworks({dir_ / "absent"}));
}

}  // namespace
}  // namespace cairn::robustness
