#pragma once

#include <memory>
#include <string>
#include <vector>

#include "access/world_test.h"
#include "audit/keys_test.h"
#include "audit/log_records.h"
#include "oversight/act_index.h"
#include "oversight/schema.h"

namespace cairn::oversight::test {

using access::test::value_of;

inline constexpr const char* kInstallation = "log.example.org/cairn";

/// A world whose acts get their places in the logs, as the server's threads give them.
class LogWorld {
public:
    explicit LogWorld(const std::string& location)
        : world(location), records(value_of(db::Database::open(location, {}))) {
        value_of(records->migrate(kSchema));
        log = value_of(audit::AuditLog::open(*records, kInstallation));
    }

    /// Everything that waits is put in its place, signed, and can be found.
    void settle() {
        while (value_of(log->integrate()) > 0) {
        }
        value_of(log->sign(audit::test::log_key()));
        while (value_of(follow_logs(*records)) > 0) {
        }
    }

    access::test::World world;
    std::unique_ptr<db::Database> records;  ///< another connection
    std::unique_ptr<audit::AuditLog> log;
};

}  // namespace cairn::oversight::test
