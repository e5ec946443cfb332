#include "scan/report.h"

namespace cairn::scan {

std::string_view name_of(CoverageVerdict verdict) {
    switch (verdict) {
        case CoverageVerdict::complete:
            return "COMPLETE";
        case CoverageVerdict::complete_with_exceptions:
            return "COMPLETE WITH EXCEPTIONS";
        case CoverageVerdict::partial:
            return "PARTIAL";
    }
    return "PARTIAL";
}

Result<Report> make_report(ScanStore& store, std::int64_t scan, UtcTime now) {
    Report report;
    report.scan = CAIRN_TRY(store.scan(scan));
    report.counts = CAIRN_TRY(store.coverage(report.scan));
    report.made = now;
    bool finished = report.scan.state == ScanState::finished;
    if (report.scan.catalogue_of) {
        const ScanInfo catalogue = CAIRN_TRY(store.scan(*report.scan.catalogue_of));
        finished &= catalogue.state == ScanState::finished;
    }
    if (finished) {
        report.verdict = report.counts.gaps == 0 ? CoverageVerdict::complete
                                                 : CoverageVerdict::complete_with_exceptions;
    }
    return report;
}

}  // namespace cairn::scan
