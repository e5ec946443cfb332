#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fingerprint/query_set.h"

namespace cairn::jobs {

/// What somebody wants to have scanned.
struct ScanRequest {
    std::string root;                    ///< name of a ScanRoot
    std::string path{};                  ///< beneath it; empty for all of it
    std::vector<std::string> lists{};    ///< empty: all that the agency has when the scan begins
    std::vector<std::string> exclude{};  ///< shell patterns of names or paths to leave out
    /// Which versions of each picture are asked for.
    fingerprint::QuerySet variants = fingerprint::QuerySet::wide;
    auto operator<=>(const ScanRequest&) const = default;
};

/// Errc::invalid_argument or limit_exceeded for one that no scan can do.
Status check_request(const ScanRequest& request);

/// As JSON, to be stored.
std::string encode_request(const ScanRequest& request);
/// Errc::corrupt_data for what encode_request() never gives.
Result<ScanRequest> decode_request(std::string_view text);

}  // namespace cairn::jobs
