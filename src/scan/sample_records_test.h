#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "scan/scan_store.h"
#include "support/temp_dir.h"

// Made-up records for the tests of this module.
namespace cairn::scan::test {

using cairn::test::TempDir;

std::unique_ptr<ScanStore> open_store(const TempDir& dir);
ScanInfo sample_scan();
ItemRecord plain_file(const std::string& name);
ItemRecord unreadable_file(const std::string& name);
ItemRecord member_of(const ItemRecord& archive, std::uint64_t ordinal);
/// A picture with an exact match in list 0.
ItemRecord matching_picture(const std::string& name);

}  // namespace cairn::scan::test
