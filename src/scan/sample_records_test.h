#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "scan/scan_store.h"
#include "support/engines.h"
#include "support/records.h"
#include "support/temp_dir.h"

// Made-up records for the tests of this module.
namespace cairn::scan::test {

using cairn::test::TempDir;

/// A case in records that many share, without the module that keeps cases.
class SharedCase {
public:
    explicit SharedCase(db::Engine engine);

    std::unique_ptr<ScanStore> store(std::function<Status(db::Database&)> may_write = {});
    void destroy_key();
    void remove();
    /// All that stands in the tables of scans, as text.
    std::string all_rows();

private:
    cairn::test::Records records_;
    std::unique_ptr<db::Database> database_;
    std::unique_ptr<keyring::KeyRing> keys_;
    std::optional<keyring::KeyId> key_;
};

std::unique_ptr<ScanStore> open_store(const TempDir& dir);
ScanInfo sample_scan();
ItemRecord plain_file(const std::string& name);
ItemRecord unreadable_file(const std::string& name);
ItemRecord member_of(const ItemRecord& archive, std::uint64_t ordinal);
/// A picture with an exact match in list 0.
ItemRecord matching_picture(const std::string& name);

}  // namespace cairn::scan::test
