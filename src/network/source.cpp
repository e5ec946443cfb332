#include "network/source.h"

#include <algorithm>
#include <array>

namespace cairn::network {
namespace {

constexpr std::array<std::string_view, 4> kKindNames = {"location", "mmdb", "networks", "ranges"};

}  // namespace

std::string_view name_of(SourceKind kind) {
    return kKindNames.at(static_cast<std::size_t>(kind));
}

std::optional<SourceKind> source_kind_from(std::string_view name) {
    const auto* const found = std::find(kKindNames.begin(), kKindNames.end(), name);
    if (found == kKindNames.end()) return std::nullopt;
    return static_cast<SourceKind>(found - kKindNames.begin());
}

std::string title_of(const SourceVersion& version) {
    return version.name + " " + version.version;
}

}  // namespace cairn::network
