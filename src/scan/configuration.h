#pragma once

#include <string>
#include <vector>

#include "scan/limits.h"

namespace cairn::scan {

/// What shaped the result of a scan, so that a second one can be compared and a resume repeats it.
struct Configuration {
    std::vector<std::string> exclude{};
    std::string variants{};  ///< name of the query set
    bool passwords = false;  ///< some were tried on archives
    Limits limits{};
};

/// Canonical JSON, as ScanInfo::configuration keeps it (docs/formats.md).
std::string configuration_text(const Configuration& configuration);

}  // namespace cairn::scan
