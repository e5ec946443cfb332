#pragma once

#include <functional>

#include "base/bytes.h"
#include "base/result.h"
#include "index/band_plan.h"
#include "index/hamming_index.h"

namespace cairn::index {

/// Takes the next bytes of HammingTables::bands; an error ends the building.
using BandSink = std::function<Status(Bytes)>;

struct BuildOptions {
    /// Bands built at the same time, each by a thread of its own.
    unsigned threads = 2;
};

/// Builds the tables of all bands over `codes` (32 bytes each, distinct, sorted by their bytes:
/// else invalid_argument) and gives them to `sink`, band after band in order, in the thread of the
/// caller. The same codes give the same bytes. Holds `threads` bands in memory besides the codes,
/// which are read twice for each band and may be a mapped file.
Status build_bands(
    const BandPlan& plan, Bytes codes, const BuildOptions& options, const BandSink& sink
);

/// The same in memory, all bands at once.
Result<ByteVector> build_bands(const BandPlan& plan, Bytes codes);

/// Checks every byte of the tables by building them again: corrupt_data where they differ.
Status verify_tables(const HammingTables& tables);

}  // namespace cairn::index
