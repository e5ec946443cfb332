#pragma once

#include <functional>
#include <memory>
#include <string>

#include "audit/log_place.h"

namespace cairn::audit {

/// The folder of one log in an exported place: its origin with '+', which no origin has, for '/'.
/// Errc::unsupported for an origin that makes no safe name.
Result<std::string> log_folder_name(const std::string& origin);

/// Opens exported logs: `folder` itself where it holds a checkpoint, else the folders in it that
/// do.
Result<std::unique_ptr<LogPlace>> open_folder_place(const std::string& folder);

/// What an export did.
struct ExportedLog {
    Checkpoint checkpoint;
    std::uint64_t entries_before = 0;  ///< were there already
};

/// Writes a log as last signed to `folder`, in the layout of C2SP tlog-tiles. What an earlier
/// export left there is continued; the checkpoint comes last, so that an interrupted export leaves
/// the earlier one. Errc::conflict when another log lies there; Errc::corrupt_data when what lies
/// there and the log are not of one history: keep both then. `written` is told the number of
/// entries written so far.
Result<ExportedLog> export_log(
    StoredLog& log,
    const std::string& folder,
    const std::function<void(std::uint64_t written, std::uint64_t total)>& written
);

}  // namespace cairn::audit
