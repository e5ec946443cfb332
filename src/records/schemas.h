#pragma once

#include <vector>

#include "db/database.h"

namespace cairn::records {

/// The one list of the schemas that a database of records holds, each after those it refers to.
/// The registry of hash lists is none of them: it lies beside the files that it names.
std::vector<db::Schema> schemas();

}  // namespace cairn::records
