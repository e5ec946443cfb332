#include "records/schemas.h"

#include "access/schema.h"
#include "audit/log_records.h"
#include "identity/schema.h"
#include "jobs/schema.h"
#include "keyring/key_ring.h"
#include "oversight/schema.h"
#include "scan/scan_store.h"

namespace cairn::records {

std::vector<db::Schema> schemas() {
    return {
        keyring::kSchema,
        audit::log_schema(),
        access::kSchema,
        identity::kSchema,
        oversight::kSchema,
        scan::ScanStore::schema(),
        scan::ScanStore::sharing_schema(),
        jobs::kSchema};
}

}  // namespace cairn::records
