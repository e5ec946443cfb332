#include "evidence/how_arrived.h"

#include <algorithm>
#include <ranges>
#include <vector>

#include "base/text.h"

namespace cairn::evidence {
namespace {

/// Components of lower-case names that must stand one after the other somewhere in the path; "*"
/// stands for any bytes within one component. A leading "/" holds the first component to the top
/// of the source or one folder below it ("C/Windows").
struct Row {
    Place place;
    std::string_view pattern;
};

/// The first row that matches decides, so what is more particular stands first.
constexpr std::array kRows = {
    // deleted, not gone
    Row{Place::trash, "$recycle.bin"},
    Row{Place::trash, "/recycler"},
    Row{Place::trash, "/recycled"},
    Row{Place::trash, ".trash"},
    Row{Place::trash, ".trash-*"},
    Row{Place::trash, ".trashes"},
    Row{Place::trash, ".local/share/trash"},
    Row{Place::trash, ".trashed-*"},
    Row{Place::trash, "@recycle"},
    Row{Place::trash, "#recycle"},

    // small copies made by programs
    Row{Place::thumbnail, "thumbs.db"},
    Row{Place::thumbnail, "ehthumbs*.db"},
    Row{Place::thumbnail, "thumbcache_*.db"},
    Row{Place::thumbnail, ".thumbnails"},
    Row{Place::thumbnail, ".thumbnail"},
    Row{Place::thumbnail, ".thumbs"},
    Row{Place::thumbnail, ".cache/thumbnails"},
    Row{Place::thumbnail, "com.apple.quicklook.thumbnailcache"},
    Row{Place::thumbnail, "*.photoslibrary/resources/derivatives"},
    Row{Place::thumbnail, "*.photoslibrary/thumbnails"},
    Row{Place::thumbnail, "*.photolibrary/thumbnails"},
    Row{Place::thumbnail, "photodata/thumbnails"},
    Row{Place::thumbnail, "*.lrdata"},
    Row{Place::thumbnail, "*.ithmb"},
    Row{Place::thumbnail, "@eadir"},
    Row{Place::thumbnail, "google/picasa2"},
    Row{Place::thumbnail, "digikam/thumbnails*"},
    Row{Place::thumbnail, ".face"},

    // mail; before the caches, since Outlook opens attachments out of one
    Row{Place::mail, "content.outlook"},
    Row{Place::mail, "*.pst"},
    Row{Place::mail, "*.ost"},
    Row{Place::mail, "*.eml"},
    Row{Place::mail, "*.emlx"},
    Row{Place::mail, "*.msg"},
    Row{Place::mail, "*.mbox"},
    Row{Place::mail, "*.dbx"},
    Row{Place::mail, "microsoft/outlook"},
    Row{Place::mail, "outlook files"},
    Row{Place::mail, "thunderbird"},
    Row{Place::mail, ".thunderbird"},
    Row{Place::mail, "library/mail"},
    Row{Place::mail, "com.apple.mail"},
    Row{Place::mail, "windows live mail"},
    Row{Place::mail, "evolution/mail"},
    Row{Place::mail, "kmail"},
    Row{Place::mail, "maildir"},
    Row{Place::mail, "/var/mail"},
    Row{Place::mail, "/var/spool/mail"},
    Row{Place::mail, "com.google.android.gm"},
    Row{Place::mail, "com.microsoft.office.outlook"},
    Row{Place::mail, "com.fsck.k9"},

    // browsers
    Row{Place::browser_cache, "temporary internet files"},
    Row{Place::browser_cache, "inetcache"},
    Row{Place::browser_cache, "content.ie5"},
    Row{Place::browser_cache, "microsoft/windows/webcache"},
    Row{Place::browser_cache, "packages/microsoft.microsoftedge*"},
    Row{Place::browser_cache, "user data/*/cache"},
    Row{Place::browser_cache, "user data/*/code cache"},
    Row{Place::browser_cache, "user data/*/gpucache"},
    Row{Place::browser_cache, "user data/*/media cache"},
    Row{Place::browser_cache, "user data/*/application cache"},
    Row{Place::browser_cache, "user data/*/service worker"},
    Row{Place::browser_cache, "opera software/*/cache*"},
    Row{Place::browser_cache, "firefox/profiles/*/cache*"},
    Row{Place::browser_cache, "firefox/profiles/*/offlinecache"},
    Row{Place::browser_cache, "firefox/profiles/*/thumbnails"},
    Row{Place::browser_cache, "firefox/profiles/*/storage"},
    Row{Place::browser_cache, ".mozilla/firefox/*/storage"},
    Row{Place::browser_cache, ".cache/mozilla"},
    Row{Place::browser_cache, ".cache/google-chrome*"},
    Row{Place::browser_cache, ".cache/chromium"},
    Row{Place::browser_cache, ".cache/bravesoftware"},
    Row{Place::browser_cache, ".cache/microsoft-edge*"},
    Row{Place::browser_cache, ".cache/opera*"},
    Row{Place::browser_cache, ".cache/vivaldi*"},
    Row{Place::browser_cache, ".cache/epiphany"},
    Row{Place::browser_cache, ".cache/falkon"},
    Row{Place::browser_cache, ".config/google-chrome*/*/service worker"},
    Row{Place::browser_cache, ".config/chromium/*/service worker"},
    Row{Place::browser_cache, "snap/firefox/common/.cache"},
    Row{Place::browser_cache, "snap/chromium/common/.cache"},
    Row{Place::browser_cache, ".var/app/org.mozilla.firefox/cache"},
    Row{Place::browser_cache, ".var/app/com.google.chrome/cache"},
    Row{Place::browser_cache, "library/caches/google/chrome*"},
    Row{Place::browser_cache, "library/caches/firefox"},
    Row{Place::browser_cache, "library/caches/mozilla"},
    Row{Place::browser_cache, "library/caches/com.apple.safari*"},
    Row{Place::browser_cache, "library/caches/com.apple.webkit*"},
    Row{Place::browser_cache, "library/caches/com.operasoftware*"},
    Row{Place::browser_cache, "library/caches/bravesoftware"},
    Row{Place::browser_cache, "library/caches/microsoft edge"},
    Row{Place::browser_cache, "com.apple.safari/data/library/caches"},
    Row{Place::browser_cache, "torbrowser/data/browser"},
    Row{Place::browser_cache, "com.android.chrome/cache"},
    Row{Place::browser_cache, "com.android.chrome/app_chrome"},
    Row{Place::browser_cache, "com.android.browser/cache"},
    Row{Place::browser_cache, "com.sec.android.app.sbrowser/*cache*"},
    Row{Place::browser_cache, "com.sec.android.app.sbrowser/app_sbrowser"},
    Row{Place::browser_cache, "org.mozilla.firefox/cache"},
    Row{Place::browser_cache, "org.mozilla.firefox/files/mozilla"},
    Row{Place::browser_cache, "com.brave.browser/cache"},
    Row{Place::browser_cache, "com.opera.*/cache"},
    Row{Place::browser_cache, "com.duckduckgo.mobile.android/cache"},
    Row{Place::browser_cache, "app_webview"},

    // messengers
    Row{Place::messenger_media, "whatsapp*"},
    Row{Place::messenger_media, "com.whatsapp*"},
    Row{Place::messenger_media, "net.whatsapp.whatsapp*"},
    Row{Place::messenger_media, "group.net.whatsapp*"},
    Row{Place::messenger_media, "*.whatsappdesktop_*"},
    Row{Place::messenger_media, "telegram"},
    Row{Place::messenger_media, "telegram desktop"},
    Row{Place::messenger_media, "telegram images"},
    Row{Place::messenger_media, "telegram video"},
    Row{Place::messenger_media, "telegram documents"},
    Row{Place::messenger_media, "telegramdesktop"},
    Row{Place::messenger_media, "org.telegram.*"},
    Row{Place::messenger_media, "org.thoughtcrime.securesms"},
    Row{Place::messenger_media, "appdata/roaming/signal"},
    Row{Place::messenger_media, ".config/signal"},
    Row{Place::messenger_media, "application support/signal"},
    Row{Place::messenger_media, "viberdownloads"},
    Row{Place::messenger_media, "com.viber.voip"},
    Row{Place::messenger_media, "tencent/micromsg"},
    Row{Place::messenger_media, "com.tencent.mm"},
    Row{Place::messenger_media, "wechat files"},
    Row{Place::messenger_media, "skype"},
    Row{Place::messenger_media, "microsoft/skype for desktop"},
    Row{Place::messenger_media, "com.skype.*"},
    Row{Place::messenger_media, "discord"},
    Row{Place::messenger_media, "com.discord"},
    Row{Place::messenger_media, "com.facebook.orca"},
    Row{Place::messenger_media, "com.snapchat.android"},
    Row{Place::messenger_media, "kik.android"},
    Row{Place::messenger_media, "ch.threema.app*"},
    Row{Place::messenger_media, "jp.naver.line.android"},
    Row{Place::messenger_media, "im.vector.*"},
    Row{Place::messenger_media, "library/messages/attachments"},
    Row{Place::messenger_media, "library/sms/attachments"},
    Row{Place::messenger_media, "com.android.providers.telephony"},

    // temporary files
    Row{Place::temporary, "/tmp"},
    Row{Place::temporary, "/temp"},
    Row{Place::temporary, "/var/tmp"},
    Row{Place::temporary, "/windows/temp"},
    Row{Place::temporary, "appdata/local/temp"},
    Row{Place::temporary, "local settings/temp"},
    Row{Place::temporary, "/var/folders"},
    Row{Place::temporary, "/private/tmp"},
    Row{Place::temporary, "/private/var/folders"},
    Row{Place::temporary, "data/local/tmp"},
    Row{Place::temporary, "*.tmp"},

    // other programs' caches
    Row{Place::application_cache, ".cache"},
    Row{Place::application_cache, "library/caches"},
    Row{Place::application_cache, "appdata/local/*/cache"},
    Row{Place::application_cache, "appdata/local/*/*/cache"},
    Row{Place::application_cache, "appdata/roaming/*/cache"},
    Row{Place::application_cache, "appdata/roaming/*/*/cache"},
    Row{Place::application_cache, "appdata/local/packages/*/localcache"},
    Row{Place::application_cache, ".var/app/*/cache"},
    Row{Place::application_cache, ".config/*/cache"},
    Row{Place::application_cache, "android/data/*/cache"},
    Row{Place::application_cache, "data/data/*/cache"},
    Row{Place::application_cache, "data/user/*/*/cache"},
    Row{Place::application_cache, "/var/cache"},

    // downloads; Linux names the folder in the user's language
    Row{Place::download, "downloads"},
    Row{Place::download, "download"},
    Row{Place::download, "t\u00e9l\u00e9chargements"},
    Row{Place::download, "descargas"},
    Row{Place::download, "scaricati"},
    Row{Place::download, "transfer\u00eancias"},
    Row{Place::download, "pobrane"},
    Row{Place::download, "stiahnut\u00e9"},
    Row{Place::download, "sta\u017een\u00e9"},
    Row{Place::download, "let\u00f6lt\u00e9sek"},
    Row{Place::download, "h\u00e4mtningar"},
    Row{Place::download, "nedlastinger"},
    Row{Place::download, "hentede filer"},
    Row{Place::download, "lataukset"},
    Row{Place::download, "\u0417\u0430\u0433\u0440\u0443\u0437\u043a\u0438"},
    Row{Place::download, "\u0437\u0430\u0433\u0440\u0443\u0437\u043a\u0438"},
    Row{Place::download, "*.crdownload"},
    Row{Place::download, "*.part"},
    Row{Place::download, "*.partial"},
    Row{Place::download, "*.opdownload"},

    // the system and installed programs
    Row{Place::system, "/windows"},
    Row{Place::system, "/winnt"},
    Row{Place::system, "/windows.old"},
    Row{Place::system, "/program files*"},
    Row{Place::system, "/programdata"},
    Row{Place::system, "/system volume information"},
    Row{Place::system, "/recovery"},
    Row{Place::system, "/boot"},
    Row{Place::system, "/bin"},
    Row{Place::system, "/sbin"},
    Row{Place::system, "/lib*"},
    Row{Place::system, "/usr"},
    Row{Place::system, "/etc"},
    Row{Place::system, "/opt"},
    Row{Place::system, "/snap"},
    Row{Place::system, "/var/lib"},
    Row{Place::system, "/applications"},
    Row{Place::system, "/system"},
    Row{Place::system, "/vendor"},
    Row{Place::system, "/private/var"},

    // settings of programs in a user's folder: nobody's own files
    Row{Place::unknown, "users/*/appdata"},
    Row{Place::unknown, "users/*/library"},
    Row{Place::unknown, "users/*/.*"},
    Row{Place::unknown, "home/*/.*"},
    Row{Place::unknown, "documents and settings/*/application data"},
    Row{Place::unknown, "documents and settings/*/local settings"},

    // people's own folders
    Row{Place::user_folder, "/users/*/*"},
    Row{Place::user_folder, "/home/*/*"},
    Row{Place::user_folder, "/root"},
    Row{Place::user_folder, "/documents and settings/*/*"},
    Row{Place::user_folder, "dcim"},
    Row{Place::user_folder, "/pictures"},
    Row{Place::user_folder, "/photos"},
    Row{Place::user_folder, "/videos"},
    Row{Place::user_folder, "/movies"},
    Row{Place::user_folder, "/music"},
    Row{Place::user_folder, "/documents"},
    Row{Place::user_folder, "/desktop"},
    Row{Place::user_folder, "/onedrive*"},
    Row{Place::user_folder, "/dropbox"},
    Row{Place::user_folder, "*.photoslibrary"},
};

using Components = std::vector<std::string_view>;

Components split(std::string_view path) {
    Components components;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const std::string_view component = path.substr(0, slash);
        if (!component.empty()) components.push_back(component);
        if (slash == std::string_view::npos) break;
        path.remove_prefix(slash + 1);
    }
    return components;
}

/// Whether `name` is `pattern`, where "*" stands for any bytes. O(pattern times name) at worst.
bool matches(std::string_view pattern, std::string_view name) {
    std::size_t in_pattern = 0;
    std::size_t in_name = 0;
    std::size_t star = std::string_view::npos;
    std::size_t star_name = 0;
    while (in_name < name.size()) {
        const bool at_star = in_pattern < pattern.size() && pattern[in_pattern] == '*';
        if (at_star) {
            star = in_pattern++;
            star_name = in_name;
        } else if (in_pattern < pattern.size() && pattern[in_pattern] == name[in_name]) {
            ++in_pattern;
            ++in_name;
        } else if (star != std::string_view::npos) {
            in_pattern = star + 1;
            in_name = ++star_name;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

bool matches(const Row& row, const Components& path) {
    const bool at_top = row.pattern.starts_with('/');
    const Components wanted = split(row.pattern);
    for (std::size_t start = 0; start + wanted.size() <= path.size(); ++start) {
        if (at_top && start > 1) return false;
        const bool here = std::ranges::equal(
            wanted,
            path | std::views::drop(start) | std::views::take(wanted.size()),
            [](std::string_view pattern, std::string_view name) { return matches(pattern, name); }
        );
        if (here) return true;
    }
    return false;
}

Place place_of(std::string_view relative) {
    const std::string lower = lower_ascii(relative);
    const Components path = split(lower);
    const auto* row = std::ranges::find_if(kRows, [&](const Row& r) { return matches(r, path); });
    return row == kRows.end() ? Place::unknown : row->place;
}

}  // namespace

HowArrived how_arrived(const EvidencePath& path) {
    HowArrived arrived;
    for (const Step& step : path.steps()) {
        if (step.kind == Step::Kind::file) arrived.place = place_of(step.name);
        if (step.kind == Step::Kind::member || step.kind == Step::Kind::decoded) {
            arrived.in_archive = true;
        }
    }
    return arrived;
}

std::string_view name_of(Place place) {
    switch (place) {
        case Place::unknown:
            return "unknown";
        case Place::user_folder:
            return "user_folder";
        case Place::download:
            return "download";
        case Place::browser_cache:
            return "browser_cache";
        case Place::application_cache:
            return "application_cache";
        case Place::thumbnail:
            return "thumbnail";
        case Place::messenger_media:
            return "messenger_media";
        case Place::mail:
            return "mail";
        case Place::temporary:
            return "temporary";
        case Place::trash:
            return "trash";
        case Place::system:
            return "system";
    }
    return "unknown";
}

}  // namespace cairn::evidence
