#pragma once

#include "base/result.h"

namespace cairn::evidence {

/// The confined child's life: says ready, then reads one archive after the other for its parent
/// (archive_protocol.h) until the channel closes, which is ok. Call after lock_down().
Status serve_archives(int channel);

}  // namespace cairn::evidence
