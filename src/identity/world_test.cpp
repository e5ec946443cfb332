#include "identity/world_test.h"

namespace cairn::identity::test {

std::vector<audit::Entry> World::entries() {
    auto rows = value_of(records->prepare("SELECT entry FROM audit_pending ORDER BY id"));
    std::vector<audit::Entry> all;
    while (value_of(rows.step())) all.push_back(value_of(audit::parse_entry(rows.bytes(0))));
    return all;
}

}  // namespace cairn::identity::test
