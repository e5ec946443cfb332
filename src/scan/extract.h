#pragma once

#include "scan/examiner.h"

namespace cairn::scan {

/// Reads one recorded item's content from the exhibit again, through every container on its
/// evidence path. Errc::conflict when the content is not what was recorded (its SHA-256 differs).
Result<Spool> extract_item(
    const ItemRecord& item, evidence::ArchiveReader& archives, const std::string& spool_folder
);

}  // namespace cairn::scan
