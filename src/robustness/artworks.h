#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cairn::robustness {

/// Something that could not be used, and why.
struct Problem {
    std::string path;
    std::string reason;
};

/// A picture of which only one version is used.
struct Artwork {
    std::string path;          ///< the version that is used: the largest file
    std::size_t versions = 1;  ///< files of this artwork
};

struct Collection {
    std::vector<Artwork> artworks;  ///< in the order of their paths
    std::vector<Problem> problems;
    std::size_t same_content = 0;  ///< artworks left out because another has the same bytes
    std::size_t other_files = 0;   ///< no pictures
};

/// Every artwork below the folders, told by content. Symbolic links are not followed. Fails when
/// a folder cannot be opened or when there is no picture at all.
Result<Collection> find_artworks(const std::vector<std::string>& folders);

/// What the versions of one artwork have in common. By name alone, never by likeness, which would
/// hide false matches:
/// - all pictures below NAME/contents, as desktops store wallpapers, are one artwork;
/// - else files of one folder whose names differ only in words for a size (1920x1080, 4k), for a
///   tone (l, d, light, dark, day, night, cold, warm) or for a screenshot, and in their suffix.
std::string artwork_key(std::string_view path);

}  // namespace cairn::robustness
