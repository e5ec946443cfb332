#pragma once

#include "base/id.h"

namespace cairn::jobs {

/// A scan of an agency, as it is called outside: its number in the records says what others do.
using ScanId = Id<struct ScanIdTag>;

}  // namespace cairn::jobs
