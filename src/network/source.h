#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/utc_time.h"
#include "network/facts.h"

namespace cairn::network {

/// In which format a source comes.
enum class SourceKind : std::uint8_t {
    location,  ///< a database of libloc
    mmdb,      ///< a database in MaxMind's format
    networks,  ///< a list of networks with their classes
    ranges,    ///< a table of ranges
};

/// "location", "mmdb", "networks", "ranges".
std::string_view name_of(SourceKind kind);
std::optional<SourceKind> source_kind_from(std::string_view name);

/// One version of a source as the store keeps it.
struct SourceVersion {
    std::int64_t number = 0;  ///< in this store
    std::string name;         ///< of the source
    SourceKind kind = SourceKind::networks;
    UtcTime valid_from;   ///< when what it says was the case
    std::string version;  ///< the source's own word, else the day of valid_from
    std::string licence;  ///< empty where nobody said
    std::string sha256;   ///< hex, of the files as they were given, one after the other
    UtcTime imported_at;
    bool installed = false;  ///< came with a package of the system
    Coverage coverage;
    std::uint64_t ranges = 0;
    std::string file_name;    ///< in the store's folder
    std::string file_sha256;  ///< hex
};

/// "tor-geoipdb 2026-06-25".
std::string title_of(const SourceVersion& version);

}  // namespace cairn::network
