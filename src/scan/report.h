#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "scan/scan_store.h"

namespace cairn::scan {

/// How much of what was asked the scan covered.
enum class CoverageVerdict : std::uint8_t {
    complete,                  ///< every byte was read
    complete_with_exceptions,  ///< finished; some items are locked, unreadable or over a limit
    partial,                   ///< the scan was interrupted
};
std::string_view name_of(CoverageVerdict verdict);  ///< "COMPLETE", ...

/// What every form of the report begins with.
struct Report {
    ScanInfo scan;
    /// How the report calls the scan in records that many share: its number there says what others
    /// do. Empty for the number.
    std::string public_id{};
    CoverageCounts counts;
    CoverageVerdict verdict = CoverageVerdict::partial;
    UtcTime made;
};
Result<Report> make_report(ScanStore& store, std::int64_t scan, UtcTime now);

/// Receives a report piece by piece, so that its length costs no memory.
using TextSink = std::function<Status(std::string_view)>;

/// What the JSON report says of one finding, and before the findings: scan, summary, coverage. An
/// object each.
std::string finding_json(const FoundItem& found, const ScanInfo& scan);
std::string coverage_json(const Report& report);

/// One object: scan, coverage, findings. Schema: docs/formats.md.
Status write_json_report(ScanStore& store, const Report& report, const TextSink& out);
/// One row per finding, RFC 4180, UTF-8.
Status write_csv_report(ScanStore& store, const Report& report, const TextSink& out);
/// One self-contained page without script or pictures of evidence, fit to print.
Status write_html_report(ScanStore& store, const Report& report, const TextSink& out);

}  // namespace cairn::scan
