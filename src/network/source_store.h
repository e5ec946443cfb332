#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "network/source_import.h"
#include "network/source_reader.h"
#include "network/source_registry_store.h"

namespace cairn::network {

struct ImportReport {
    SourceVersion version;
    bool unchanged = false;  ///< the same files were imported for that time before
};

/// Where what the packages of the system installed lies. An empty path is passed over.
struct InstalledPlaces {
    std::string location = "/usr/share/libloc-location/location.db";
    std::string geoip = "/usr/share/tor/geoip";
    std::string geoip6 = "/usr/share/tor/geoip6";
};

/// What came of looking for installed sources.
struct TakenSources {
    std::vector<SourceVersion> taken;   ///< versions that are new
    std::vector<std::string> problems;  ///< why others could not be taken, for people
};

/// A folder with all versions of the sources and their registry (sources.db). Files never change;
/// each is there for as long as a version names it. Safe for several processes and threads.
class SourceStore {
public:
    /// Opens or makes the folder (mode 0700). `clock` outlives the store.
    static Result<std::unique_ptr<SourceStore>> open(const std::string& folder, const Clock& clock);

    /// All or nothing, even when killed. Errc::conflict when the source has another version from
    /// the same time.
    Result<ImportReport> import(const ImportOptions& options);
    /// Takes in what the system's packages installed, when first seen and after each upgrade; it
    /// stays after the next one. A source that cannot be taken in is a problem, not an error.
    Result<TakenSources> take_installed(const InstalledPlaces& places);
    /// All versions of a source, or the one from that time. How many there were;
    /// Errc::not_found when there was none.
    Result<std::int64_t> remove(const std::string& name, std::optional<UtcTime> valid_from);

    /// By name, then by time.
    Result<std::vector<SourceVersion>> versions();
    /// Reads the whole file first: Errc::corrupt_data when it is not as it was imported.
    Result<std::shared_ptr<const SourceReader>> reader(const SourceVersion& version) const;

private:
    SourceStore(std::string folder, std::unique_ptr<SourceRegistry> registry, const Clock& clock)
        : folder_(std::move(folder)), registry_(std::move(registry)), clock_(clock) {}

    Status enter(PreparedSource& prepared, ImportReport& report);
    Status sweep();
    Status take_one(const std::string& stamp, const ImportOptions& options, TakenSources& result);

    const std::string folder_;
    std::mutex mutex_;  ///< of the registry
    std::unique_ptr<SourceRegistry> registry_;
    const Clock& clock_;
};

}  // namespace cairn::network
