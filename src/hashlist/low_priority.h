#pragma once

#include <functional>

#include "base/result.h"

namespace cairn::hashlist {

/// Runs `work` in a thread of its own, and its threads, at the lowest processor and disk priority,
/// and waits for it. What serves requests meanwhile goes first.
Status run_at_low_priority(const std::function<Status()>& work);

}  // namespace cairn::hashlist
