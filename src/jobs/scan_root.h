#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "access/people_store.h"
#include "evidence/folder_walk.h"

namespace cairn::jobs {

/// A folder that the machine's administrator lets some agencies scan.
struct ScanRoot {
    std::string name;                     ///< as requests and evidence paths call it
    std::string path;                     ///< absolute
    std::vector<std::string> agencies{};  ///< their names; one may be added later
    bool all_agencies = false;
};

/// The root with this name, for this agency. Errc::not_found in the same words for one that is not
/// there and for one that is another agency's.
Result<const ScanRoot*> find_root(
    std::span<const ScanRoot> roots, const access::Agency& agency, const std::string& name
);

/// Walks `path` ("" for all of it) beneath the root; no link leads out of it or is followed.
Result<std::unique_ptr<evidence::FolderWalk>> open_beneath_root(
    const ScanRoot& root, const std::string& path, const evidence::FolderWalk::Options& options
);

}  // namespace cairn::jobs
