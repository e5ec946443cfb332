#pragma once

#include <span>
#include <vector>

#include "base/bytes.h"
#include "index/code.h"
#include "index/isa.h"

namespace cairn::index {

/// Every code within `radius` of `query` by comparing with all codes, nearest first, equal
/// distances by code. `codes` are 32 bytes each in any order; `isa` must be supported.
std::vector<CodeHit> scan(Bytes codes, const Code& query, int radius, Isa isa = best_isa());

/// scan() for each of many queries in one pass over the codes; answers in their order. For bulk
/// jobs: thousands of queries against an archive that has no index.
std::vector<std::vector<CodeHit>> scan_batch(
    Bytes codes, std::span<const Code> queries, int radius, Isa isa = best_isa()
);

}  // namespace cairn::index
