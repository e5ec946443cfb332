#pragma once

#include "cli/scan_output.h"
#include "cli/server_talk.h"

// Scans in a case on a server: the same commands, where --server names one.

namespace cairn::cli {

/// Where a scan on a server belongs.
struct ServerCase {
    ServerArguments server;
    std::string case_id;
};

/// What is to be scanned there, or which scan is to go on.
struct ServerScanWishes {
    std::vector<std::string> paths;  ///< one: ROOT, or ROOT/PATH beneath it
    std::vector<std::string> lists;
    std::vector<std::string> exclude;
    std::string variants;
    std::string resume;
    OutputArguments output;
};

/// Starts or resumes a scan, follows it and presents what it found. Ctrl-C ends the following
/// alone.
Result<Exit> scan_on_server(
    Context& context, const ServerCase& place, const ServerScanWishes& wishes
);
Result<Exit> list_scans_on_server(Context& context, const ServerCase& place);
/// What it found so far; reports to files.
Result<Exit> show_scan_on_server(
    Context& context, const ServerCase& place, const std::string& scan, const OutputOptions& output
);
Result<Exit> show_findings_on_server(
    Context& context, const ServerCase& place, const std::string& scan
);
Result<Exit> stop_scan_on_server(
    Context& context, const ServerCase& place, const std::string& scan
);

}  // namespace cairn::cli
