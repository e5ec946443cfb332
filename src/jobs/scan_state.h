#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace cairn::jobs {

/// Where a scan of an agency stands. Stored by name.
enum class JobState : std::uint8_t {
    waiting,   ///< for a runner
    running,   ///< by one of the servers
    stopping,  ///< somebody asked for it
    stopped,   ///< by somebody, or because it may not go on; can be resumed
    finished,
    failed,  ///< for the reason on record; can be resumed
};

std::string_view name_of(JobState state);
/// Errc::corrupt_data.
Result<JobState> stored_state(std::string_view name);

/// What a run did so far.
struct JobProgress {
    std::uint64_t files = 0;     ///< on the exhibit, not their members
    std::uint64_t bytes = 0;     ///< in those
    std::uint64_t matches = 0;   ///< items with a match that counts
    std::uint64_t problems = 0;  ///< findings that are no matches
    /// Known once they were counted, which goes on beside the scan.
    std::optional<std::uint64_t> files_total{};
    std::optional<std::uint64_t> bytes_total{};
};

}  // namespace cairn::jobs
