#pragma once

#include <string>

#include "robustness/measurement.h"

namespace cairn::robustness {

/// For people: the recall of each alteration in a table, then pictures of different artworks.
std::string plain_text(const Measurement& measurement);
/// Everything, as one JSON object (docs/accuracy.md).
std::string json_text(const Measurement& measurement);

}  // namespace cairn::robustness
