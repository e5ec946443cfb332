#include "robustness/artworks.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/fd.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "evidence/folder_walk.h"
#include "fingerprint/file_type.h"

namespace cairn::robustness {
namespace {

/// Enough for sniff() to know every picture format.
constexpr std::size_t kHeadBytes = 4096;
constexpr std::size_t kReadBytes = std::size_t{1} << 20U;

/// "radioactive": a tone of the wallpapers of MATE beside cold, warm and dark.
constexpr std::array<std::string_view, 12> kTones = {
    "l",
    "d",
    "light",
    "dark",
    "day",
    "night",
    "cold",
    "cool",
    "warm",
    "radioactive",
    "screenshot",
    "preview"};
constexpr std::array<std::string_view, 7> kSizes = {"2k", "4k", "5k", "8k", "hd", "fhd", "uhd"};

bool is_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

/// "1920x1080", "1080p", "4k".
bool names_size(std::string_view word) {
    if (std::find(kSizes.begin(), kSizes.end(), word) != kSizes.end()) return true;
    const std::size_t cross = word.find('x');
    if (cross != word.npos) {
        return is_digits(word.substr(0, cross)) && is_digits(word.substr(cross + 1));
    }
    return word.size() > 3 && word.back() == 'p' && is_digits(word.substr(0, word.size() - 1));
}

bool names_version(std::string_view word) {
    return names_size(word) || std::find(kTones.begin(), kTones.end(), word) != kTones.end();
}

/// The stem's words but for those that only tell versions apart.
std::string reduced(std::string_view stem) {
    std::string out;
    std::string word;
    const auto end_word = [&] {
        if (!word.empty() && !names_version(word)) out += (out.empty() ? "" : " ") + word;
        word.clear();
    };
    for (const char c : lower_ascii(stem)) {
        if (std::string_view("-_ .()").find(c) == std::string_view::npos) {
            word += c;
        } else {
            end_word();
        }
    }
    end_word();
    return out;
}

struct Version {
    std::string path;
    std::uint64_t size_bytes = 0;
};

/// The files of each artwork. The path is the second part of the order, so that runs agree.
using Versions = std::map<std::string, std::vector<Version>>;

Result<bool> is_picture(const evidence::FolderWalk& walk, const std::string& relative) {
    const Fd fd = CAIRN_TRY(walk.open_file(relative));
    ByteVector head(kHeadBytes);
    const std::size_t got = CAIRN_TRY(read_at(fd.get(), 0, head));
    head.resize(got);
    return family_of(fingerprint::sniff(head)) == fingerprint::FileFamily::picture;
}

Status collect(const std::string& folder, Versions& versions, Collection& collection) {
    const auto walk = CAIRN_TRY(evidence::FolderWalk::open(folder, {}));
    using Kind = evidence::FolderEntry::Kind;
    while (const auto entry = walk->next()) {
        const std::string path = entry->relative.empty() ? folder : folder + "/" + entry->relative;
        if (entry->kind == Kind::unreadable_folder || entry->kind == Kind::too_deep) {
            collection.problems.push_back({path, entry->problem});
        }
        if (entry->kind != Kind::file) continue;
        const auto picture = is_picture(*walk, entry->relative);
        if (!picture) {
            collection.problems.push_back({path, picture.error().message});
        } else if (*picture) {
            versions[artwork_key(path)].push_back({path, entry->size_bytes});
        } else {
            ++collection.other_files;
        }
    }
    return ok();
}

Result<crypto::Sha256> content_of(const std::string& path) {
    const Fd fd = CAIRN_TRY(open_for_reading(path));
    crypto::Sha256Stream stream;
    ByteVector buffer(kReadBytes);
    std::uint64_t offset = 0;
    while (true) {
        const std::size_t got = CAIRN_TRY(read_at(fd.get(), offset, buffer));
        stream.update(Bytes(buffer).first(got));
        offset += got;
        if (got < buffer.size()) return stream.finish();
    }
}

/// A screenshot of a wallpaper is the last choice whatever its size.
bool is_better(const Version& one, const Version& other) {
    const bool shot = one.path.find("screenshot") != one.path.npos;
    const bool other_shot = other.path.find("screenshot") != other.path.npos;
    if (shot != other_shot) return other_shot;
    if (one.size_bytes != other.size_bytes) return one.size_bytes > other.size_bytes;
    return one.path < other.path;
}

}  // namespace

std::string artwork_key(std::string_view path) {
    constexpr std::string_view kContents = "/contents/";
    const std::size_t contents = path.rfind(kContents);
    if (contents != path.npos) return std::string(path.substr(0, contents));
    const std::size_t slash = path.rfind('/');
    const std::size_t name = slash == path.npos ? 0 : slash + 1;
    const std::size_t dot = path.rfind('.');
    const std::size_t end = dot == path.npos || dot <= name ? path.size() : dot;
    return std::string(path.substr(0, name)) + reduced(path.substr(name, end - name));
}

Result<Collection> find_artworks(const std::vector<std::string>& folders) {
    Collection collection;
    Versions versions;
    for (const std::string& folder : folders) CAIRN_TRY(collect(folder, versions, collection));
    std::set<crypto::Sha256> contents;
    for (auto& [key, files] : versions) {
        const auto best = std::min_element(files.begin(), files.end(), is_better);
        const auto content = content_of(best->path);
        if (!content) {
            collection.problems.push_back({best->path, content.error().message});
        } else if (contents.insert(*content).second) {
            collection.artworks.push_back({best->path, files.size()});
        } else {
            ++collection.same_content;
        }
    }
    if (collection.artworks.empty()) {
        return fail(
            Errc::not_found,
            "{}: no picture lies below; name folders with photographs",
            folders.empty() ? "no folder" : folders.front()
        );
    }
    return collection;
}

}  // namespace cairn::robustness
