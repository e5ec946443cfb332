#include "evidence/how_arrived.h"

#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cairn::evidence {
namespace {

EvidencePath file_at(std::string relative) {
    return EvidencePath(
        {{.kind = Step::Kind::source, .format = {}, .ordinal = 0, .name = "/tmp/Downloads/exhibit"},
         {.kind = Step::Kind::file, .format = {}, .ordinal = 0, .name = std::move(relative)}}
    );
}

Place place_of(std::string relative) {
    return how_arrived(file_at(std::move(relative))).place;
}

struct Case {
    const char* path;
    Place place;
};

TEST(HowArrived, KnowsTheUsualPlaces) {
    constexpr std::array kCases = {
        // Windows
        Case{"Users/bob/Pictures/a.jpg", Place::user_folder},
        Case{"C/Users/bob/Desktop/a.jpg", Place::user_folder},
        Case{"Users/bob/Downloads/a.jpg", Place::download},
        Case{"Users/bob/AppData/Local/Temp/a.jpg", Place::temporary},
        Case{
            "Users/bob/AppData/Local/Google/Chrome/User Data/Default/Cache/Cache_Data/f_1",
            Place::browser_cache},
        Case{
            "Users/bob/AppData/Local/Mozilla/Firefox/Profiles/x.default/cache2/entries/AB",
            Place::browser_cache},
        Case{
            "Users/bob/AppData/Local/Microsoft/Windows/INetCache/IE/X/a[1].jpg",
            Place::browser_cache},
        Case{
            "Documents and Settings/bob/Local Settings/Temporary Internet Files/Content.IE5/a",
            Place::browser_cache},
        Case{
            "Users/bob/AppData/Local/Microsoft/Windows/INetCache/Content.Outlook/X/a.jpg",
            Place::mail},
        Case{
            "Users/bob/AppData/Local/Microsoft/Windows/Explorer/thumbcache_256.db",
            Place::thumbnail},
        Case{"Users/bob/Pictures/Thumbs.db", Place::thumbnail},
        Case{"$Recycle.Bin/S-1-5-21-1/$RABCDEF.jpg", Place::trash},
        Case{"Users/bob/Documents/Outlook Files/bob.pst", Place::mail},
        Case{"Users/bob/AppData/Roaming/Other/x.jpg", Place::unknown},
        Case{"Windows/Web/Wallpaper/img0.jpg", Place::system},
        Case{"C/Program Files (x86)/App/logo.png", Place::system},
        // macOS
        Case{"Users/eve/Library/Caches/com.apple.Safari/x", Place::browser_cache},
        Case{"Users/eve/Library/Caches/com.example.app/x", Place::application_cache},
        Case{"Users/eve/Library/Messages/Attachments/aa/a.jpg", Place::messenger_media},
        Case{"Users/eve/Library/Mail/V10/x/a.emlx", Place::mail},
        Case{"Users/eve/.Trash/a.jpg", Place::trash},
        Case{
            "Users/eve/Pictures/Photos Library.photoslibrary/resources/derivatives/a.jpg",
            Place::thumbnail},
        Case{"Users/eve/Pictures/Photos Library.photoslibrary/originals/a.jpg", Place::user_folder},
        Case{"private/var/folders/zz/a.jpg", Place::temporary},
        // Linux
        Case{"home/ann/.cache/thumbnails/large/0.png", Place::thumbnail},
        Case{"home/ann/.cache/mozilla/firefox/x/cache2/entries/AB", Place::browser_cache},
        Case{"home/ann/.cache/other/a", Place::application_cache},
        Case{"home/ann/.local/share/Trash/files/a.jpg", Place::trash},
        Case{"home/ann/T\u00e9l\u00e9chargements/a.jpg", Place::download},
        Case{"home/ann/.config/app/a.jpg", Place::unknown},
        Case{"home/ann/holiday/a.jpg", Place::user_folder},
        Case{"var/tmp/a.jpg", Place::temporary},
        Case{"usr/share/icons/a.png", Place::system},
        // Android
        Case{"sdcard/DCIM/Camera/a.jpg", Place::user_folder},
        Case{"sdcard/DCIM/.thumbnails/1.jpg", Place::thumbnail},
        Case{"sdcard/Download/a.jpg", Place::download},
        Case{"sdcard/WhatsApp/Media/WhatsApp Images/IMG-1.jpg", Place::messenger_media},
        Case{"data/data/com.android.chrome/cache/x", Place::browser_cache},
        Case{"sdcard/Android/data/com.example.app/cache/x", Place::application_cache},
        Case{"sdcard/Android/data/org.telegram.messenger/files/a.jpg", Place::messenger_media},
        // a folder given by itself
        Case{"Pictures/a.jpg", Place::user_folder},
        Case{"Downloads/a.jpg", Place::download},
        Case{"Downloads/Telegram Desktop/a.jpg", Place::messenger_media},
        Case{"a.jpg.crdownload", Place::download},
        Case{"a.jpg", Place::unknown},
        Case{"evidence/7/a.jpg", Place::unknown},
        Case{"", Place::unknown},
    };
    for (const Case& c : kCases) {
        EXPECT_EQ(name_of(place_of(c.path)), name_of(c.place)) << c.path;
    }
}

TEST(HowArrived, TakesWordsForFoldersOnlyAsWholes) {
    EXPECT_EQ(place_of("my downloads from 2019/a.jpg"), Place::unknown);
    EXPECT_EQ(place_of("x/y/windows/a.jpg"), Place::unknown);
    EXPECT_EQ(place_of("notes about whatsapp/a.jpg"), Place::unknown);
}

TEST(HowArrived, IgnoresTheExaminersOwnFolders) {
    // file_at() puts the exhibit below /tmp/Downloads.
    EXPECT_EQ(place_of("x/a.jpg"), Place::unknown);
}

TEST(HowArrived, ArchiveMembersKeepTheArchivesPlace) {
    const Step member{
        .kind = Step::Kind::member, .format = "zip", .ordinal = 1, .name = ".thumbnails/a.jpg"};
    const HowArrived arrived = how_arrived(file_at("home/ann/Downloads/a.zip").child(member));
    EXPECT_EQ(arrived.place, Place::download);
    EXPECT_TRUE(arrived.in_archive);
    EXPECT_FALSE(how_arrived(file_at("home/ann/Downloads/a.zip")).in_archive);
}

TEST(HowArrived, CompressedContentIsInAnArchiveButAFrameIsNot) {
    const Step decoded{.kind = Step::Kind::decoded, .format = "gzip", .ordinal = 0, .name = {}};
    const Step frame{.kind = Step::Kind::frame, .format = {}, .ordinal = 1, .name = {}};
    EXPECT_TRUE(how_arrived(file_at("a.gz").child(decoded)).in_archive);
    EXPECT_FALSE(how_arrived(file_at("a.gif").child(frame)).in_archive);
}

TEST(HowArrived, EveryPlaceHasItsOwnName) {
    std::set<std::string_view> names;
    for (const Place place : kPlaces) names.insert(name_of(place));
    EXPECT_EQ(names.size(), kPlaces.size());
    EXPECT_EQ(static_cast<std::size_t>(kPlaces.back()) + 1, kPlaces.size());
}

RC_GTEST_PROP(HowArrived, DoesNotDependOnAsciiCase, (const std::string& folder)) {
    const std::string path = "Users/" + folder + "/AppData/Local/TEMP/" + folder;
    std::string upper = path;
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    RC_ASSERT(place_of(path) == place_of(upper));
}

}  // namespace
}  // namespace cairn::evidence
