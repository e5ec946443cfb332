#include "records/schemas.h"

#include "audit/audit_log.h"
#include "scan/scan_store.h"

namespace cairn::records {
namespace {

/// The audit log makes its tables itself when it is opened: one in memory tells which.
Result<db::Schema> audit_schema() {
    const auto memory = CAIRN_TRY(db::Database::open(":memory:", {}));
    CAIRN_TRY(audit::AuditLog::open(*memory, "schema.example.org"));
    return memory->schemas().front();
}

}  // namespace

Result<std::vector<db::Schema>> schemas() {
    const db::Schema audit = CAIRN_TRY(audit_schema());
    return std::vector<db::Schema>{audit, scan::ScanStore::schema()};
}

}  // namespace cairn::records
